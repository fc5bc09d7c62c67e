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

// mostSpaces is of how many workspaces a page shows who may do what; of more than that none would
// have the room to.
const mostSpaces = 50

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
	v.Access.Left = max(0, len(spaces)-mostSpaces)
	for i := range spaces {
		fold := NewFold(&spaces[i])
		v.Search.Spaces = append(v.Search.Spaces, searchOf(fold, searchRoom.share(len(spaces))))
		if i < mostSpaces {
			shown := accessOf(fold, r.Settings.Thresholds, accessRoom.share(min(mostSpaces, len(spaces))))
			shown.Number, shown.Several = i, len(spaces) > 1
			v.Access.Items = append(v.Access.Items, shown)
		}
	}
	evidence, facts := evidenceRoom, render.Evidence(r)
	v.Evidence = fill(&evidence, unlimited, len(facts), func(i int) Fact {
		return Fact{name(facts[i][0]), line(facts[i][1])}
	})
	return v
}
