package review

import (
	"iter"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A Single is one access at one place, as the model has it.
type Single struct {
	Kind       Kind
	Subject    *Subject
	On         PlaceKind
	Place      string // slug, key, or nothing for the workspace
	Permission bitbucket.Permission
}

// A PlaceKind is the kind of a place.
type PlaceKind string

// The kinds of places.
const (
	OnWorkspace  PlaceKind = "workspace"
	OnProject    PlaceKind = "project"
	OnRepository PlaceKind = "repository"
	OnGroup      PlaceKind = "group"
)

// Unfold lists what a row stands for. A grant in person that is one of the ways of an effective
// permission stands in the row of that permission.
func (w *Workspace) Unfold(r *Row) iter.Seq[Single] {
	return func(yield func(Single) bool) {
		one := Single{Kind: r.Kind, Subject: &w.Subjects[r.Subject], Permission: r.Permission}
		switch {
		case len(r.Places) > 0:
			one.On = OnRepository
			for _, slug := range r.Places {
				one.Place = slug
				if !yield(one) || !r.inPerson(one, yield) {
					return
				}
			}
			return
		case r.Kind == Membership:
			one.On, one.Place = OnGroup, r.Group
		case r.Project != "":
			one.On, one.Place = OnProject, r.Project
		default:
			one.On = OnWorkspace
		}
		yield(one)
	}
}

// inPerson yields the grants in person that a row has besides an effective permission.
func (r *Row) inPerson(one Single, yield func(Single) bool) bool {
	for _, way := range r.Ways {
		if way.By != access.ByRepository {
			continue
		}
		one.Kind, one.Permission = Grant, way.Permission
		if !yield(one) {
			return false
		}
	}
	return true
}
