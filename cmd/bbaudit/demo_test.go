package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// decode reads a report in its JSON form.
func decode(t *testing.T, text string) *report {
	t.Helper()
	var r report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("the report is no JSON: %v\n%s", err, text)
	}
	return &r
}

// find returns the finding of a rule, or an empty one.
func (r *report) find(rule string) finding {
	i := slices.IndexFunc(r.Findings, func(f finding) bool { return f.Rule == rule })
	if i < 0 {
		return finding{}
	}
	return r.Findings[i]
}

// subjects lists whom or what a finding is about.
func (f finding) subjects() []string {
	var all []string
	for _, it := range f.Items {
		all = append(all, it.Subject)
	}
	return all
}

// expectation is what the demo has in it, by the client's own lists.
type expectation struct{ calls, explicitCalls, members, permissions, repositories int }

// expect counts the items of every list that the audit reads, and the pages of 100 that they make. A list with nothing in
// it takes a call as well.
func expect(t *testing.T) expectation {
	t.Helper()
	server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	admin := server.Admin()
	client, err := bitbucket.NewClient(bitbucket.WithAPIToken(admin.Email, admin.APIToken),
		bitbucket.WithTransport(server), bitbucket.WithThrottle(throttle.Unlimited))
	if err != nil {
		t.Fatal(err)
	}
	ctx, ws := t.Context(), admin.Workspace
	var e expectation
	e.members = count(t, client.Permissions.ListWorkspaceMembers(ctx, ws))
	e.permissions = count(t, client.Permissions.ListWorkspaceRepositories(ctx, ws))
	c := collector{connection: &connection{client: client, workspace: ws}}
	repositories, err := c.listRepositories(ctx).Collect()
	if err != nil {
		t.Fatal(err)
	}
	e.repositories = len(repositories)
	e.calls = pages(e.members) + pages(e.permissions)
	e.explicitCalls = e.calls + pages(e.repositories)

	targets := map[*bitbucket.PermissionConfig]bool{}
	projects := map[string]bool{}
	for _, r := range repositories {
		targets[client.Permissions.OnRepository(ws, slugOf(r.FullName))] = true
		if !projects[r.Project.Key] {
			projects[r.Project.Key] = true
			targets[client.Permissions.OnProject(ws, r.Project.Key)] = true
		}
	}
	for target := range targets {
		e.explicitCalls += pages(count(t, target.ListUsers(ctx))) + pages(count(t, target.ListGroups(ctx)))
	}
	return e
}

