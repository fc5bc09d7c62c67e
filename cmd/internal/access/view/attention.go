package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// A Group is people whom somebody has to look at for the same reason.
type Group struct {
	Title string
	None  string     // what is said when it is empty
	Notes List[Text] // why it may lack somebody
	Count int
	List  List[Noted]
}

// A Noted is somebody in a group.
type Noted struct {
	Workspace      string // when there are several
	Name, ID, Text string
	State          string
}

func (n Noted) size() room { return size(10, n.Workspace, n.Name, n.ID, n.Text, n.State) }

// groups are the groups of a page, with the rules that find their people, and the sources without
// which they may lack some.
var groups = []struct {
	title, none    string
	rules, sources []string
}{
	{
		"Not on the roster", "Every member is on the roster, and active there.",
		[]string{"roster-status", "not-on-roster"},
		[]string{access.Members, access.RosterMembers},
	},
	{
		"Inactive", "Nobody: every account is active, and was seen.",
		[]string{"inactive-account", "stale-admin", "stale-member"},
		[]string{access.Members},
	},
	{
		"Outsiders", "Nobody has access without being a member.",
		[]string{"outsider"},
		[]string{access.Members, access.Permissions},
	},
	{
		"Apps", "No app has access.",
		[]string{"app"},
		[]string{access.Members, access.Permissions},
	},
}

func attentionOf(r *report.Report) []Group {
	var all []Group
	left := attentionRoom
	for i, g := range groups {
		notes := unread(r.Access.Workspaces, g.sources...)
		if unasked(r, g.sources) {
			notes = []string{"No roster was given; -roster names who should be there."}
		}
		share := left.cut(len(groups) - i)
		people := noted(r, g.rules)
		all = append(all, Group{
			Title: g.title, None: g.none, Notes: texts(&share, 20, notes), Count: len(people),
			List: fill(&share, unlimited, len(people), func(i int) Noted { return people[i].shown(r) }),
		})
		left = left.plus(share) // what is left of it
	}
	return all
}

// A notice is what rules found about one person.
type notice struct {
	workspace string
	subject   findings.Subject
	items     []*findings.Item
}

// noted lists the people whom any of these rules found, each once for each workspace.
func noted(r *report.Report, rules []string) []*notice {
	var all []*notice
	at := map[[2]string]*notice{}
	for _, rule := range rules {
		for i := range r.Findings {
			f := &r.Findings[i]
			if f.Rule != rule {
				continue
			}
			for j := range f.Items {
				it := &f.Items[j]
				key := [2]string{f.Workspace, it.Subject.UUID}
				n := at[key]
				if n == nil {
					n = &notice{workspace: f.Workspace, subject: it.Subject}
					at[key] = n
					all = append(all, n)
				}
				n.items = append(n.items, it)
			}
		}
	}
	return all
}

func (n *notice) shown(r *report.Report) Noted {
	shown := Noted{Name: name(n.subject.Name), ID: name(n.subject.UUID)}
	if len(r.Access.Workspaces) > 1 {
		shown.Workspace = name(n.workspace)
	}
	accepted := 0
	var parts []string
	for _, it := range n.items {
		if !it.Counts() {
			accepted++
		}
		if len(parts) > 4 {
			continue
		}
		text := it.Detail
		if it.Place.Kind != "workspace" {
			text = about(it)
		}
		if !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	shown.Text = line(strings.Join(parts, "; "))
	if more := len(n.items) - len(parts); more > 0 && len(parts) > 4 {
		shown.Text += fmt.Sprintf("; and %d more", more)
	}
	if accepted == len(n.items) {
		shown.State = string(findings.Accepted)
	}
	return shown
}
