package review_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
)

// inModel lists all access of a model, a line each.
func inModel(w *access.Workspace) []string {
	var all []string
	say := func(kind, who, on, place string, permission any) {
		all = append(all, fmt.Sprintf("%s|%s|%s|%s|%s", kind, who, on, place, permission))
	}
	for _, p := range w.People {
		if p.Role != "" {
			say("role", p.ID, "workspace", "", p.Role)
		}
		for _, h := range p.Permissions {
			for _, slug := range h.Repositories {
				say("permission", p.ID, "repository", slug, h.Permission)
			}
		}
	}
	for _, g := range w.Groups {
		if g.Privilege != nil && *g.Privilege != "" {
			say("privilege", g.Slug, "workspace", "", *g.Privilege)
		}
		for _, id := range g.Members {
			say("membership", id, "group", g.Slug, "member")
		}
	}
	place := func(kind, name string, grants []access.Grant, keys []access.DeployKey) {
		for _, g := range grants {
			say("grant", g.User+g.Group, kind, name, g.Permission)
		}
		for _, k := range keys {
			permission := "not told"
			if k.Writes != nil {
				permission = map[bool]string{true: "write", false: "read"}[*k.Writes]
			}
			say("key", k.ID, kind, name, permission)
		}
	}
	for _, p := range w.Projects {
		place("project", p.Key, p.Grants, p.Keys)
	}
	for _, r := range w.Repositories {
		place("repository", r.Slug, r.Grants, r.Keys)
	}
	for _, v := range w.Invitations {
		kind := "workspace"
		if v.Repository != "" {
			kind = "repository"
		}
		say("invitation", v.Email, kind, v.Repository, v.Permission)
	}
	slices.Sort(all)
	return all
}

// inRows lists all access that rows stand for.
func inRows(w *review.Workspace) []string {
	var all []string
	for i := range w.Rows {
		for one := range w.Unfold(&w.Rows[i]) {
			all = append(all,
				fmt.Sprintf("%s|%s|%s|%s|%s", one.Kind, one.Subject.ID, one.On, one.Place, one.Permission))
		}
	}
	slices.Sort(all)
	return all
}

// TestFoldLosesNothing holds that every access of a model is in one row of one file.
func TestFoldLosesNothing(t *testing.T) {
	splits := []review.Split{review.ByManager, review.ByTeam, review.ByProject, review.Unsplit}
	n := 0
	models(t, 200, func(t *testing.T, w access.Workspace) {
		split := splits[n%len(splits)]
		n++
		if !slices.ContainsFunc(w.People, func(p access.Person) bool { return p.Email != "" }) {
			split = review.ByProject
		}
		tr := export(t, access.Snapshot{Workspaces: []access.Workspace{w}}, split)
		if got, want := inRows(&tr.manifest.Workspaces[0]), inModel(&w); !slices.Equal(got, want) {
			t.Fatalf("rows stand for\n%s\nand the model has\n%s", got, want)
		}
		files := map[string]string{}
		for name, data := range tr.files {
			for _, row := range records(data)[1:] {
				if files[row[0]] != "" {
					t.Errorf("%s is in %s and in %s", row[0], files[row[0]], name)
				}
				files[row[0]] = name
			}
		}
		for _, r := range tr.manifest.Workspaces[0].Rows {
			if files[r.ID] != r.File {
				t.Errorf("%s is in %q and should be in %q", r.ID, files[r.ID], r.File)
			}
			delete(files, r.ID)
		}
		if len(files) > 0 {
			t.Errorf("the CSVs have rows besides: %v", files)
		}
	})
}

// TestFoldFoldsWhatIsEqual holds that no two rows could be one.
func TestFoldFoldsWhatIsEqual(t *testing.T) {
	folded := 0
	models(t, 200, func(t *testing.T, w access.Workspace) {
		tr := export(t, access.Snapshot{Workspaces: []access.Workspace{w}}, review.Unsplit)
		met := map[string]bool{}
		for _, r := range tr.manifest.Workspaces[0].Rows {
			if len(r.Places) == 0 || r.Kind != review.Effective && r.Kind != review.Grant {
				continue
			}
			key := fmt.Sprint(r.Kind, r.Subject, r.Project, r.Permission, r.Ways)
			if met[key] {
				t.Errorf("two rows are %s", key)
			}
			met[key] = true
			folded += len(r.Places) - 1
		}
	})
	if folded < 200 {
		t.Errorf("only %d rows were spared", folded)
	}
}

// TestRowsOfTheSample are what a reviewer is asked.
func TestRowsOfTheSample(t *testing.T) {
	tr := sample(t, review.ByManager)
	for _, name := range []string{"review-ada.csv", "review-bob.csv", "unassigned.csv"} {
		golden(t, name, tr.files[name])
		delete(tr.files, name)
	}
	if len(tr.files) > 0 {
		t.Errorf("there are further files: %v", tr.files)
	}
	golden(t, "manifest.json", tr.text)
}
