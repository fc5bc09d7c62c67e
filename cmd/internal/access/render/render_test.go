package render_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accept"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

// sample is a report of the sample workspace in which some findings are accepted.
func sample(t *testing.T) *report.Report {
	t.Helper()
	api := accesstest.Sample()
	api.Told = map[string]int{access.Invitations: 4}
	return reportOf(t, api, accesstest.Now)
}

// reportOf is a report of what an API answers.
func reportOf(t *testing.T, api *accesstest.API, began time.Time) *report.Report {
	t.Helper()
	snapshot, err := accesstest.Read(t.Context(), api, accesstest.Scope())
	if err != nil {
		t.Fatal(err)
	}
	r := report.New(false)
	r.AsOf, r.Access = accesstest.Now, snapshot
	r.Run = report.Run{
		ID: strings.Repeat("1f", 16), Started: began, Ended: began.Add(time.Minute),
		Resumed: []time.Time{
			accesstest.Now.Add(30 * time.Second),
		}, Calls: report.Calls{Planned: 29, Made: 30, Retried: 1},
	}
	r.Tool = report.Tool{Name: "bbaudit", Version: "v0.0.0", Revision: "abc"}
	r.Source = report.Source{
		BaseURL:    "https://api.bitbucket.org",
		Credential: "API token",
		Account:    "Ada",
		UUID:       accesstest.UUID(1),
	}
	t0 := findings.DefaultThresholds()
	t0.MaxAdmins, t0.MaxAdminOf = 3, 1
	r.Settings = report.Settings{
		Workspaces: []string{
			"acme",
		}, Projects: []string{}, Repositories: []string{}, Explicit: true, Without: []string{},
		FailOn: "high", Throttle: "file", Thresholds: t0,
	}
	r.Inputs = []report.Input{{Name: "accept", File: "accepted.yaml", SHA256: strings.Repeat("0", 64)}}
	r.Judge(
		findings.Roster{
			"ada@example.com": {},
			"cid@example.com": {},
			"gus@example.com": {Status: "on leave"},
		},
	)
	r.Findings = accept.Apply(r.Findings, entries(), &r.Access, r.AsOf)
	r.Settle()
	if _, err := r.Encode(); err != nil {
		t.Fatal(err)
	}
	return r
}

func entries() []accept.Entry {
	entry := func(rule, subject, place string, until int) accept.Entry {
		return accept.Entry{
			Rule: rule, Subject: subject, Place: place, AtMost: "write", Reason: "=because", By: "Ada",
			Line: 3,
			Since: accesstest.Now.AddDate(0, 0, -60).Truncate(
				24 * time.Hour,
			), Until: accesstest.Now.AddDate(0, 0, until).Truncate(24 * time.Hour),
		}
	}
	return []accept.Entry{
		entry(
			"outsider",
			accesstest.UUID(10),
			accesstest.UUID(102),
			5,
		), entry("outsider", accesstest.UUID(10), accesstest.UUID(103), -1),
		entry("only-source", accesstest.UUID(3), "", 5), entry("outsider", accesstest.UUID(77), "", 5),
	}
}

// golden compares with a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	accesstest.Golden(t, name, got, *update)
}

func TestForms(t *testing.T) {
	r := sample(t)
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", text)
	var table, sheet, junit, results bytes.Buffer
	for _, err := range []error{
		render.Table(&table, r, render.Style{Width: 80}), render.CSV(&sheet, r),
		render.JUnit(&junit, render.SuiteOf(r)),
		render.SARIF(&results, render.SuiteOf(r), r.Tool, ".bitbucket/access policy.yaml"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "report.txt", table.Bytes())
	golden(t, "report.csv", sheet.Bytes())
	golden(t, "report.xml", junit.Bytes())
	golden(t, "report.sarif", results.Bytes())
}

// TestNothingHarms a terminal, a spreadsheet or a page.
func TestNothingHarms(t *testing.T) {
	r := sample(t)
	for _, name := range []string{"report.json", "report.txt", "report.csv", "report.xml", "report.sarif"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range string(data) {
			if c != '\n' && !strconv.IsPrint(c) {
				t.Errorf("%s holds %q", name, c)
			}
		}
	}
	var sheet bytes.Buffer
	if err := render.CSV(&sheet, r); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&sheet).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if rows[1][1] != "evidence" || rows[1][6] != "title" {
		t.Errorf("the evidence does not come first: %q", rows[1])
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("the cell %q is a formula", cell)
			}
		}
	}
}

// TestAcceptedStaysVisible in every form, and what counts again says since when.
func TestAcceptedStaysVisible(t *testing.T) {
	for name, want := range map[string][]string{
		"report.txt":   {"ACCEPTED by Ada", "EXPIRED since 2026-11-24", "MORE than was accepted"},
		"report.csv":   {",accepted,", ",expired,", ",exceeded,"},
		"report.json":  {`"state": "accepted"`, `"state": "expired"`, `"state": "exceeded"`},
		"report.xml":   {`<skipped message="accepted by Ada until 2026-11-30: =because"`},
		"report.sarif": {`"justification": "accepted by Ada until 2026-11-30: =because"`},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		joined := strings.Join(strings.Fields(string(data)), " ")
		for _, text := range want {
			if !strings.Contains(joined, text) {
				t.Errorf("%s does not show %q", name, text)
			}
		}
	}
}

