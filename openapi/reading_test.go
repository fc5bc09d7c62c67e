package openapi

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bbql"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestReadingAccounts(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		c := b.person(t)
		me, err := c.Users.Current(t.Context())
		if err != nil || me.UUID != bitbucket.UUID(b.self) || me.Has2FAEnabled == nil ||
			!*me.Has2FAEnabled || me.Location != "Utrecht" || me.CreatedOn.IsZero() {
			t.Errorf("got the user %+v and error %v", me, err)
		}
		if cut, err := c.Users.Current(t.Context(), bitbucket.Fields("uuid")); err != nil ||
			cut.UUID != me.UUID || cut.DisplayName != "" {
			t.Errorf("got the trimmed user %+v and error %v", cut, err)
		}
		if cut, err := c.Users.Current(t.Context(),
			bitbucket.Fields("-links", "-display_name")); err != nil || !cut.Links.IsZero() ||
			cut.Nickname != "ann" {
			t.Errorf("got the user %+v without links and error %v", cut, err)
		}
		if ben, err := b.client(t).Users.Get(t.Context(), b.other); err != nil ||
			!ben.CreatedOn.IsZero() || ben.Location != "" {
			t.Errorf("got the private user %+v and error %v", ben, err)
		}
		if cleo, err := c.Users.Get(t.Context(), "5bce04000000000000000000"); err != nil ||
			cleo.Nickname != "cleo" {
			t.Errorf("got the user %+v and error %v", cleo, err)
		}
		emails, err := c.Users.ListEmails(t.Context(),
			bitbucket.Fields("values.email", "values.is_confirmed")).Collect()
		if err != nil || len(emails) != 2 || emails[1].Email != "ann+new@example.com" ||
			emails[1].IsConfirmed {
			t.Errorf("got the addresses %+v and error %v", emails, err)
		}
	})
}

func TestAppUserOfAConsumer(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		consumer := b.AddConsumer(bitbuckettest.Consumer{Name: "robot", Workspace: "acme"})
		c := b.client(t, bitbucket.WithClientCredentials(consumer.ID, consumer.Secret))
		me, err := c.Users.Current(t.Context())
		if err != nil || me.Type != "app_user" {
			t.Errorf("got %+v and error %v, want an app user", me, err)
		}
		role, err := c.Workspaces.Membership(t.Context(), "acme")
		if err != nil || role.Permission != bitbucket.PermissionOwner {
			t.Errorf("got the role %+v and error %v", role, err)
		}
	})
}

func TestReadingWorkspaces(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		c := b.person(t)
		slugs := func(opts ...bitbucket.CallOption) []string {
			var found []string
			for w, err := range c.Workspaces.List(t.Context(), opts...).All() {
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, w.Workspace.Slug)
			}
			return found
		}
		for _, test := range []struct {
			got, want []string
		}{
			{slugs(bitbucket.Sort("slug")), []string{"Hub", "acme", "ann"}},
			{slugs(bitbucket.Sort("-slug")), []string{"ann", "acme", "Hub"}},
			{slugs(bitbucket.Param("administrator", "false")), []string{"Hub"}},
			{slugs(bitbucket.Query(bbql.Eq("workspace.slug", "acme").String())), []string{"acme"}},
			{
				slugs(bitbucket.Query(bbql.NotIn("slug", "acme", "Hub").String()), bitbucket.PageLen(1)),
				[]string{"ann"},
			},
		} {
			if !slices.Equal(test.got, test.want) {
				t.Errorf("got the workspaces %q, want %q", test.got, test.want)
			}
		}
		personal, err := c.Workspaces.Get(t.Context(), b.self)
		if err != nil || personal.Slug != "ann" || !personal.IsPersonal {
			t.Errorf("got the workspace %+v and error %v", personal, err)
		}
		hub, err := c.Workspaces.ListMembers(t.Context(), "Hub").First()
		if err != nil || !hub.AddedOn.IsZero() || hub.Permission != "" {
			t.Errorf("got the member %+v and error %v", hub, err)
		}
		ann, err := c.Workspaces.GetMember(t.Context(), "acme", b.self)
		if joined := time.Date(2021, 4, 2, 14, 20, 48, 179e6, time.UTC); err != nil ||
			!ann.AddedOn.Equal(joined) {
			t.Errorf("got the member %+v and error %v", ann, err)
		}
	})
}

