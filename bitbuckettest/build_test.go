package bitbuckettest_test

import (
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestRemoveMember(t *testing.T) {
	srv := small()
	srv.GrantRepository("acme", "widgets", "bob", "write")
	srv.RemoveMember("acme", "bob")
	ada := inProcess(t, srv).as(srv.IssueAPIToken("ada"))
	wantList(t, ada.all("/2.0/workspaces/acme/members", "user.nickname"), "ada", "cyn")
	wantList(t, ada.all("/2.0/workspaces/acme/permissions/repositories/widgets", "user.nickname"),
		"ada", "bob")
}

// The builder stops a test whose fixture makes no sense.
func TestBuilderPanics(t *testing.T) {
	for name, build := range map[string]func(*bitbuckettest.Server){
		"no nickname": func(s *bitbuckettest.Server) { s.AddUser(bitbuckettest.User{}) },
		"a user twice": func(s *bitbuckettest.Server) {
			s.AddUser(bitbuckettest.User{Nickname: "ada"})
		},
		"a workspace twice": func(s *bitbuckettest.Server) {
			s.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
		},
		"unknown user": func(s *bitbuckettest.Server) {
			s.AddMember("acme", bitbuckettest.Member{User: "nobody"})
		},
		"unknown role": func(s *bitbuckettest.Server) {
			s.AddMember("acme", bitbuckettest.Member{User: "bob", Role: "king"})
		},
		"unknown workspace": func(s *bitbuckettest.Server) {
			s.AddRepository("nowhere", bitbuckettest.Repository{Slug: "x"})
		},
		"unknown repository": func(s *bitbuckettest.Server) {
			s.GrantRepository("acme", "nothing", "bob", "read")
		},
		"unknown permission": func(s *bitbuckettest.Server) {
			s.GrantRepository("acme", "widgets", "bob", "create-repo")
		},
		"impossible scope": func(s *bitbuckettest.Server) {
			s.IssueRepositoryToken("acme", "widgets", "account")
		},
		"nonsense for a key": func(s *bitbuckettest.Server) {
			s.AddSSHKey("ada", bitbuckettest.SSHKey{Key: "x"})
		},
		"token without email": func(s *bitbuckettest.Server) {
			s.AddUser(bitbuckettest.User{Nickname: "b", Type: "app_user"})
			s.IssueAPIToken("b")
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := small()
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "bitbuckettest: ") {
					t.Errorf("recovered %q", text)
				}
			}()
			build(srv)
		})
	}
}

func TestDeterministic(t *testing.T) {
	first, second := bitbuckettest.New(), bitbuckettest.New()
	second.AddUser(bitbuckettest.User{Nickname: "other"})
	a, b := first.AddUser(bitbuckettest.User{Nickname: "ada"}),
		second.AddUser(bitbuckettest.User{Nickname: "ada"})
	if a.UUID != b.UUID || a.AccountID != b.AccountID || len(a.UUID) != 38 ||
		a.Emails[0].Address != "ada@example.com" {
		t.Errorf("%+v and %+v", a, b)
	}
	if one, other := bitbuckettest.Demo(), bitbuckettest.Demo(); one.Admin() != other.Admin() {
		t.Error("two demos differ")
	}
}
