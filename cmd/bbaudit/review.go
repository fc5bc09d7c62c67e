package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

// reviewCommand has access decided on by those who answer for it.
type reviewCommand struct {
	Export reviewExport `cmd:"" help:"Give every access to a reviewer, in CSVs."`
	Import reviewImport `cmd:"" help:"Read what the reviewers decided."`
	Close  reviewClose  `cmd:"" help:"Show by a later report that what was to go is gone."`
}

// reviewExport makes a review of a report.
type reviewExport struct {
	Report string `help:"A saved report in the form json." required:"" placeholder:"FILE"`
	Roster string `help:"A CSV with the columns email, name, manager, team, status: who reviews whom." placeholder:"FILE"`
	Split  string `help:"Who reviews what: the manager or the team on the roster, project for a file a project, or none for one file." default:"manager"`
	Dir    string `help:"The folder of the review, which is made; one that holds anything is left alone." required:"" placeholder:"FOLDER"`
	Now    string `help:"Begin the review at this time instead of now." placeholder:"TIME"`
	Demo   bool   `help:"Take a report of the demo, too."`
}

// The files of a review beside its CSVs.
const (
	manifestFile = "manifest.json"
	signOffFile  = "signoff.json"
	signOffPage  = "signoff.html"
)

func (c *reviewExport) run(_ context.Context, p *program) int {
	m, sheets, err := c.export(p)
	if err != nil {
		return p.fail(err)
	}
	manifest, err := m.Encode()
	if err == nil {
		err = saveReview(c.Dir, manifest, sheets)
	}
	if err == nil {
		err = m.Show(p.stdout)
	}
	if err != nil {
		return p.fail(err)
	}
	p.progress.say("wrote %s into %s; the SHA-256 of %s is %s",
		plural(len(m.Files), "file", "files"), c.Dir, manifestFile, sealed.Sum(manifest))
	if !m.Report.Complete {
		return exitIncomplete
	}
	return exitOK
}

// export makes the manifest and the CSVs.
func (c *reviewExport) export(p *program) (*review.Manifest, map[string][]byte, error) {
	if err := oneOf("split", c.Split, review.Splits()...); err != nil {
		return nil, nil, err
	}
	o := review.Order{Split: review.Split(c.Split), Tool: thisTool()}
	if o.Split.NeedsRoster() && c.Roster == "" {
		return nil, nil, usagef("-split %s needs -roster, which says who that is", c.Split)
	}
	if err := vacant(c.Dir); err != nil {
		return nil, nil, err
	}
	var err error
	if o.Now, err = clock(c.Now); err != nil {
		return nil, nil, err
	}
	if o.Roster, o.RosterFile, err = p.roster(c.Roster); err != nil {
		return nil, nil, err
	}
	if o.ReportFile, err = p.read(c.Report); err != nil {
		return nil, nil, err
	}
	if o.Report, err = report.Decode(o.ReportFile); err != nil {
		return nil, nil, fileError(c.Report, err)
	}
	switch {
	case o.Report.Demo && !c.Demo:
		return nil, nil, usagef(
			"%s is of the demo: nobody has to review it (-demo takes it all the same)", c.Report)
	case o.Report.Run.Ended.After(o.Now.Add(5 * time.Minute)):
		return nil, nil, fmt.Errorf("%s is of the future, %s: is the clock right?",
			c.Report, o.Report.Run.Ended.Format(time.RFC3339))
	}
	m, sheets, err := review.Export(o)
	if err != nil {
		return nil, nil, fileError(c.Report, err)
	}
	return m, sheets, nil
}

// returnedFlags are those of the commands that read what came back.
type returnedFlags struct {
	Dir            string `help:"The folder of the review." required:"" placeholder:"FOLDER"`
	ManifestSHA256 string `name:"manifest-sha256" help:"What the SHA-256 of manifest.json has to be; export says it." placeholder:"HEX"`
	Dates          string `help:"How dates with slashes are meant: dmy or mdy. Without it those that may be two days are refused." placeholder:"ORDER"`
	Now            string `help:"Take this for the time instead of now." placeholder:"TIME"`
}

// returned reads the review that came back.
func (f returnedFlags) returned(p *program) (*review.Review, error) {
	if f.Dates != "" {
		orders := []string{string(review.DayMonth), string(review.MonthDay)}
		if err := oneOf("dates", f.Dates, orders...); err != nil {
			return nil, err
		}
	}
	now, err := clock(f.Now)
	if err != nil {
		return nil, err
	}
	manifest, err := p.read(filepath.Join(f.Dir, manifestFile))
	if err != nil {
		return nil, err
	}
	got := sealed.Sum(manifest)
	if f.ManifestSHA256 != "" && !strings.EqualFold(got, f.ManifestSHA256) {
		return nil, fmt.Errorf("%s has the SHA-256 %s, and -manifest-sha256 wants another",
			manifestFile, got)
	}
	files, err := sheetsIn(p, f.Dir)
	if err != nil {
		return nil, err
	}
	return review.Read(manifest, files, review.DateOrder(f.Dates), now)
}

