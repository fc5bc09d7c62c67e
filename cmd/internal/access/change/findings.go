package change

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// An Outcome says what became of a finding.
type Outcome string

// The outcomes.
const (
	NewFinding  Outcome = "new"
	CountsAgain Outcome = "counts again" // it was accepted, and is no more
	Worse       Outcome = "worse"        // its rule has a higher level now
	Different   Outcome = "changed"
	NowAccepted Outcome = "accepted"
	GoneFinding Outcome = "gone"
	Unclear     Outcome = "not known" // one report did not read what it rests on
)

// A Finding is one case that is new, gone, or another one than it was.
type Finding struct {
	Change    Outcome        `json:"change"`
	Workspace string         `json:"workspace"` // slug
	Rule      string         `json:"rule"`
	Level     findings.Level `json:"level"`
	Title     string         `json:"title"`
	Do        string         `json:"do"`
	Item      findings.Item  `json:"item"`         // the newer one where there is one
	Was       *findings.Item `json:"was,omitzero"` // where it is another one now
	Why       string         `json:"why,omitzero"` // it is not known
}

// Rises reports whether it counts now and did not before, or is worse than it was.
func (f *Finding) Rises() bool {
	return f.Item.Counts() && (f.Change == NewFinding || f.Change == CountsAgain || f.Change == Worse)
}

// A caseID names a case. Of several with the same name the first is paired with the first.
type caseID struct {
	rule, item string
	number     int
}

// A found is a case with the finding that it is of.
type found struct {
	id   caseID
	of   *findings.Finding
	item *findings.Item
}

// findings compares the cases of the workspace.
func (c *comparison) findings() []Finding {
	all := compareCases(
		cases(c.reports[0], c.old.Slug), cases(c.reports[1], c.new.Slug),
		func(x found, became Outcome) string {
			sources := restsOn(x.of.Rule)
			switch became {
			case NewFinding:
				return unjudged(x, sources, c.old, c.new)
			case Different: // all that is said of somebody tells how much they have
				sources = append(sources, access.Permissions)
			}
			return unjudged(x, sources, c.new, c.old)
		})
	for i := range all {
		all[i].Workspace = c.out.Slug
	}
	return all
}

// compareCases compares the cases of two reports. It asks why what became of a case is not known:
// the other report may have it all the same, or both would tell the same of it.
func compareCases(before, after []found, why func(x found, became Outcome) string) []Finding {
	olds := map[caseID]found{}
	for _, x := range before {
		olds[x.id] = x
	}
	doubted := func(x found, became Outcome) Finding {
		f := finding(x, became)
		if f.Why = why(x, became); f.Why != "" {
			f.Change = Unclear
		}
		return f
	}
	all := []Finding{}
	for _, is := range after {
		was, met := olds[is.id]
		switch {
		case !met:
			all = append(all, doubted(is, NewFinding))
		case outcome(was, is) != "":
			f := finding(is, outcome(was, is))
			if f.Change == Different && is.of.Level == was.of.Level && is.item.State == was.item.State {
				f = doubted(is, Different)
			}
			f.Was = was.item
			all = append(all, f)
		}
		delete(olds, is.id)
	}
	for _, was := range before {
		if _, left := olds[was.id]; left {
			all = append(all, doubted(was, GoneFinding))
		}
	}
	return all
}

// cases lists the cases of a report that are of a workspace; those of the accept file are of none.
func cases(r *report.Report, slug string) []found {
	var all []found
	met := map[caseID]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Workspace != slug {
			continue
		}
		for j := range f.Items {
			id := caseID{rule: f.Rule, item: f.Items[j].ID}
			met[id]++
			id.number = met[id]
			all = append(all, found{id, f, &f.Items[j]})
		}
	}
	return all
}

func finding(x found, change Outcome) Finding {
	return Finding{
		Change: change, Rule: x.of.Rule, Level: x.of.Level, Title: x.of.Title, Do: x.of.Do, Item: *x.item,
	}
}

// age is how long ago something was, which grows by itself.
var age = regexp.MustCompile(`\d+ days ago`)