// TestSARIF validates against the schema of SARIF 2.1.0, and holds what code hosts need besides.
func TestSARIF(t *testing.T) {
	var b bytes.Buffer
	if err := render.SARIF(&b, render.SuiteOf(sample(t)), report.Tool{Name: "bbaudit"}, "a b/ü.yaml"); err != nil {
		t.Fatal(err)
	}
	log, err := sarif.FromBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Validate(); err != nil {
		t.Error(err)
	}
	strict := json.NewDecoder(bytes.NewReader(b.Bytes()))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&sarif.Report{}); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, result := range log.Runs[0].Results {
		at := result.Locations[0].PhysicalLocation
		if *at.ArtifactLocation.URI != "a%20b/%C3%BC.yaml" || *at.Region.StartLine < 1 {
			t.Errorf("a result lies at %s", *at.ArtifactLocation.URI)
		}
		print := result.PartialFingerprints["bbaudit/v1"]
		if print == "" || seen[print] {
			t.Errorf("the fingerprint %q is empty or there twice", print)
		}
		seen[print] = true
		if rule := log.Runs[0].Tool.Driver.Rules[result.RuleIndex]; *rule.ID != *result.RuleID {
			t.Errorf("rule %s at the index of %s", *result.RuleID, *rule.ID)
		}
	}
	for _, bad := range []string{"", ".", "/etc/x", "../x", "https://x/y", `C:\x`, "a/../../b"} {
		if got, err := render.RepositoryPath(bad); err == nil {
			t.Errorf("%q is taken for the path %q", bad, got)
		}
	}
}

// junitSubset is what of the JUnit form every reader of it relies on; there is no schema of its
// own.
type junitSubset struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    *int     `xml:"tests,attr"`
	Failures *int     `xml:"failures,attr"`
	Errors   *int     `xml:"errors,attr"`
	Suites   []struct {
		Name  *string `xml:"name,attr"`
		Cases []struct {
			Class   *string   `xml:"classname,attr"`
			Name    *string   `xml:"name,attr"`
			Failure *struct{} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	suite := render.SuiteOf(sample(t))
	if err := render.JUnit(&b, suite); err != nil {
		t.Fatal(err)
	}
	var got junitSubset
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	failures, errs, skipped := 0, 0, 0
	for _, c := range got.Suites[0].Cases {
		if c.Class == nil || c.Name == nil || *c.Name == "" {
			t.Errorf("a case lacks its name: %+v", c)
		}
		for n, there := range map[*int]bool{&failures: c.Failure != nil, &errs: c.Error != nil, &skipped: c.Skipped != nil} {
			if there {
				*n++
			}
		}
	}
	if len(got.Suites) != 1 || *got.Tests != len(suite.Cases) || *got.Failures != failures ||
		*got.Errors != errs ||
		errs != 1 ||
		skipped != 1 {
		t.Errorf(
			"%d tests, %d failures, %d errors: counted %d, %d, %d, skipped %d",
			*got.Tests,
			*got.Failures,
			*got.Errors,
			len(suite.Cases),
			failures,
			errs,
			skipped,
		)
	}
}

// TestTableFits no line is wider than the terminal, in cells, and colours change nothing else.
func TestTableFits(t *testing.T) {
	r := sample(t)
	r.Access.Workspaces[0].People[0].Name = strings.Repeat("界", 100) + " wide"
	for _, width := range []int{0, 40, 80, 133} {
		var plain, colored bytes.Buffer
		if err := render.Table(&plain, r, render.Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		if err := render.Table(&colored, r, render.Style{Width: width, Color: true}); err != nil {
			t.Fatal(err)
		}
		if ansi.Strip(colored.String()) != plain.String() || colored.Len() == plain.Len() {
			t.Errorf("at %d columns colours change more than the colour", width)
		}
		for line := range strings.Lines(plain.String()) {
			if n := ansi.StringWidth(strings.TrimSuffix(line, "\n")); n > max(width, 80) && width != 40 ||
				width == 40 && n > 48 {
				t.Errorf("at %d columns a line has %d cells: %q", width, n, line)
			}
		}
	}
}

// TestReportIsWhatWasWritten holds that a changed or a cut report is refused.
func TestReportIsWhatWasWritten(t *testing.T) {
	r := sample(t)
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := report.Decode(text); err != nil || got.SHA256 != r.SHA256 || got.SHA256 == "" {
		t.Fatal(err)
	}
	var loose map[string]any
	if err := json.Unmarshal(text, &loose); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(loose)
	if err != nil {
		t.Fatal(err)
	}
	for name, changed := range map[string]string{
		"a value":            strings.Replace(string(text), `"complete": false`, `"complete": true`, 1),
		"a space":            strings.Replace(string(text), `"complete": `, `"complete":  `, 1),
		"another member":     strings.Replace(string(text), `{`, `{"more": 1,`, 1),
		"written anew":       string(again),
		"no checksum":        strings.Replace(string(text), r.SHA256, "", 1),
		"another checksum":   strings.Replace(string(text), r.SHA256, strings.Repeat("0", 64), 1),
		"half":               string(text[:len(text)/2]),
		"twice":              string(text) + string(text),
		"nothing":            "",
		"an empty object":    "{}",
		"something in front": "[]" + string(text),
	} {
		if _, err := report.Decode([]byte(changed)); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}
