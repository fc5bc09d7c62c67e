package view

import (
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// A View is what a page shows of a report, in its order.
type View struct {
	Report     *report.Report
	Incomplete List[Text] // why it is
	Spaces     List[Head]

	Findings   Findings
	Privileged Privileged
	Attention  []Group
	Coverage   Coverage

	Access   List[Access] // by workspace
	Search   Search
	Evidence List[Fact]
}

// A Head is what a page says first of a workspace.
type Head struct {
	Slug, Name, UUID               string
	People, Repositories, Projects int
}

func (h Head) size() room { return size(20, h.Slug, h.Name, h.UUID) }

// A Fact is a name and a value.
type Fact struct{ Name, Value string }

func (f Fact) size() room { return size(4, f.Name, f.Value) }

// New makes the view of a report.
func New(r *report.Report) *View {
	v := &View{
		Report: r, Findings: findingsOf(r), Privileged: privilegedOf(r), Attention: attentionOf(r),
		Coverage: coverageOf(r), Search: Search{Spaces: []Searched{}},
	}
	head, spaces := headRoom, r.Access.Workspaces
	v.Spaces = fill(&head, unlimited, len(spaces), func(i int) Head {
		w := &spaces[i]
		return Head{
			Slug: name(w.Slug), Name: name(w.Name), UUID: name(w.UUID), People: len(w.People),
			Repositories: len(w.Repositories), Projects: len(w.Projects),
		}
	})
	v.Incomplete = texts(&head, unlimited, r.Incomplete)
	for i := range spaces {
		fold := NewFold(&spaces[i])
		shown := accessOf(fold, r.Settings.Thresholds, accessRoom.share(len(spaces)))
		shown.Number, shown.Several = len(v.Access.Items), len(spaces) > 1
		if len(shown.Rows.Items) == 0 && len(shown.Admins.Distribution) == 0 && shown.People > 0 {
			v.Access.Left++
			continue
		}
		v.Access.Items = append(v.Access.Items, shown)
		v.Search.Spaces = append(v.Search.Spaces, searchOf(fold, searchRoom.share(len(spaces))))
	}
	evidence, facts := evidenceRoom, render.Evidence(r)
	v.Evidence = fill(&evidence, unlimited, len(facts), func(i int) Fact {
		return Fact{name(facts[i][0]), line(facts[i][1])}
	})
	return v
}
