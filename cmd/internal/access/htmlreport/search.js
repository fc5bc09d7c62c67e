(function () {
	// Finds people and repositories in what the page carries besides what it shows.
	const most = 25;
	const mostNames = 400;
	const place = document.getElementById("search");
	const carried = document.getElementById("found");
	if (!place || !carried) { return; }
	let spaces = null;

	function element(name, text, className) {
		const e = document.createElement(name);
		if (text) { e.textContent = text; }
		if (className) { e.className = className; }
		return e;
	}
	function plural(n, one, many) { return n + " " + (n === 1 ? one : many); }

	// Numbers come as distances.
	function numbers(held) {
		let at = 0;
		return held.repositories.map(function (distance) { return at += distance; });
	}
	function names(list) {
		const more = list.length - mostNames;
		return list.slice(0, mostNames).join(", ") + (more > 0 ? " and " + more + " more" : "");
	}
	function line(word, n, text) {
		const p = element("p");
		p.append(element("b", word + " " + n), " " + text);
		return p;
	}

	function rightsOf(space, set) {
		const lines = set.held.map(function (held) {
			const slugs = numbers(held).map(function (n) { return space.repositories[n][0]; });
			if (held.left) { slugs.push(plural(held.left, "repository", "repositories") + " that only the form csv names"); }
			return line(held.permission, held.repositories.length + (held.left || 0), names(slugs));
		});
		return lines.length ? lines : [element("p", "No repository.")];
	}
	function accessTo(space, number) {
		const by = new Map();
		space.sets.forEach(function (set) {
			set.held.forEach(function (held) {
				if (!numbers(held).includes(number)) { return; }
				const all = by.get(held.permission) || [];
				set.people.forEach(function (p) { all.push(p[0]); });
				by.set(held.permission, all);
			});
		});
		const lines = Array.from(by, function (of) { return line(of[0], of[1].length, names(of[1])); });
		if (space.no_people) {
			lines.push(element("p", "And perhaps some of the " + plural(space.no_people, "person or app", "people and apps") +
				" that only the form csv has.", "more"));
		}
		return lines.length ? lines : [element("p", "Nobody that was read.")];
	}

	// A result is filled when it is unfolded.
	function result(title, said, fill) {
		const d = element("details");
		const s = element("summary");
		s.append(element("b", title), " ", element("span", said, "quiet"));
		d.append(s);
		d.addEventListener("toggle", function () {
			if (d.open && d.childElementCount === 1) { d.append.apply(d, fill()); }
		});
		return d;
	}

	function find(text) {
		const found = { people: [], places: [], count: 0 };
		spaces.forEach(function (space) {
			const where = spaces.length > 1 ? " in " + space.slug : "";
			space.sets.forEach(function (set) {
				set.people.forEach(function (p) {
					if (!p.some(function (word) { return word.toLowerCase().includes(text); })) { return; }
					found.count++;
					if (found.people.length < most) {
						found.people.push(result(p[0], set.kind + where + ", " + p[1] + (p[2] ? ", also called " + p[2] : ""), function () {
							return rightsOf(space, set);
						}));
					}
				});
			});
			space.repositories.forEach(function (r, number) {
				if (!r[0].toLowerCase().includes(text)) { return; }
				found.count++;
				if (found.places.length < most) {
					const project = space.projects[r[1]];
					found.places.push(result(r[0], "repository" + (project ? " of " + project : "") + where, function () {
						return accessTo(space, number);
					}));
				}
			});
		});
		return found;
	}

	const box = element("div", "", "search screen");
	box.setAttribute("role", "search");
	const label = element("label", "Find a person or a repository");
	label.htmlFor = "query";
	const input = element("input");
	input.id = "query";
	input.type = "search";
	input.autocomplete = "off";
	input.spellcheck = false;
	const said = element("p");
	said.setAttribute("role", "status");
	const results = element("div");
	box.append(label, input, said, results);
	place.replaceWith(box);

	function left() {
		let people = 0, places = 0;
		spaces.forEach(function (s) { people += s.no_people; places += s.no_repositories; });
		if (!people && !places) { return ""; }
		return " Only the form csv has " + plural(people, "further person or app", "further people and apps") + " and " +
			plural(places, "further repository", "further repositories") + ".";
	}
	function show() {
		const text = input.value.trim().toLowerCase();
		if (!text) {
			results.replaceChildren();
			said.textContent = "";
			return;
		}
		spaces = spaces || JSON.parse(carried.textContent).spaces;
		const found = find(text);
		const shown = found.people.concat(found.places);
		results.replaceChildren.apply(results, shown);
		said.textContent = found.count + " found" +
			(found.count > shown.length ? ", " + shown.length + " of them shown" : "") + "." + left();
	}
	let soon = 0;
	input.addEventListener("input", function () {
		clearTimeout(soon);
		soon = setTimeout(show, 120);
	});
})();
