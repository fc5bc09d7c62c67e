package htmlreport_test

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/htmlreport"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// reportOf makes a report of a model.
func reportOf(snapshot access.Snapshot) *report.Report {
	r := report.New(false)
	r.AsOf, r.Access = accesstest.Now, snapshot
	r.Run.Started, r.Run.Ended = accesstest.Now, accesstest.Now
	r.Settings.Thresholds = findings.DefaultThresholds()
	r.Judge(nil)
	r.Settle()
	return r
}

func sample(t *testing.T) *report.Report {
	t.Helper()
	s, err := accesstest.Read(t.Context(), accesstest.Sample(), accesstest.Scope())
	if err != nil {
		t.Fatal(err)
	}
	return reportOf(s)
}

func write(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := htmlreport.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	tags   = regexp.MustCompile(`<[a-z!][^>]*>`)
	texts  = regexp.MustCompile(`>[^<]+<`)
	states = regexp.MustCompile(`<p class="state [a-z]+">([^<]*)</p>`)
	ids    = regexp.MustCompile(`<(?:header|section id="([^"]*)"|div id="(search)")`)
)

// TestOrder is that in which people look at a report.
func TestOrder(t *testing.T) {
	var order []string
	for _, m := range ids.FindAllStringSubmatch(write(t, sample(t)), -1) {
		order = append(order, m[1]+m[2])
	}
	if got := strings.Join(order, " "); got != " search findings privileged attention coverage access-0 evidence" {
		t.Errorf("the parts are %q", got)
	}
}

func TestBanner(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*report.Report)
		want   string
	}{
		"complete":   {func(*report.Report) {}, "✓ COMPLETE"},
		"incomplete": {func(r *report.Report) { r.Run.Ending = "stopped"; r.Settle() }, "✕ INCOMPLETE"},
		"demo":       {func(r *report.Report) { r.Demo = true }, "DEMO ✓ COMPLETE"},
		"both": {func(r *report.Report) {
			r.Demo = true
			r.Run.Ending = "stopped"
			r.Settle()
		}, "DEMO ✕ INCOMPLETE"},
	} {
		r := sample(t)
		test.change(r)
		text := write(t, r)
		var said []string
		for _, m := range states.FindAllStringSubmatch(text, -1) {
			said = append(said, m[1])
		}
		if got := strings.Join(said, " "); got != test.want {
			t.Errorf("%s: the banner says %q, want %q", name, got, test.want)
		}
		if strings.Contains(text, "<li>stopped</li>") != strings.Contains(test.want, "INCOMPLETE") {
			t.Errorf("%s: why it is incomplete", name)
		}
	}
}

// TestNothingHarms holds that names are text, in the page and in what its script reads.
func TestNothingHarms(t *testing.T) {
	r := sample(t)
	w := &r.Access.Workspaces[0]
	hostile := "</script><script>alert(1)</script>\u202e\x1b[31m"
	for i := range w.People {
		w.People[i].Name, w.People[i].Nickname = hostile, hostile+"2"
	}
	for i := range w.Repositories {
		w.Repositories[i].Name, w.Repositories[i].Project = hostile, hostile
	}
	w.Name, w.Slug = hostile, hostile
	r.Judge(nil)
	text := write(t, r)
	if n := strings.Count(text, "<script"); n != 2 || strings.Count(text, "</script>") != 2 {
		t.Errorf("there are %d scripts", n)
	}
	for _, c := range text {
		if c != '\n' && c != '\t' && !strconv.IsPrint(c) {
			t.Fatalf("%q is in the page", c)
		}
	}
	if !strings.Contains(text, `"\u003c/script\u003e\u003cscript\u003ealert(1)`) {
		t.Error("the script does not get the names")
	}
}

// TestLarge holds that a page is bounded where everything is extreme at once; the browser tests look
// at more cases.
func TestLarge(t *testing.T) {
	sizes := accesstest.Sizes()
	text := write(t, reportOf(sizes[len(sizes)-1].Model()))
	nodes := len(tags.FindAllStringIndex(text, -1)) + len(texts.FindAllStringIndex(text, -1))
	if len(text) > 15_000_000 || nodes > 59_000 { // a script adds some
		t.Errorf("it has %d bytes and %d nodes", len(text), nodes)
	}
	if nodes < 20_000 {
		t.Errorf("%d nodes are all that it shows", nodes)
	}
}

func TestEmpty(t *testing.T) {
	text := write(t, reportOf(access.Snapshot{}))
	if !strings.Contains(text, "<p>None.</p>") || !strings.HasSuffix(text, "</html>\n") {
		t.Errorf("a report of nothing is %.300q", text)
	}
}

func TestWriterFails(t *testing.T) {
	if err := htmlreport.Write(broken{}, sample(t)); !errors.Is(err, errBroken) {
		t.Errorf("it says %v", err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