func count[T any](t *testing.T, list *bitbucket.List[T]) int {
	t.Helper()
	all, err := list.Collect()
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func pages(items int) int { return max(1, (items+99)/100) }

func TestDemo(t *testing.T) {
	p, server := demo(t)
	synctest.Test(t, func(t *testing.T) {
		want := expect(t)
		got := p.call(t.Context(), "-format", "json")
		if got.code != exitOK {
			t.Fatalf("exit code %d: %s", got.code, got.stderr)
		}
		if calls := server().Calls(); calls != want.calls {
			t.Errorf("%d calls, want %d", calls, want.calls)
		}
		r := decode(t, got.stdout)
		if r.Calls != want.calls || r.Partial || r.Workspace != "acme" || r.Source != "demo" {
			t.Errorf("the report says: %d calls, partial %v, workspace %s of %s", r.Calls, r.Partial, r.Workspace, r.Source)
		}
		members, permissions := 0, 0
		for _, who := range r.People {
			if who.Role != "" {
				members++
			}
			for _, h := range who.Permissions {
				permissions += len(h.Repositories)
			}
		}
		if members != want.members || permissions != want.permissions || len(r.Repositories) != want.repositories {
			t.Errorf("%d members, %d permissions, %d repositories, want %d, %d, %d", members, permissions, len(r.Repositories),
				want.members, want.permissions, want.repositories)
		}
		for rule, subjects := range map[string][]string{
			"no-member": {"Gale Storm"},
			"owners":    {"Amber Fox", "Birch Fox"},
			"apps":      {"Release Robot"},
			"public":    nil, // not known without -explicit
		} {
			if got := r.find(rule).subjects(); !slices.Equal(got, subjects) {
				t.Errorf("%s: %q, want %q", rule, got, subjects)
			}
		}
		if crowded := r.find("many-admins").Items; len(crowded) == 0 || crowded[0].Subject != "web-shop" ||
			!strings.HasPrefix(crowded[0].Detail, "8 admins: ") {
			t.Errorf("many-admins: %v, want web-shop with 8 first", crowded)
		}
		for _, text := range []string{"no credentials in the environment", "shortened to 5s", "at least 2 calls", "no waiting for the throttle"} {
			if !strings.Contains(got.stderr, text) {
				t.Errorf("stderr lacks %q:\n%s", text, got.stderr)
			}
		}
	})
}

func TestDemoExplicit(t *testing.T) {
	p, server := demo(t)
	synctest.Test(t, func(t *testing.T) {
		want := expect(t)
		got := p.call(t.Context(), "-explicit", "-format", "json")
		if got.code != exitOK {
			t.Fatalf("exit code %d: %s", got.code, got.stderr)
		}
		if calls := server().Calls(); calls != want.explicitCalls {
			t.Errorf("%d calls, want %d", calls, want.explicitCalls)
		}
		for _, request := range server().Requests() {
			if request.Status != 200 {
				t.Errorf("%s %s answered %d", request.Method, request.Path, request.Status)
			}
		}
		r := decode(t, got.stdout)
		if owned := r.find("only-source"); !slices.Contains(owned.Items, item{
			Subject: "Fern Fox", ID: r.person("Fern Fox").UUID, Detail: "admin on ops-deploy, pay-ledger, plat-config"}) {
			t.Errorf("only-source lacks fern-fox: %v", owned.Items)
		}
		if public := r.find("public").subjects(); !slices.Equal(public, []string{"web-docs"}) {
			t.Errorf("public: %q", public)
		}
		for _, test := range []struct {
			to, on string
			marks  []mark
		}{
			{"Gale Storm", "pay-ledger", []mark{markNoMember, markOnlySource}},
			{"Fern Fox", "ops-deploy", []mark{markOnlySource}}, // a group is admin there too, but she cannot be in it
			{"Juniper Fox", "plat-api", nil},                   // her groups give more
			{"Birch Heron", "PAY", nil},
		} {
			if got, ok := r.grantTo(test.to, test.on); !ok || !slices.Equal(got.Marks, test.marks) {
				t.Errorf("grant to %s on %s: %v, marks %q, want %q", test.to, test.on, ok, got.Marks, test.marks)
			}
		}
		if strings.Count(got.stderr, "next free slot at") != 2 {
			t.Errorf("stderr should tell of two waits:\n%s", got.stderr)
		}
	})
}

func TestDemoWithoutSizes(t *testing.T) {
	for name, option := range map[string]bitbuckettest.Option{
		"no size":        bitbuckettest.Omit("size", "page", "previous"),
		"no pagelen":     bitbuckettest.Omit("pagelen"),
		"opaque cursors": bitbuckettest.OpaqueCursors(),
	} {
		t.Run(name, func(t *testing.T) {
			p, server := demo(t, option)
			synctest.Test(t, func(t *testing.T) {
				want := expect(t)
				got := p.call(t.Context(), "-explicit", "-format", "json")
				r := decode(t, got.stdout)
				if got.code != exitOK || r.Partial || server().Calls() != want.explicitCalls {
					t.Errorf("exit code %d, partial %v, %d calls, want %d: %s", got.code, r.Partial, server().Calls(),
						want.explicitCalls, got.stderr)
				}
			})
		})
	}
}

func (r *report) person(name string) *person {
	i := slices.IndexFunc(r.People, func(p *person) bool { return p.Name == name })
	if i < 0 {
		return &person{}
	}
	return r.People[i]
}

func (r *report) grantTo(to, on string) (grant, bool) {
	i := slices.IndexFunc(r.Grants, func(g grant) bool { return g.To == to && g.On == on })
	if i < 0 {
		return grant{}, false
	}
	return r.Grants[i], true
}