// refuse says everything that is wrong with what came back.
func (p *program) refuse(err error) int {
	if problems, ok := errors.AsType[review.Problems](err); ok {
		p.progress.sayEach(problems)
		return p.shutOut(errors.New(plural(len(problems), "problem", "problems")))
	}
	return p.shutOut(err)
}

// reviewImport reads what was decided.
type reviewImport struct {
	returnedFlags
	Strict bool   `help:"Exit with 3 also when a reviewer decided on their own access, or the same on more than 50 rows."`
	Format string `help:"Form of the result: table or json." default:"table"`
	Out    string `help:"Write the result to a file instead of the standard output." placeholder:"FILE"`
	Tasks  string `help:"Also write what has to be revoked or changed to a CSV, a place on each line." placeholder:"FILE"`
}

func (c *reviewImport) run(_ context.Context, p *program) int {
	if err := c.check(); err != nil {
		return p.shutOut(err)
	}
	v, err := c.returned(p)
	if err != nil {
		return p.refuse(err)
	}
	res := v.Result(thisTool())
	var b bytes.Buffer
	if c.Format == "json" {
		var text []byte
		text, err = res.Encode()
		b.Write(text)
	} else {
		err = res.Show(&b)
	}
	if err == nil {
		err = output{path: c.Out, stdout: p.stdout}.write(b.Bytes())
	}
	if err == nil && c.Tasks != "" {
		err = saveAs(c.Tasks, res.TasksCSV())
	}
	switch {
	case err != nil:
		return p.shutOut(err)
	case res.Rows.Open > 0:
		p.progress.say("%s open", plural(res.Rows.Open, "row is", "rows are"))
		return exitFindings
	case c.Strict && len(res.Flags) > 0:
		p.progress.say("%s to look at", plural(len(res.Flags), "way of deciding", "ways of deciding"))
		return exitFindings
	}
	return exitOK
}

func (c *reviewImport) check() error {
	if err := oneOf("format", c.Format, "table", "json"); err != nil {
		return err
	}
	if c.Tasks == "-" {
		return usagef("-tasks -: the standard output is for the result; name a file")
	}
	for _, name := range []string{c.Out, c.Tasks} {
		if within(name, c.Dir) {
			return usagef("%s lies in the folder of the review: name a file elsewhere", name)
		}
	}
	return errors.Join(output{path: c.Out}.check(c.Tasks), output{path: c.Tasks, flag: "-tasks"}.check())
}

// reviewClose shows what became of what was to go.
type reviewClose struct {
	returnedFlags
	After string `help:"A report in the form json that was made after the decisions were carried out." required:"" placeholder:"FILE"`
	By    string `help:"Who signs off." required:"" placeholder:"NAME"`
}

func (c *reviewClose) run(_ context.Context, p *program) int {
	s, err := c.close(p)
	if errors.Is(err, review.ErrOpen) {
		p.progress.say("%v: bbaudit review import lists them", err)
		return exitFindings
	}
	if err != nil {
		return p.refuse(err)
	}
	if err := errors.Join(c.file(s), s.Show(p.stdout)); err != nil {
		return p.shutOut(err)
	}
	p.progress.say("wrote %s and %s into %s", signOffFile, signOffPage, c.Dir)
	switch {
	case s.Outcomes.NotRead > 0:
		return exitUsage
	case s.Outcomes.Still > 0:
		return exitFindings
	case !s.Complete():
		return exitIncomplete
	}
	return exitOK
}

func (c *reviewClose) close(p *program) (*review.SignOff, error) {
	if review.Blank(c.By) {
		return nil, usagef("-by is empty: say who signs off")
	}
	if err := c.unclosed(p); err != nil {
		return nil, err
	}
	v, err := c.returned(p)
	if err != nil {
		return nil, err
	}
	data, err := p.read(c.After)
	if err != nil {
		return nil, err
	}
	after, err := report.Decode(data)
	if err != nil {
		return nil, fileError(c.After, err)
	}
	s, err := v.Close(after, data, c.By, thisTool())
	if err != nil && !errors.Is(err, review.ErrOpen) {
		err = fileError(c.After, err)
	}
	return s, err
}

// unclosed refuses to write over a sign-off that says that everything is gone: somebody may have
// signed it.
func (c *reviewClose) unclosed(p *program) error {
	path := filepath.Join(c.Dir, signOffFile)
	data, err := p.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	switch s, err := review.DecodeSignOff(data); {
	case err != nil:
		return fmt.Errorf("%s is there already: %w", path, err)
	case s.Closed:
		return fmt.Errorf("the review is closed: %s says so since %s", path, s.At.Format(time.RFC3339))
	}
	return nil
}

// file writes the sign-off in both forms.
func (c *reviewClose) file(s *review.SignOff) error {
	text, err := s.Encode()
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := s.HTML(&page, sealed.Sum(text)); err != nil {
		return err
	}
	if err := saveAs(filepath.Join(c.Dir, signOffPage), page.Bytes()); err != nil {
		return err
	}
	return saveAs(filepath.Join(c.Dir, signOffFile), text) // last: it says that the review is closed
}
