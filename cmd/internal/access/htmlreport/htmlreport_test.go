package htmlreport_test

import (
	"bytes"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/htmlreport"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

var tags = regexp.MustCompile(`<[a-z!][^>]*>`)

// nodes counts the elements and the texts of a page.
func nodes(text string) int {
	elements := len(tags.FindAllString(text, -1))
	texts := 0
	for part := range strings.SplitSeq(text, ">") {
		if before, _, ok := strings.Cut(part, "<"); ok && before != "" {
			texts++
		}
	}
	return elements + texts
}

func TestLarge(t *testing.T) {
	for _, size := range accesstest.Sizes() {
		t.Run(size.Name, func(t *testing.T) {
			r := report.New(false)
			r.Access, r.AsOf = size.Model(), accesstest.Now
			r.Settings.Thresholds = findings.DefaultThresholds()
			start := time.Now()
			r.Judge(nil)
			r.Settle()
			judged := time.Since(start)
			var b bytes.Buffer
			runtime.GC()
			start = time.Now()
			if err := htmlreport.Write(&b, r); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d bytes, %d nodes; judged %v, written %v", b.Len(), nodes(b.String()), judged, time.Since(start))
		})
	}
}
