package main

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

// connectFlags are those of every subcommand that calls Bitbucket.
type connectFlags struct {
	Throttle string        `help:"Where calls are counted: file:PATH, redis://HOST/KEY, published or none. By default a file for each account in the user's cache folder."`
	MaxCalls int           `help:"Make at most so many calls; what is missing then makes a report incomplete."`
	Timeout  time.Duration `help:"End after this long, such as 2h30m."`
	Now      string        `help:"Count ages and terms to this time instead of now." placeholder:"TIME"`
	Demo     bool          `help:"Use the demo, an in-memory Bitbucket."`
}

func (f connectFlags) check() error {
	if f.MaxCalls < 0 || f.Timeout < 0 {
		return usagef("-max-calls and -timeout cannot be negative")
	}
	_, err := parseBudget(f.Throttle)
	return err
}

// chosen is the workspace that was named, that of the demo, or the one in the environment.
func (f connectFlags) chosen(p *program, named string) string {
	if named == "" && f.Demo {
		return demoWorkspace
	}
	return cmp.Or(named, p.env.get("BITBUCKET_WORKSPACE"))
}

// auditFlags say what to read.
type auditFlags struct {
	connectFlags
	Workspace  []string `help:"Slug or UUID of a workspace; may be repeated. BITBUCKET_WORKSPACE by default." sep:"none"`
	Workspaces string   `help:"A file with a workspace on each line." placeholder:"FILE"`
	Project    []string `help:"Key of a project, to read only its repositories; may be repeated." sep:"none"`
	Repo       []string `help:"Slug of a repository, to read only that; may be repeated." sep:"none"`
	Explicit   bool     `help:"Also read what was granted in person and to groups, deploy keys and variables: four calls for each repository, three for each project."`
	Without    []string `help:"Leave a source out, such as groups; a report is complete without it." placeholder:"SOURCE"`
	Roster     string   `help:"A CSV with the columns email, name, manager, team, status: who should be there." placeholder:"FILE"`
}

// scope makes what is to be read. A roster's addresses come besides.
func (f auditFlags) scope(p *program) (access.Scope, error) {
	s := access.Scope{
		Workspaces: slices.Clone(f.Workspace), Projects: f.Project, Repositories: lower(f.Repo),
		Explicit: f.Explicit, Without: f.Without,
	}
	if f.Workspaces != "" {
		data, err := p.read(f.Workspaces)
		if err != nil {
			return s, usagef("-workspaces %v", err)
		}
		for line := range strings.Lines(string(data)) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); line != "" {
				s.Workspaces = append(s.Workspaces, line)
			}
		}
	}
	if one := f.chosen(p, ""); len(s.Workspaces) == 0 && one != "" {
		s.Workspaces = []string{one}
	}
	switch {
	case len(s.Workspaces) == 0:
		return s, usagef("-workspace is missing: say which workspace to audit, here or in BITBUCKET_WORKSPACE, " +
			"or -demo for the invented one")
	case len(s.Workspaces) > 1 && len(s.Projects)+len(s.Repositories) > 0:
		return s, usagef("-project and -repo are for one workspace")
	}
	return s, checkScope(s)
}

func checkScope(s access.Scope) error {
	for i, w := range s.Workspaces {
		if strings.ContainsAny(w, "/ \t,") {
			return usagef("-workspace %q is neither a slug nor a UUID", w)
		}
		if slices.ContainsFunc(
			s.Workspaces[:i],
			func(other string) bool { return strings.EqualFold(other, w) },
		) {
			return usagef("workspace %s is there twice", w)
		}
	}
	for _, slug := range s.Repositories {
		if strings.Contains(slug, "/") {
			return usagef("-repo %s: give the slug without the workspace", slug)
		}
	}
	for _, name := range s.Without {
		if err := oneOf("without", name, access.Optional()...); err != nil {
			return err
		}
	}
	return nil
}

func lower(slugs []string) []string {
	var all []string
	for _, slug := range slugs {
		all = append(all, strings.ToLower(slug))
	}
	return all
}

// thresholdFlags say from where on something is a finding.
type thresholdFlags struct {
	MaxAdmins       int `help:"Report repositories with more admins." default:"5"`
	MinAdmins       int `help:"Report repositories with fewer admins." default:"2"`
	MaxAdminOf      int `help:"Report people who are admins of more repositories, owners apart." default:"10"`
	MaxOwners       int `help:"Report workspaces with more owners." default:"3"`
	StaleDays       int `help:"Report members who have not been seen for more days." default:"180"`
	StaleAdminDays  int `help:"Report owners and admins who have not been seen for more days." default:"90"`
	StaleInvitation int `name:"stale-invitation-days" help:"Report invitations that were sent more days ago." default:"30"`
}

func defaultThresholdFlags() thresholdFlags { return thresholdFlags(findings.DefaultThresholds()) }

func (t thresholdFlags) check() error {
	for _, n := range []int{t.MaxAdmins, t.MinAdmins, t.MaxAdminOf, t.MaxOwners, t.StaleDays, t.StaleAdminDays, t.StaleInvitation} {
		if n < 0 {
			return usagef("a limit cannot be negative")
		}
	}
	return nil
}

// read reads a file whose name a flag gave, or the standard input for a dash.
func (p *program) read(name string) ([]byte, error) {
	if name == "-" {
		return readAll(p.stdin)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fileError(name, err)
	}
	return data, nil
}
