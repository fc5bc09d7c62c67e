package store

import (
	"cmp"
	"fmt"
	"strings"
)

// All lists the variables in the order in which they were added.
func (x *Variables) All() []*Variable { return x.all.all }

// Find finds a variable by its UUID with braces.
func (x *Variables) Find(uuid string) *Variable {
	if !isUUID(uuid) {
		return nil
	}
	return x.all.find(uuid)
}

// Taken reports whether a variable other than v has a key.
func (x *Variables) Taken(key string, v *Variable) bool {
	there := x.byKey[strings.ToUpper(key)]
	return there != nil && there != v
}

// AddVariable adds a variable to those of an owner.
func (s *Store) AddVariable(to *Variables, v Variable) (*Variable, error) {
	if v.Key == "" || to.Taken(v.Key, nil) {
		return nil, fmt.Errorf("a variable needs a key of its own, not %q", v.Key)
	}
	v.UUID = cmp.Or(v.UUID, s.NextUUID("variable"))
	if to.byKey == nil {
		to.byKey = map[string]*Variable{}
	}
	to.all.add(&v, v.UUID)
	to.byKey[strings.ToUpper(v.Key)] = &v
	s.wrote()
	return &v, nil
}

// A VariableChange says what is to become of a variable; nil leaves things as they are.
type VariableChange struct {
	Key     *string
	Value   *string
	Secured *bool
}

// ChangeVariable changes a variable. Without a value a secured one keeps its own, and one that is
// no longer secured loses it: what was a secret is never shown.
func (s *Store) ChangeVariable(of *Variables, v *Variable, to VariableChange) {
	if to.Key != nil {
		delete(of.byKey, strings.ToUpper(v.Key))
		v.Key = *to.Key
		of.byKey[strings.ToUpper(v.Key)] = v
	}
	if to.Secured != nil {
		if v.Secured && !*to.Secured {
			v.Value = ""
		}
		v.Secured = *to.Secured
	}
	if to.Value != nil {
		v.Value = *to.Value
	}
	s.wrote()
}

// RemoveVariable takes a variable away.
func (s *Store) RemoveVariable(of *Variables, v *Variable) {
	of.all.remove(v, v.UUID)
	delete(of.byKey, strings.ToUpper(v.Key))
	s.wrote()
}

// AddEnvironment adds an environment to a repository.
func (r *Repository) AddEnvironment(name, kind, uuid string) (*Environment, error) {
	slug := strings.ToLower(strings.Join(strings.Fields(name), "-"))
	if slug == "" || r.Environment(slug) != nil {
		return nil, fmt.Errorf("an environment needs a name of its own, not %q", name)
	}
	e := &Environment{
		Name: name, Slug: slug, Kind: cmp.Or(kind, "Test"),
		UUID: cmp.Or(uuid, madeUUID("environment", r.UUID+slug)),
	}
	r.environments.add(e, e.Slug, e.UUID)
	r.Workspace.store.wrote()
	return e, nil
}

// Environments lists the environments in the order in which they were added.
func (r *Repository) Environments() []*Environment { return r.environments.all }

// Environment finds an environment by its UUID with braces, its slug or its name.
func (r *Repository) Environment(id string) *Environment {
	if e := r.environments.find(id); e != nil {
		return e
	}
	return r.environments.find(strings.Join(strings.Fields(id), "-"))
}
