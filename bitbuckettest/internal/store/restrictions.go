package store

import (
	"cmp"
	"errors"
)

// Restrict adds a restriction to a repository.
func (r *Repository) Restrict(x Restriction) (*Restriction, error) {
	if x.Kind == "" {
		return nil, errors.New("a branch restriction needs a kind")
	}
	s := r.Workspace.store
	s.made++
	x.ID = cmp.Or(x.ID, s.made)
	x.MatchKind = cmp.Or(x.MatchKind, "glob")
	if x.MatchKind == "glob" {
		x.Pattern = cmp.Or(x.Pattern, "*")
	}
	r.restrictions = append(r.restrictions, &x)
	s.wrote()
	return &x, nil
}

// Restrictions lists the restrictions in the order in which they were added.
func (r *Repository) Restrictions() []*Restriction { return r.restrictions }
