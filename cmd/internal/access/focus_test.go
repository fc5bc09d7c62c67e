package access_test

import (
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
)

// TestNarrowReadsOnlyWhatItWasAskedAbout: it knows other places, and nothing was read there.
func TestNarrowReadsOnlyWhatItWasAskedAbout(t *testing.T) {
	for name, test := range map[string]struct {
		projects, repositories []string
		read                   string
	}{
		"a project":      {[]string{"TWO"}, nil, "project TWO, repository site"},
		"a repository":   {nil, []string{"api"}, "project ONE, repository api"},
		"one of each":    {[]string{"TWO"}, []string{"api"}, "project ONE, project TWO, repository api, repository site"},
		"all there are":  {nil, nil, "project EMPTY, project ONE, project TWO, repository api, repository site, repository tool"},
		"none that is":   {nil, []string{"missing"}, ""},
		"the empty one":  {[]string{"EMPTY"}, nil, "project EMPTY"},
		"two of several": {nil, []string{"tool", "api"}, "project ONE, repository api, repository tool"},
	} {
		scope := accesstest.Scope()
		scope.Projects, scope.Repositories = test.projects, test.repositories
		s, err := accesstest.Read(t.Context(), accesstest.Sample(), scope)
		if err != nil {
			t.Fatal(err)
		}
		w := &s.Workspaces[0]
		var read []string
		for _, p := range w.Projects {
			if w.ReadAt(access.ProjectUsers, p.Key) {
				read = append(read, "project "+p.Key)
			}
		}
		for _, r := range w.Repositories {
			if r.Slug != "missing" && w.ReadAt(access.RepositoryUsers, r.Slug) {
				read = append(read, "repository "+r.Slug)
			}
		}
		if got := strings.Join(read, ", "); got != test.read {
			t.Errorf("%s: read at %s, want %s", name, got, test.read)
		}
		if !w.ReadAt(access.Members, "api") {
			t.Errorf("%s: a list of the workspace was not read", name)
		}
	}
}
