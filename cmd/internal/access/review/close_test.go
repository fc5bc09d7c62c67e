package review_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/accesstest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
)

// close signs a review off with what an API says later.
func (tr *trip) close(t *testing.T, api access.API, scope access.Scope, at time.Time) (*review.SignOff, error) {
	t.Helper()
	v, err := tr.back()
	if err != nil {
		t.Fatal(err)
	}
	v.Now = at.Add(time.Hour)
	r, text := reportOf(t, snapshot(t, api, scope), at)
	r.Settings.Repositories, r.Settings.Projects = scope.Repositories, scope.Projects
	return v.Close(r, text, "Zed", tool)
}

// refused is an answer of somebody who may not ask.
var refused = &bitbucket.Error{StatusCode: http.StatusForbidden, Method: "GET", URL: "https://x"}

// outcomes are what became of the actions, by who, what and where.
func outcomes(s *review.SignOff) map[string]review.Outcome {
	all := map[string]review.Outcome{}
	for _, a := range s.Actions {
		all[fmt.Sprint(a.Name, ", ", a.Access, ", ", a.Scope)] = a.Outcome
	}
	return all
}

// TestOutcomes changes what is there after a review in which everything was revoked.
func TestOutcomes(t *testing.T) {
	const (
		cidRole   = "Cid, role, workspace acme"
		cidDevs   = "Cid, membership, group devs in acme"
		cidAPI    = "Cid, permission, project ONE in acme, repository api"
		cidSite   = "Cid, permission, project TWO in acme, repository site"
		fayEmpty  = "Fay <script>, grant, project EMPTY in acme, the project itself"
		goneTool  = "Gone, grant, project ONE in acme, repository tool"
		goneSite  = "Gone, permission, project TWO in acme, repository site"
		former    = "Former user, permission, project TWO in acme, repository site"
		admins    = "Admins, privilege, workspace acme"
		devs      = "Devs, grant, project ONE in acme, the project itself"
		writes    = "writes, key, project ONE in acme, repository api"
		invited   = "old@example.com, invitation, project ONE in acme, repository api"
		adaOnAll  = "Ada, permission, project ONE in acme, all 2 repositories: api, tool"
		everybody = "everybody"
	)
	drop := func(source string, who func(access.Item) bool) func(*accesstest.API) {
		return func(a *accesstest.API) { a.Lists[source] = slices.DeleteFunc(a.Lists[source], who) }
	}
	named := func(name string) func(access.Item) bool {
		return func(it access.Item) bool { return it.User != nil && it.User.Name == name }
	}
	on := func(name, slug string) func(access.Item) bool {
		return func(it access.Item) bool { return named(name)(it) && it.Repository.Slug == slug }
	}
	both := func(changes ...func(*accesstest.API)) func(*accesstest.API) {
		return func(a *accesstest.API) {
			for _, change := range changes {
				change(a)
			}
		}
	}
	fails := func(source string) func(*accesstest.API) {
		return func(a *accesstest.API) { a.Fail = map[string]error{source: refused} }
	}
	rename := func(a *accesstest.API) {
		for _, it := range slices.Concat(a.Lists[access.Repositories], a.Lists[access.Permissions]) {
			if it.Repository.Slug == "site" {
				it.Repository.Slug = "pages"
			}
		}
	}
	withUUIDs := func(a *accesstest.API) {
		uuids := map[string]string{}
		for _, it := range a.Lists[access.Repositories] {
			uuids[it.Repository.Slug] = it.Repository.UUID
		}
		for _, it := range a.Lists[access.Permissions] {
			it.Repository.UUID = uuids[it.Repository.Slug]
		}
	}
	toolGone := func(a *accesstest.API) {
		missing := &bitbucket.Error{StatusCode: http.StatusNotFound, Method: "GET", URL: "https://x"}
		a.Lists[access.RepositoryUsers+" tool"] = nil
		a.Lists[access.Repositories+" tool"] = nil // when it is looked for
		a.Fail = map[string]error{access.RepositoryUsers + " tool": missing}
	}
	demote := func(a *accesstest.API) {
		for i, it := range a.Lists[access.Permissions] {
			if named("Cid")(it) {
				a.Lists[access.Permissions][i].Permission = "read"
			}
		}
	}
	for name, test := range map[string]struct {
		change   func(*accesstest.API)
		decision string
		scope    func(*access.Scope)
		want     map[string]review.Outcome
	}{
		"nothing was done": {func(*accesstest.API) {}, "revoke", nil, map[string]review.Outcome{everybody: review.Still}},
		"a member was removed": {
			drop(access.Members, named("Cid")), "revoke", nil,
			map[string]review.Outcome{cidRole: review.Gone, cidAPI: review.Still},
		},
		"members were not read": {
			both(drop(access.Members, named("Cid")), fails(access.Members)), "revoke", nil,
			map[string]review.Outcome{cidRole: review.NotRead, cidSite: review.Still},
		},
		"a permission is gone": {
			drop(access.Permissions, on("Cid", "site")), "revoke", nil,
			map[string]review.Outcome{cidSite: review.Gone, cidAPI: review.Still},
		},
		"a permission is gone, and its grant is not": {
			drop(access.Permissions, on("Cid", "api")), "revoke", nil,
			map[string]review.Outcome{cidAPI: review.Still},
		},
		"a permission and its grant are gone": {
			both(drop(access.Permissions, on("Cid", "api")), drop(access.RepositoryUsers+" api", named("Cid"))),
			"revoke", nil,
			map[string]review.Outcome{cidAPI: review.Gone},
		},
		"a permission is gone, and its grant was not read": {
			both(drop(access.Permissions, on("Cid", "api")), drop(access.RepositoryUsers+" api", named("Cid")),
				fails(access.RepositoryUsers+" api")),
			"revoke", nil,
			map[string]review.Outcome{cidAPI: review.NotRead, cidSite: review.Still, goneTool: review.Still},
		},
		"one of two repositories": {
			drop(access.Permissions, on("Ada", "tool")), "revoke", nil,
			map[string]review.Outcome{adaOnAll: review.Still},
		},
		"permissions are short": {
			both(drop(access.Permissions, on("Cid", "site")), func(a *accesstest.API) { a.Told = map[string]int{access.Permissions: 99} }),
			"revoke", nil,
			map[string]review.Outcome{cidSite: review.NotRead},
		},
		"permissions were refused": {
			both(drop(access.Permissions, on("Cid", "site")), fails(access.Permissions)),
			"revoke", nil,
			map[string]review.Outcome{cidSite: review.NotRead, goneSite: review.NotRead},
		},
		"less is left": {demote, "revoke", nil, map[string]review.Outcome{cidSite: review.Still}},
		"lowered as decided": {
			demote, "change:read", nil,
			map[string]review.Outcome{cidSite: review.Gone, adaOnAll: review.Still, cidAPI: review.Still},
		},
		"lowered to less than decided": {demote, "change:write", nil, map[string]review.Outcome{cidSite: review.Gone}},
		"removed instead of lowered": {
			drop(access.Permissions, on("Cid", "site")), "change:read", nil,
			map[string]review.Outcome{cidSite: review.Gone},
		},
		"grants were not asked for": {
			both(drop(access.ProjectUsers+" EMPTY", named("Fay <script>"))), "revoke",
			func(s *access.Scope) { s.Explicit = false },
			map[string]review.Outcome{
				fayEmpty: review.NotRead, goneTool: review.NotRead, devs: review.NotRead,
				writes: review.NotRead, cidAPI: review.Still,
			},
		},
		"a grant on a project is gone": {
			drop(access.ProjectUsers+" EMPTY", named("Fay <script>")), "revoke", nil,
			map[string]review.Outcome{fayEmpty: review.Gone},
		},
		"a grant of what is not granted any more": {
			func(a *accesstest.API) { a.Lists[access.RepositoryUsers+" tool"][0].Permission = "none" }, "revoke", nil,
			map[string]review.Outcome{goneTool: review.Gone},
		},
		"a group's grant is gone": {
			func(a *accesstest.API) { a.Lists[access.ProjectGroups+" ONE"] = nil }, "revoke", nil,
			map[string]review.Outcome{devs: review.Gone, cidDevs: review.Still},
		},
		"a group has fewer members": {
			func(a *accesstest.API) { a.Lists[access.Groups][1].Group.Members = nil }, "revoke", nil,
			map[string]review.Outcome{cidDevs: review.Gone, admins: review.Still},
		},
		"a group's members were not listed": {func(a *accesstest.API) {
			g := a.Lists[access.Groups][1].Group
			g.Members, g.Listed = nil, false
		}, "revoke", nil, map[string]review.Outcome{cidDevs: review.NotRead}},
		"a group is gone": {
			func(a *accesstest.API) { a.Lists[access.Groups] = a.Lists[access.Groups][:1] }, "revoke", nil,
			map[string]review.Outcome{cidDevs: review.NotRead, admins: review.Still},
		}, // a grant names it still
		"a group and its grant are gone": {
			both(func(a *accesstest.API) { a.Lists[access.Groups] = a.Lists[access.Groups][:1] },
				func(a *accesstest.API) { a.Lists[access.ProjectGroups+" ONE"] = nil }), "revoke", nil,
			map[string]review.Outcome{cidDevs: review.Gone, devs: review.Gone, admins: review.Still},
		},
		"groups have other slugs": {func(a *accesstest.API) {
			for i, slug := range []string{"owners", "crew"} {
				a.Lists[access.Groups][i].Group.Slug = slug
			}
			a.Lists[access.ProjectGroups+" ONE"][0].Group.Slug = "crew"
		}, "revoke", nil, map[string]review.Outcome{cidDevs: review.NotRead, devs: review.NotRead, admins: review.NotRead}},
		"groups were refused": {
			both(func(a *accesstest.API) { a.Lists[access.Groups] = nil }, fails(access.Groups)), "revoke", nil,
			map[string]review.Outcome{cidDevs: review.NotRead, admins: review.NotRead},
		},
		"a privilege is gone": {
			func(a *accesstest.API) { a.Lists[access.Groups][0].Group.Privilege = new("") }, "revoke", nil,
			map[string]review.Outcome{admins: review.Gone},
		},
		"a privilege was not told": {
			func(a *accesstest.API) { a.Lists[access.Groups][0].Group.Privilege = nil }, "revoke", nil,
			map[string]review.Outcome{admins: review.NotRead},
		},
		"a key is gone": {
			func(a *accesstest.API) {
				a.Lists[access.RepositoryKeys+" api"] = a.Lists[access.RepositoryKeys+" api"][:1]
			},
			"revoke", nil,
			map[string]review.Outcome{writes: review.Gone},
		},
		"an invitation is gone": {
			func(a *accesstest.API) { a.Lists[access.Invitations] = a.Lists[access.Invitations][1:] }, "revoke", nil,
			map[string]review.Outcome{invited: review.Gone},
		},
		"an invitation is gone, and somebody came": {
			both(func(a *accesstest.API) { a.Lists[access.Invitations] = a.Lists[access.Invitations][1:] },
				func(a *accesstest.API) {
					a.Lists[access.Members] = append(a.Lists[access.Members], accesstest.Member(accesstest.Person(40, "New"), "member", 1))
				}), "revoke", nil, map[string]review.Outcome{invited: review.NotRead},
		},
		"an invitation is gone, and members were not read": {
			both(func(a *accesstest.API) { a.Lists[access.Invitations] = a.Lists[access.Invitations][1:] },
				fails(access.Members)), "revoke", nil, map[string]review.Outcome{invited: review.NotRead},
		},
		"an invitation is gone, and a former user came": {
			both(func(a *accesstest.API) { a.Lists[access.Invitations] = a.Lists[access.Invitations][1:] },
				func(a *accesstest.API) {
					a.Lists[access.Permissions] = append(a.Lists[access.Permissions],
						accesstest.Holds(&access.Account{Name: "Former user"}, "read", "tool"))
				}), "revoke", nil, map[string]review.Outcome{invited: review.NotRead},
		},
		"a former user is gone": {
			drop(access.Permissions, on("Former user", "site")), "revoke", nil,
			map[string]review.Outcome{former: review.Gone},
		},
		"somebody became a former user": {func(a *accesstest.API) {
			for i, it := range a.Lists[access.Permissions] {
				if on("Gone", "site")(it) {
					a.Lists[access.Permissions][i].User = &access.Account{Name: "Former user", Type: "user"}
				}
			}
		}, "revoke", nil, map[string]review.Outcome{goneSite: review.NotRead, former: review.Still}},
		"somebody is known by another ID": {func(a *accesstest.API) {
			for i, it := range a.Lists[access.Permissions] {
				if on("Gone", "site")(it) {
					a.Lists[access.Permissions][i].User = &access.Account{AccountID: "557058:x", Name: "Gone"}
				}
			}
		}, "revoke", nil, map[string]review.Outcome{goneSite: review.NotRead, cidSite: review.Still}},
		"a repository has another name": {
			both(withUUIDs, rename), "revoke", nil,
			map[string]review.Outcome{cidSite: review.Still, goneSite: review.Still},
		},
		"a repository has another name, and another one has its": {both(withUUIDs, rename, func(a *accesstest.API) {
			a.Lists[access.Repositories] = append(a.Lists[access.Repositories], access.Item{
				Repository: &access.RepositoryFacts{Slug: "site", UUID: accesstest.UUID(150), Project: "TWO"},
			})
		}), "revoke", nil, map[string]review.Outcome{cidSite: review.Still, goneSite: review.Still}},
		"only another repository of the name was read": {
			both(withUUIDs, drop(access.Permissions, on("Cid", "site")), func(a *accesstest.API) {
				for _, it := range a.Lists[access.Permissions] {
					if it.Repository.Slug == "site" {
						it.Repository.UUID = accesstest.UUID(150)
					}
				}
			}, fails(access.Repositories)), "revoke", nil,
			map[string]review.Outcome{cidSite: review.NotRead, goneSite: review.Still},
		},
		"a repository is gone": {
			both(withUUIDs, func(a *accesstest.API) {
				site := func(it access.Item) bool { return it.Repository.Slug == "site" }
				drop(access.Repositories, site)(a)
				drop(access.Permissions, site)(a)
			}), "revoke", nil, map[string]review.Outcome{cidSite: review.Gone, goneSite: review.Gone, cidAPI: review.Still},
		},
		"a repository went away while it was read": {
			toolGone, "revoke", nil,
			map[string]review.Outcome{goneTool: review.Gone, adaOnAll: review.Still},
		},
		"a repository went away, and permissions were refused": {
			func(a *accesstest.API) { toolGone(a); a.Fail[access.Permissions] = refused }, "revoke", nil,
			map[string]review.Outcome{goneTool: review.NotRead, adaOnAll: review.NotRead},
		},
		"a repository is gone, and another has no UUID": {
			func(a *accesstest.API) {
				site := func(it access.Item) bool { return it.Repository.Slug == "site" }
				drop(access.Repositories, site)(a)
				drop(access.Permissions, site)(a)
				a.Lists[access.Repositories][0].Repository.UUID = ""
			}, "revoke", nil, map[string]review.Outcome{cidSite: review.NotRead},
		},
		"only one repository was read": {
			func(a *accesstest.API) {
				a.Lists[access.RepoPermissions+" site"] = []access.Item{}
				a.Lists[access.Repositories] = a.Lists[access.Repositories][1:2]
			}, "revoke",
			func(s *access.Scope) { s.Repositories = []string{"site"} },
			map[string]review.Outcome{
				cidSite: review.Gone, cidAPI: review.NotRead, fayEmpty: review.NotRead,
				devs: review.NotRead, adaOnAll: review.NotRead, goneTool: review.NotRead,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := sample(t, review.ByManager)
			tr.decide(func(row []string) (string, string, string) {
				if strings.HasPrefix(test.decision, "change") && row[5] != "admin" ||
					strings.Contains(row[6], "of the group") || strings.Contains(row[6], "role in") {
					return map[bool]string{true: "revoke", false: "keep"}[test.decision == "revoke"], "Zed", "known"
				}
				return test.decision, "Zed", "known"
			})
			api, scope := accesstest.Sample(), accesstest.Scope()
			test.change(api)
			if test.scope != nil {
				test.scope(&scope)
			}
			s, err := tr.close(t, api, scope, later)
			if err != nil {
				t.Fatal(err)
			}
			got := outcomes(s)
			for who, want := range test.want {
				if who == everybody {
					for who, outcome := range got {
						if outcome != want {
							t.Errorf("%s: %s, want %s", who, outcome, want)
						}
					}
				} else if got[who] != want {
					t.Errorf("%s: %q, want %q", who, got[who], want)
				}
			}
			if want := s.Outcomes.Gone == len(s.Actions); s.Closed != want {
				t.Errorf("closed %v with %+v", s.Closed, s.Outcomes)
			}
			for _, a := range s.Actions {
				if a.Outcome != review.Gone && len(a.Why) == 0 {
					t.Errorf("nothing says why %s is %s", a.Name, a.Outcome)
				}
			}
		})
	}
}

// TestPlaceWithoutUUID is not gone when nothing has its name: it may have another.
func TestPlaceWithoutUUID(t *testing.T) {
	api, scope := accesstest.Sample(), accesstest.Scope()
	api.Lists[access.Repositories][1].Repository.UUID = ""
	tr := export(t, snapshot(t, api, scope), review.ByProject)
	tr.decide(all("revoke"))
	api = accesstest.Sample()
	site := func(it access.Item) bool { return it.Repository.Slug == "site" }
	api.Lists[access.Repositories] = slices.DeleteFunc(api.Lists[access.Repositories], site)
	api.Lists[access.Permissions] = slices.DeleteFunc(api.Lists[access.Permissions], site)
	s, err := tr.close(t, api, scope, later)
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes(s)["Cid, permission, project TWO in acme, repository site"]; got != review.NotRead {
		t.Errorf("%s, want %s", got, review.NotRead)
	}
}