// outcome says in which way a case is another one than it was; empty when it is none.
func outcome(was, is found) Outcome {
	a, b := was.item, is.item
	switch {
	case b.Counts() && !a.Counts():
		return CountsAgain
	case !b.Counts() && a.Counts():
		return NowAccepted
	case is.of.Level.Rank() > was.of.Level.Rank():
		return Worse
	case is.of.Level != was.of.Level || a.State != b.State || a.Permission != b.Permission ||
		!slices.Equal(a.Via, b.Via) || age.ReplaceAllString(a.Detail, "") != age.ReplaceAllString(b.Detail, ""):
		return Different
	}
	return ""
}

// unjudged says why the two sides may be as one about a case that they differ about: one of them did
// not read a source that it rests on. Many cases are of what somebody lacks, so both have to be asked.
func unjudged(x found, sources []string, lacking, other *side) string {
	place := x.item.Place
	if x.of.Rule == "only-source" { // who may be in a group follows from what it was granted anywhere
		place = findings.Place{}
	}
	for _, source := range sources {
		if notAsked(lacking, source) && notAsked(other, source) {
			continue
		}
		why := cmp.Or(
			lacksCase(lacking, other, source, place), lacksCase(other, lacking, source, place))
		if why != "" {
			return why
		}
	}
	return ""
}

// lacksCase says why a source may show a case at a place to a side that did not read it.
func lacksCase(lacking, other *side, source string, p findings.Place) string {
	source = lacking.permissionsAs(source)
	on := access.KindOf(source)
	if string(on) == p.Kind && on != access.KindWorkspace {
		return lacking.lacksAt(source, placeOf(p, lacking, other), other)
	}
	if why := lacking.lacks(source, ""); why != "" {
		return why
	}
	ofPlaces := on == access.KindRepository || on == access.KindProject || source == access.Repositories
	if !ofPlaces || !lacking.Narrow || sameScope(lacking, other) {
		return ""
	}
	return lacking.narrow()
}

// placeOf finds the place of a case in the models.
func placeOf(p findings.Place, sides ...*side) access.Place {
	for _, s := range sides {
		if at, met := s.places[[2]string{p.Kind, p.UUID}]; met {
			return at
		}
	}
	return access.Place{Kind: access.Kind(p.Kind), Name: p.Name}
}

// notAsked reports whether a source was not asked for, or left out on purpose.
func notAsked(s *side, source string) bool {
	cover := s.CoverageOf(s.permissionsAs(source))
	return cover == nil || cover.Verdict == access.LeftOut
}

// restsOn lists the sources that a rule looks at; all of them for a rule that is not known here. The
// effective permissions stand for those of single repositories, too.
func restsOn(rule string) []string {
	const (
		members, permissions, groups, repositories = access.Members, access.Permissions, access.Groups, access.Repositories
	)
	grants := []string{
		access.ProjectUsers, access.ProjectGroups, access.RepositoryUsers, access.RepositoryGroups,
	}
	switch rule {
	case "owner", "many-owners", "two-step-unknown", "last-access-unknown":
		return []string{members}
	case "no-access", "admin-of-many":
		return []string{members, permissions}
	case "app", "inactive-account": // of everybody who is there in any way
		return []string{members, permissions, groups, access.ProjectUsers, access.RepositoryUsers}
	case "admin-without-two-step", "without-two-step", "stale-admin", "stale-member":
		return []string{members, permissions, groups}
	case "roster-status", "not-on-roster":
		return []string{members, access.RosterMembers}
	case "many-admins", "few-admins":
		return []string{repositories, permissions}
	case "public-repository":
		return []string{repositories}
	case "admin-group":
		return []string{groups}
	case "outsider", "unknown-permission", "above-effective", "only-source":
		return append(grants, members, permissions, groups, repositories)
	case "deploy-key", "deploy-key-writes":
		return []string{access.ProjectKeys, access.RepositoryKeys}
	case "unsecured-secret":
		return []string{access.WorkspaceVariables, access.RepositoryVariables}
	case "old-invitation":
		return []string{access.Invitations}
	}
	return append(
		grants, members, permissions, groups, repositories, access.RosterMembers, access.ProjectKeys,
		access.RepositoryKeys, access.WorkspaceVariables, access.RepositoryVariables, access.Invitations,
	)
}
