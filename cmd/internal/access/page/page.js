"use strict";
(function () {
	// Sorts a table by the heads that say how: data-sort is "num" or "text"; a cell's data-v counts
	// for more than its text.
	function value(row, column) {
		const cell = row.cells[column];
		if (!cell) { return ""; }
		const v = cell.getAttribute("data-v");
		return v === null ? cell.textContent.trim() : v;
	}
	function sortBy(table, head) {
		const down = head.getAttribute("aria-sort") === "ascending";
		const numbers = head.getAttribute("data-sort") === "num";
		const column = head.cellIndex;
		const body = table.tBodies[0];
		const rows = Array.from(body.rows).map(function (row, i) {
			const v = value(row, column);
			return { row: row, at: i, key: numbers ? Number(v) || 0 : v.toLowerCase() };
		});
		rows.sort(function (a, b) {
			const d = numbers ? a.key - b.key : a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
			return (down ? -d : d) || a.at - b.at;
		});
		rows.forEach(function (r) { body.appendChild(r.row); });
		table.querySelectorAll("th[aria-sort]").forEach(function (h) { h.removeAttribute("aria-sort"); });
		head.setAttribute("aria-sort", down ? "descending" : "ascending");
	}
	document.querySelectorAll("table.sortable").forEach(function (table) {
		table.querySelectorAll("thead th[data-sort]").forEach(function (head) {
			const button = document.createElement("button");
			button.type = "button";
			while (head.firstChild) { button.appendChild(head.firstChild); }
			button.addEventListener("click", function () { sortBy(table, head); });
			head.appendChild(button);
		});
	});

	// Folds and unfolds all details of a part that has the class foldable.
	document.querySelectorAll(".foldable").forEach(function (part) {
		if (part.querySelectorAll("details").length < 2) { return; }
		const bar = document.createElement("p");
		bar.className = "folds";
		[["Unfold all", true], ["Fold all", false]].forEach(function (of) {
			const button = document.createElement("button");
			button.type = "button";
			button.textContent = of[0];
			button.addEventListener("click", function () {
				part.querySelectorAll("details").forEach(function (d) { d.open = of[1]; });
			});
			bar.appendChild(button);
		});
		part.insertBefore(bar, part.firstChild);
	});

	// On paper everything is unfolded but the cells of dense tables, which would not fit any more.
	let folded = [];
	addEventListener("beforeprint", function () {
		folded = Array.from(document.querySelectorAll("details:not([open], .dense td details)"));
		folded.forEach(function (d) { d.open = true; });
	});
	addEventListener("afterprint", function () {
		folded.forEach(function (d) { d.open = false; });
	});
})();
