package browser

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/htmlreport"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// What a page may be, and how long it may take to open: two seconds are the aim, and a busy machine
// gets more.
const (
	mostBytes = 15_000_000
	mostNodes = 60_000
	mostTime  = 10 * time.Second
)

// TestLarge opens reports of 200,000 permissions, extreme ones among them, and says how long that
// takes: from the start until everything is loaded, run and painted.
func TestLarge(t *testing.T) {
	for _, size := range accesstest.Sizes() {
		t.Run(size.Name, func(t *testing.T) {
			needsBrowser(t)
			r := judged(report.New(false), func(r *report.Report) { r.Access = size.Model() })
			file := write(t, func(f *os.File) error { return htmlreport.Write(f, r) })
			p := newTab(t, look{width: 1400}) // before, so that starting a tab does not count
			start := time.Now()
			p.do(chromedp.Navigate("file://" + file))
			p.js(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`)
			took := time.Since(start)
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			nodes := eval[int](p, `(() => {
				const walk = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
				let n = 0;
				while (walk.nextNode()) { n++; }
				return n;
			})()`)
			t.Logf("opened in %v: %d bytes, %d nodes", took.Round(10*time.Millisecond), info.Size(), nodes)
			if info.Size() > mostBytes || nodes > mostNodes || took > mostTime {
				t.Errorf("at most %d bytes, %d nodes and %v", mostBytes, mostNodes, mostTime)
			}
			p.wantFits()
			if found := p.search("r"); len(found) == 0 {
				t.Error("nothing is found")
			}
			p.wantNoTrouble()
		})
	}
}
