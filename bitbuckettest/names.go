package bitbuckettest

import (
	"errors"
	"fmt"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// What a server is set up with is found by name, or is an error.

func findWorkspace(in *store.Store, id string) (*store.Workspace, error) {
	if w := in.Workspace(id); w != nil {
		return w, nil
	}
	return nil, errors.New("no workspace " + id)
}

func findProject(in *store.Workspace, key string) (*store.Project, error) {
	if p := in.Project(key); p != nil {
		return p, nil
	}
	return nil, errors.New("no project " + key + " in " + in.Slug)
}

func findRepository(in *store.Workspace, id string) (*store.Repository, error) {
	if r := in.Repository(id); r != nil {
		return r, nil
	}
	return nil, errors.New("no repository " + id + " in " + in.Slug)
}

func findGroup(in *store.Workspace, slug string) (*store.Group, error) {
	if g := in.Group(slug); g != nil {
		return g, nil
	}
	return nil, errors.New("no group " + slug + " in " + in.Slug)
}

// variablesOf finds the variables of a workspace, of a repository in it, or of an environment in
// that.
func variablesOf(w *store.Workspace, inside []string) (*store.Variables, error) {
	if len(inside) == 0 {
		return &w.Variables, nil
	}
	r, err := findRepository(w, inside[0])
	switch {
	case err != nil:
		return nil, err
	case len(inside) == 1:
		return &r.Variables, nil
	case len(inside) > 2:
		return nil, fmt.Errorf("nothing is inside of an environment: %q", inside)
	}
	if e := r.Environment(inside[1]); e != nil {
		return &e.Variables, nil
	}
	return nil, fmt.Errorf("no environment %s in %s", inside[1], r.FullName())
}
