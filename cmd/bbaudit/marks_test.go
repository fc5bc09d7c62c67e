package main

import (
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

// fixture is a workspace with one repository "api" of the project "ONE", read in whole, and a way to grant things in it.
type fixture struct{ snapshot }

func newFixture() *fixture {
	f := &fixture{}
	api := repository{FullName: "acme/api", IsPrivate: true}
	api.Project.Key = "ONE"
	f.repositories = []repository{api}
	f.targets = []*target{{name: "ONE", project: true}, {name: "api"}}
	f.complete.members, f.complete.permissions, f.complete.repositories, f.complete.grants = true, true, true, true
	return f
}

func user(name string) bitbucket.User {
	return bitbucket.User{Type: "user", UUID: bitbucket.UUID(name), DisplayName: name}
}

func (f *fixture) member(name string, role bitbucket.Permission) {
	f.members = append(f.members, bitbucket.WorkspaceMembership{User: user(name), Permission: role})
}

func (f *fixture) effective(name string, p bitbucket.Permission) {
	f.permissions = append(f.permissions, bitbucket.RepositoryPermission{
		User: user(name), Permission: p, Repository: bitbucket.Repository{FullName: "acme/api"}})
}

func (f *fixture) grant(on int, name string, p bitbucket.Permission) {
	f.targets[on].users = append(f.targets[on].users, bitbucket.UserPermission{User: user(name), Permission: p})
}

func (f *fixture) group(on int, slug string, p bitbucket.Permission) {
	f.targets[on].groups = append(f.targets[on].groups, bitbucket.GroupPermission{Group: bitbucket.Group{Slug: slug}, Permission: p})
}

const onProject, onAPI = 0, 1

func TestMarks(t *testing.T) {
	const none, read, write, create, admin = bitbucket.PermissionNone, bitbucket.PermissionRead, bitbucket.PermissionWrite,
		bitbucket.PermissionCreateRepo, bitbucket.PermissionAdmin
	for name, test := range map[string]struct {
		build func(*fixture)
		on    int
		want  []mark
	}{
		"nothing else": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", write)
			f.grant(onAPI, "ada", write)
		}, onAPI, []mark{markOnlySource}},
		"an owner": {func(f *fixture) {
			f.member("ada", "owner")
			f.effective("ada", admin)
			f.grant(onAPI, "ada", write)
		}, onAPI, nil},
		"the project gives as much": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", write)
			f.grant(onAPI, "ada", write)
			f.grant(onProject, "ada", create)
		}, onAPI, nil},
		"the project gives less": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", admin)
			f.grant(onAPI, "ada", admin)
			f.grant(onProject, "ada", create)
		}, onAPI, []mark{markOnlySource}},
		"a group may give as much": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", write)
			f.grant(onAPI, "ada", write)
			f.group(onAPI, "team", write)
		}, onAPI, nil},
		"a group on the project may": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", write)
			f.grant(onAPI, "ada", write)
			f.group(onProject, "team", write)
		}, onAPI, nil},
		"a group that cannot be hers": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", write)
			f.grant(onAPI, "ada", write)
			f.group(onProject, "team", write)
			f.group(onAPI, "team", admin)
		}, onAPI, []mark{markOnlySource}},
		"more than is effective": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", read)
			f.grant(onAPI, "ada", admin)
			f.group(onAPI, "team", read)
		}, onAPI, []mark{markAboveEffective, markOnlySource}},
		"none is effective": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", none)
			f.grant(onAPI, "ada", read)
		}, onAPI, []mark{markAboveEffective, markOnlySource}},
		"no member": {func(f *fixture) {
			f.grant(onAPI, "ada", read)
		}, onAPI, []mark{markNoMember, markAboveEffective, markOnlySource}},
		"on the project": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", write)
			f.grant(onProject, "ada", create)
		}, onProject, nil},
		"more on the project than is effective": {func(f *fixture) {
			f.member("ada", "member")
			f.effective("ada", read)
			f.grant(onProject, "ada", write)
		}, onProject, []mark{markAboveEffective}},
		"members not read in whole": {func(f *fixture) {
			f.complete.members = false
			f.effective("ada", read)
			f.grant(onAPI, "ada", read)
		}, onAPI, []mark{markOnlySource}},
		"permissions not read in whole": {func(f *fixture) {
			f.complete.permissions, f.complete.grants = false, false
			f.member("ada", "member")
			f.grant(onAPI, "ada", read)
		}, onAPI, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			test.build(f)
			on := f.targets[test.on].name
			r := report{Grants: newIndex(&f.snapshot).grants()}
			if g, ok := r.grantTo("ada", on); !ok || !slices.Equal(g.Marks, test.want) {
				t.Errorf("the grant is listed: %v, marks %q, want %q", ok, g.Marks, test.want)
			}
		})
	}
}

func TestGrantWithoutMembershipIsAFinding(t *testing.T) {
	f := newFixture()
	f.grant(onAPI, "ada", bitbucket.PermissionAdmin)
	x := newIndex(&f.snapshot)
	all := x.findings(limits{admins: 5, adminOf: 10}, x.grants())
	want := item{Subject: "ada", ID: "ada", Detail: "granted admin on api"}
	if len(all) != 1 || all[0].Rule != "no-member" || all[0].Level != high || !slices.Equal(all[0].Items, []item{want}) {
		t.Errorf("findings %v, want %v", all, want)
	}
}

func TestPermissionListedTwice(t *testing.T) {
	f := newFixture()
	f.member("ada", "member")
	f.effective("ada", bitbucket.PermissionRead)
	f.effective("ada", bitbucket.PermissionRead) // the list grew while it was read
	if held := newIndex(&f.snapshot).people["ada"].Permissions; len(held) != 1 || len(held[0].Repositories) != 1 {
		t.Errorf("held: %v", held)
	}
}

func TestUnknownPermissionsAreKept(t *testing.T) {
	f := newFixture()
	f.member("ada", "member")
	f.effective("ada", "maintain")
	f.effective("bob", bitbucket.PermissionRead)
	x := newIndex(&f.snapshot)
	if held := x.people["ada"].Permissions; len(held) != 1 || held[0].Permission != "maintain" {
		t.Errorf("held: %v", held)
	}
	got := []bitbucket.Permission{"maintain", bitbucket.PermissionAdmin, bitbucket.PermissionRead, "audit"}
	slices.SortFunc(got, compare)
	if want := []bitbucket.Permission{"audit", "maintain", bitbucket.PermissionRead, bitbucket.PermissionAdmin}; !slices.Equal(got, want) {
		t.Errorf("sorted as %q, want %q", got, want)
	}
}
