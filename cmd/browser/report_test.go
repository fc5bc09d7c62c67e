package browser

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/htmlreport"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// hostile are names that would run or draw something, were they markup.
var hostile = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</script><script>alert(1)</script>",
	"<svg onload=alert(1)>", "javascript:alert(1)", "{{.Report}}", "</td></tr></table><h1>gone</h1>",
	"\u202eevil\u2066", "<!--", "]]>", "' onmouseover='alert(1)", strings.Repeat("W", 300),
}

// hostilePage is a report of two workspaces in which everything has such a name.
func hostilePage(t *testing.T) string {
	t.Helper()
	snapshot, err := accesstest.Read(t.Context(), accesstest.Sample(), accesstest.Scope())
	if err != nil {
		t.Fatal(err)
	}
	w := &snapshot.Workspaces[0]
	next := 0
	name := func() string {
		next++
		return hostile[next%len(hostile)]
	}
	for i := range w.People {
		w.People[i].Name, w.People[i].Nickname = name(), name()
	}
	for i := range w.Projects {
		w.Projects[i].Name = name()
	}
	for i := range w.Groups {
		w.Groups[i].Name = name()
	}
	for i := range w.Coverage {
		w.Coverage[i].Why = name()
	}
	second := accesstest.Size{
		Workspaces: 1, People: 12, Repositories: 12, Projects: 3, Each: 4, Long: 40, Careless: true,
	}.Model().Workspaces[0]
	second.Slug, w.Name = name(), name()
	second.Complete = false
	snapshot.Workspaces = append(snapshot.Workspaces, second)
	r := judged(report.New(false), func(r *report.Report) {
		r.Access = snapshot
		r.Source.Account, r.Source.UUID = hostile[0], hostile[1]
		r.Inputs = []report.Input{{Name: "accept", File: hostile[1], SHA256: "0"}}
		r.Run.Ending = hostile[0]
	})
	return write(t, func(f *os.File) error { return htmlreport.Write(f, r) })
}

// judged makes a report of what was put into one.
func judged(r *report.Report, fill func(*report.Report)) *report.Report {
	r.AsOf, r.Settings.Thresholds = accesstest.Now, findings.DefaultThresholds()
	r.Run.Started, r.Run.Ended = accesstest.Now, accesstest.Now
	fill(r)
	r.Judge(nil)
	r.Settle()
	return r
}

// TestReport looks at reports in every way.
func TestReport(t *testing.T) {
	pages := map[string]string{"demo": demoPage(t), "hostile": hostilePage(t)}
	for name, file := range pages {
		for _, l := range looks() {
			t.Run(name+" "+l.String(), func(t *testing.T) {
				p := open(t, file, l)
				p.wantFits()
				blocks := eval[[]string](p, `Array.from(document.querySelectorAll("header, main > section[id]"), e => e.id || e.localName)`)
				first := []string{"header", "findings", "privileged", "attention", "coverage"}
				if len(blocks) < 7 || !slices.Equal(blocks[:5], first) || blocks[5] != "access-0" ||
					blocks[len(blocks)-1] != "evidence" {
					t.Errorf("the blocks are %q", blocks)
				}
				states := eval[[]string](p, `Array.from(document.querySelectorAll("header .state"), e => e.textContent)`)
				want := map[string][]string{"demo": {"DEMO", "✓ COMPLETE"}, "hostile": {"✕ INCOMPLETE"}}[name]
				if !slices.Equal(states, want) {
					t.Errorf("the banner says %q, want %q", states, want)
				}
				if dark := eval[string](p, `getComputedStyle(document.body).backgroundColor`) != "rgb(250, 249, 246)"; dark != l.dark {
					t.Errorf("it is dark: %v", dark)
				}
				if search := eval[bool](p, `document.getElementById("query") !== null`); search == l.noScript {
					t.Errorf("it can be searched: %v", search)
				}
				p.wantNoTrouble()
			})
		}
	}
}

// TestHostileNames are text and nothing else, also when all of it is unfolded and found.
func TestHostileNames(t *testing.T) {
	p := open(t, hostilePage(t), look{width: 1400})
	for _, name := range hostile[:4] {
		if found := p.search(name); len(found) == 0 || !slices.ContainsFunc(found, func(text string) bool { return strings.Contains(text, name) }) {
			t.Errorf("%q is not found: %q", name, found)
		}
	}
	p.js(unfold)
	if n := eval[int](p, `document.querySelectorAll("img, iframe, object, link, base, form, [onerror], [onload], [style], h1 ~ h1").length`); n > 0 {
		t.Errorf("names have made %d elements", n)
	}
	if n := eval[int](p, `document.scripts.length`); n != 2 {
		t.Errorf("there are %d scripts", n)
	}
	text := eval[string](p, `document.body.textContent`)
	for _, name := range hostile[:7] {
		if !strings.Contains(text, name) {
			t.Errorf("%q is not shown as it is", name)
		}
	}
	if !strings.Contains(text, `\u202eevil\u2066`) || strings.ContainsAny(text, "\u202e\u2066\x1b") {
		t.Error("the direction of text can be changed by a name")
	}
	p.wantNoTrouble()
}