func TestFindingMembersByAddress(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		members, err := b.person(t).Workspaces.ListMembers(t.Context(), "acme",
			bitbucket.Query(bbql.In("user.email", "ben@example.com", "nobody@example.com").String()),
			bitbucket.Fields("+values.user.email")).Collect()
		if err != nil || len(members) != 1 || members[0].User.Email != "ben@example.com" ||
			members[0].User.UUID != bitbucket.UUID(b.other) {
			t.Errorf("got the members %+v and error %v", members, err)
		}
		many := slices.Repeat([]string{"x@example.com"}, 91)
		_, err = b.person(t).Workspaces.ListMembers(t.Context(), "acme",
			bitbucket.Query(bbql.In("user.email", many...).String())).Collect()
		wantStatus(t, err, bitbucket.ErrBadRequest, http.StatusBadRequest)
		ben := b.IssueAPIToken("ben")
		_, err = b.client(t, bitbucket.WithAPIToken(ben.Email, ben.Token)).
			Workspaces.ListMembers(t.Context(), "acme",
			bitbucket.Query(bbql.In("user.email", "ann@example.com").String())).Collect()
		wantStatus(t, err, bitbucket.ErrForbidden, http.StatusForbidden)
	})
}

func TestFilteringAndSortingPermissions(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		c := b.person(t).Permissions
		names := func(l *bitbucket.List[bitbucket.RepositoryPermission]) []string {
			var found []string
			for p, err := range l.All() {
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, p.User.Nickname+" "+string(p.Permission)+" "+p.Repository.Name)
			}
			return found
		}
		query := func(e bbql.Expr) bitbucket.CallOption { return bitbucket.Query(e.String()) }
		for _, test := range []struct {
			got, want []string
		}{
			{
				names(c.ListMine(t.Context(), "acme", query(bbql.In("repository.name", "site-03", "site-02")),
					bitbucket.Sort("-repository.name"))),
				[]string{"ann admin site-03", "ann admin site-02"},
			},
			{
				names(c.ListMine(t.Context(), "acme", query(
					bbql.Contains("repository.full_name", "ACME/SITE-1")), bitbucket.PageLen(1))),
				[]string{"ann admin site-10", "ann admin site-11"},
			},
			{
				names(c.ListRepositoryUsers(t.Context(), "acme", "site-01",
					query(bbql.And(bbql.Gt("permission", "read"),
						bbql.NotEq("permission", bitbucket.PermissionAdmin))), bitbucket.Sort("user.nickname"))),
				[]string{"ben write site-01", "cleo write site-01"},
			},
		} {
			if !slices.Equal(test.got, test.want) {
				t.Errorf("got the permissions %q, want %q", test.got, test.want)
			}
		}
		owners, err := c.ListWorkspaceMembers(t.Context(), "acme",
			query(bbql.Eq("permission", bitbucket.PermissionOwner))).Collect()
		if err != nil || len(owners) != 1 || owners[0].User.Nickname != "ann" {
			t.Errorf("got the owners %+v and error %v", owners, err)
		}
		ben := names(c.ListWorkspaceRepositories(t.Context(), "acme",
			query(bbql.Eq("user.display_name", `Ben "the \ man"`)), bitbucket.Sort("repository.name")))
		if len(ben) != 12 || ben[1] != "ben write site-01" {
			t.Errorf("got the permissions %q of ben, want 12", ben)
		}
		most := names(c.ListWorkspaceRepositories(t.Context(), "acme",
			query(bbql.Eq("repository.name", "site-01")), bitbucket.Sort("-permission")))
		if len(most) != 3 || most[0] != "ann admin site-01" {
			t.Errorf("got the permissions %q, want those of ann first", most)
		}
	})
}

func TestFieldsThatComeOnlyOnDemand(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		b := s.open(t)
		c := b.person(t)
		plain, err := c.GPGKeys.Get(t.Context(), b.self, b.gpgKey)
		if err != nil || plain.Key != "" || plain.Subkeys != nil || plain.Name != "mail" {
			t.Errorf("got the key %+v and error %v", plain, err)
		}
		full, err := c.GPGKeys.Get(t.Context(), b.self, b.gpgKey, bitbucket.Fields("+key", "+subkeys"))
		if err != nil || full.Key == "" || len(full.Subkeys) != 1 ||
			full.Subkeys[0].ParentFingerprint != full.Fingerprint {
			t.Errorf("got the key %+v and error %v", full, err)
		}
		listed, err := c.GPGKeys.List(t.Context(), b.self, bitbucket.Fields("+values.key"),
			bitbucket.PageLen(1)).Collect()
		if err != nil || len(listed) != 2 || listed[0].Key != full.Key || listed[0].Subkeys != nil {
			t.Errorf("got the keys %+v and error %v", listed, err)
		}
		for result, err := range c.Search.Code(t.Context(), b.self, "needle",
			bitbucket.Fields("+values.file.commit.repository"), bitbucket.PageLen(1)).All() {
			if err != nil || result.File.Commit.Repository.FullName != "acme/site-01" {
				t.Errorf("got the result %+v and error %v", result, err)
			}
		}
	})
}
