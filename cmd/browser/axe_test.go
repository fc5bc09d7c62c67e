package browser

import (
	"os"
	"os/exec"
	"testing"
)

// axe is the text of axe-core, which npm installs. Without npm the test is skipped, but not in CI.
func axe(t *testing.T) string {
	t.Helper()
	const file = "node_modules/axe-core/axe.min.js"
	if _, err := os.Stat(file); err != nil {
		if _, err := exec.LookPath("npm"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
		install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAccessible lets axe-core look for what keeps somebody from reading or using a page: contrast,
// landmarks, names, order. It looks at everything unfolded.
func TestAccessible(t *testing.T) {
	script := axe(t)
	for name, file := range map[string]string{"demo": demoPage(t), "hostile": hostilePage(t)} {
		for _, l := range []look{{width: 1400}, {width: 1400, dark: true}, {width: 400}, {width: 400, dark: true}} {
			t.Run(name+" "+l.String(), func(t *testing.T) {
				p := open(t, file, l)
				p.search("a")
				p.js(unfold)
				p.wantAccessible(script)
			})
		}
	}
}

// wantAccessible checks that axe-core finds nothing wrong with the page as it is.
func (p *tab) wantAccessible(script string) {
	p.Helper()
	p.js(script)
	type violation struct {
		ID, Help string
		Nodes    []string
	}
	found := eval[struct {
		Passed     int
		Violations []violation
	}](p, `axe.run().then(r => ({
		Passed: r.passes.length,
		Violations: r.violations.map(v => ({
			ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 3).map(n => n.html + " " + n.failureSummary),
		})),
	}))`)
	for _, v := range found.Violations {
		p.Errorf("%s: %s: %q", v.ID, v.Help, v.Nodes)
	}
	if found.Passed < 20 {
		p.Errorf("only %d rules of axe-core were applied", found.Passed)
	}
}