// TestPolicy holds that even markup that got into the page would not run.
func TestPolicy(t *testing.T) {
	p := open(t, demoPage(t), look{width: 1400})
	p.js(`(() => {
		const s = document.createElement("script");
		s.textContent = "window.ran = true";
		const d = document.createElement("div");
		d.innerHTML = "<img src=x onerror='window.ran = true'><p id=styled style='color: rgb(1, 2, 3)'>x</p>";
		const looked = new Promise(done => d.firstChild.addEventListener("error", done));
		document.body.append(s, d);
		return looked;
	})()`)
	if eval[bool](p, `window.ran === true`) {
		t.Error("a foreign script ran")
	}
	if eval[string](p, `getComputedStyle(document.getElementById("styled")).color`) == "rgb(1, 2, 3)" {
		t.Error("a foreign style had effect")
	}
	if len(p.troubles) < 3 {
		t.Errorf("the browser did not complain of it: %q", p.troubles)
	}
	if slices.ContainsFunc(p.requests[1:], func(url string) bool { return !strings.HasPrefix(url, "file:") }) {
		t.Errorf("it asked for %q", p.requests)
	}
}

// TestSearch finds a person and a repository, and says who may do what.
func TestSearch(t *testing.T) {
	p := open(t, demoPage(t), look{width: 1400})
	if got := p.search("gale storm"); len(got) != 1 || !strings.Contains(got[0], "no member") ||
		!strings.Contains(got[0], "write 2 pay-api, pay-ledger") {
		t.Errorf("found %q", got)
	}
	if got := p.search("PAY-LEDGER"); len(got) != 1 || !strings.Contains(got[0], "repository of PAY") ||
		!strings.Contains(got[0], "admin 4 Amber Fox, Birch Fox, Birch Heron, Fern Fox") {
		t.Errorf("found %q", got)
	}
	p.do(chromedp.SendKeys(chromedp.CSS("#query"), "-audit")) // typed behind what is there
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool](`document.querySelectorAll("#query ~ div details").length === 0`)); err != nil {
		t.Errorf("what is typed is not looked for: %v", err)
	}
	if got := p.search("nobody has this name"); len(got) != 0 {
		t.Errorf("found %q", got)
	}
	p.wantNoTrouble()
}

// unfold shows all of a page.
const unfold = `(() => {
	document.querySelectorAll("details").forEach(d => { d.open = true; });
	document.styleSheets[0].insertRule(".tall { max-height: none !important; content-visibility: visible !important }",
		document.styleSheets[0].cssRules.length);
})()`

// TestAccounts holds that the page shows of the demo's privileged accounts what the demo has.
func TestAccounts(t *testing.T) {
	p := open(t, demoPage(t), look{width: 1400})
	off := eval[[]string](p, `Array.from(document.querySelectorAll("#privileged tbody tr")).filter(
		r => r.cells[4].textContent === "off").map(r => r.cells[0].firstChild.textContent)`)
	if want := []string{"Birch Otter", "Fern Fox", "Maple Heron"}; !slices.Equal(off, want) {
		t.Errorf("without two-step verification are %q, want %q", off, want)
	}
	if first := eval[string](p, `document.querySelector("#privileged tbody tr").innerText`); !strings.Contains(first, "Amber Fox") ||
		!strings.Contains(first, "owner of the workspace") || !strings.Contains(first, "126 of 126") {
		t.Errorf("the first is %q", first)
	}
}

// TestSortAndFold by what a reader clicks on.
func TestSortAndFold(t *testing.T) {
	p := open(t, demoPage(t), look{width: 1400})
	column := func(n int) []string {
		return eval[[]string](p, `Array.from(document.querySelectorAll("#privileged tbody tr"), r => r.cells[`+strconv.Itoa(n)+`].firstChild.textContent)`)
	}
	click := func(selector chromedp.CSS) { p.do(chromedp.Click(selector)) }
	click(`#privileged th:first-child button`)
	if names := column(0); !slices.IsSorted(names) || len(names) < 10 {
		t.Errorf("sorted by name: %q", names)
	}
	click(`#privileged th:nth-child(4) button`)
	click(`#privileged th:nth-child(4) button`)
	if counts := column(3); strings.TrimSpace(counts[0]) != "126" || strings.TrimSpace(counts[len(counts)-1]) != "1" {
		t.Errorf("sorted by repositories, the most first: %q", counts)
	}
	if sorted := eval[string](p, `document.querySelector("#privileged th:nth-child(4)").getAttribute("aria-sort")`); sorted != "descending" {
		t.Errorf("the head says %q", sorted)
	}
	folded := func() int {
		return eval[int](p, `document.querySelectorAll("#findings details:not([open])").length`)
	}
	click(`#findings .folds button`)
	if n := folded(); n != 0 {
		t.Errorf("%d are still folded", n)
	}
	click(`#findings .folds button:last-child`)
	if n, all := folded(), eval[int](p, `document.querySelectorAll("#findings details").length`); n != all || n < 10 {
		t.Errorf("%d of %d are folded", n, all)
	}
	p.wantNoTrouble()
}

// TestOnPaper holds that nothing scrolls on paper, and that it can be printed.
func TestOnPaper(t *testing.T) {
	p := open(t, demoPage(t), look{width: 720, print: true}) // A4 within its margins
	if cut := eval[[]string](p, `Array.from(document.querySelectorAll(".scroll")).filter(e =>
		e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1).map(e => e.ariaLabel)`); len(cut) > 0 {
		t.Errorf("cut are %q", cut)
	}
	if n := eval[int](p, `Array.from(document.querySelectorAll(".screen, .folds")).filter(e => e.offsetHeight > 0).length`); n > 0 {
		t.Errorf("%d parts of no use on paper are printed", n)
	}
	pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF())
	if err != nil {
		t.Fatal(err)
	}
	if len(pdf) < 10_000 {
		t.Errorf("the print has %d bytes", len(pdf))
	}
	p.wantNoTrouble()
}
