package bitbuckettest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// An APIToken belongs to a user. It is sent as Basic credentials: the e-mail address and the
// token.
type APIToken struct {
	Email string // the user name beside it
	Token string // the password
}

// IssueAPIToken gives a user a new API token. Scopes are granular or classic ones; none means
// all. It lasts a year.
func (s *Server) IssueAPIToken(user string, scopes ...string) (token APIToken) {
	s.setUp(func() (err error) {
		token, err = s.issueAPIToken(user, scopes)
		return err
	})
	return token
}

func (b *backend) issueAPIToken(user string, scopes []string) (APIToken, error) {
	u, err := b.store.Anybody(user)
	if err != nil {
		return APIToken{}, err
	}
	if len(u.Emails) == 0 {
		return APIToken{}, errors.New(user + " has no e-mail address to sign in with")
	}
	c := b.vault.issue(&credential{
		Actor: store.Actor{User: u}, kind: operations.APIToken,
		scopes: scopes,
	},
		b.store.Secret("ATATT3x", 40))
	return APIToken{Email: u.Primary(), Token: c.secret}, nil
}

// IssueOAuthToken gives a user a new OAuth access token without the way through the authorize
// page. Scopes are classic ones; none means all. It lasts as long as [TokenLife] says.
func (s *Server) IssueOAuthToken(user string, scopes ...string) (token string) {
	s.setUp(func() error {
		u, err := s.store.Anybody(user)
		if err == nil {
			token = s.issueOAuth(&credential{Actor: store.Actor{User: u}, scopes: scopes}).secret
		}
		return err
	})
	return token
}

// IssueRepositoryToken gives a new access token of a repository. No scopes means all that such a
// token can have.
func (s *Server) IssueRepositoryToken(workspace, repository string,
	scopes ...string,
) (token string) {
	s.inRepository(workspace, repository, func(r *store.Repository) (err error) {
		token, err = s.issueAccessToken(operations.RepositoryToken,
			store.Actor{Workspace: r.Workspace, Repository: r}, scopes)
		return err
	})
	return token
}

// IssueProjectToken gives a new access token of a project. No scopes means all that such a token
// can have.
func (s *Server) IssueProjectToken(workspace, project string, scopes ...string) (token string) {
	s.inWorkspace(workspace, func(w *store.Workspace) error {
		p, err := findProject(w, project)
		if err != nil {
			return err
		}
		token, err = s.issueAccessToken(operations.ProjectToken,
			store.Actor{Workspace: w, Project: p}, scopes)
		return err
	})
	return token
}

// IssueWorkspaceToken gives a new access token of a workspace. No scopes means all that such a
// token can have.
func (s *Server) IssueWorkspaceToken(workspace string, scopes ...string) (token string) {
	s.inWorkspace(workspace, func(w *store.Workspace) (err error) {
		token, err = s.issueAccessToken(operations.WorkspaceToken, store.Actor{Workspace: w}, scopes)
		return err
	})
	return token
}

func (b *backend) issueAccessToken(kind operations.Credentials, who store.Actor,
	scopes []string,
) (string, error) {
	possible := possibleScopes(kind)
	for _, scope := range scopes {
		if !slices.Contains(possible, scope) {
			return "", fmt.Errorf("%s cannot have the scope %s", kind, scope)
		}
	}
	if len(scopes) == 0 {
		scopes = possible
	}
	who.User = &store.User{UserData: store.UserData{
		Type: "app_user", Nickname: "access token",
		DisplayName: "access token", UUID: b.store.NextUUID("token"), AccountID: "access-token",
	}}
	c := &credential{Actor: who, kind: kind, scopes: scopes}
	return b.vault.issue(c, b.store.Secret("ATCTT3x", 40)).secret, nil
}

// AddConsumer adds an OAuth consumer and returns it with its ID and secret. With client
// credentials it acts as an app user, which administers the workspace of the consumer and is in
// none of its listings.
func (s *Server) AddConsumer(c Consumer) (added Consumer) {
	s.setUp(func() (err error) {
		added, err = s.addConsumer(c)
		return err
	})
	return added
}

func (b *backend) addConsumer(c Consumer) (Consumer, error) {
	w, err := findWorkspace(b.store, c.Workspace)
	if err != nil {
		return c, err
	}
	c.Name = cmp.Or(c.Name, "consumer")
	if c.ID == "" {
		c.ID = b.store.Secret("", 32)
	}
	if c.Secret == "" {
		c.Secret = b.store.Secret("", 76)
	}
	if b.consumers.byID[c.ID] != nil {
		return c, fmt.Errorf("consumer %s is there already", c.ID)
	}
	app, err := b.store.AddUser(store.UserData{
		Nickname: "app " + c.ID, DisplayName: c.Name,
		Type: "app_user",
	})
	if err != nil {
		return c, err
	}
	w.AddApp(app)
	b.consumers.byID[c.ID] = &consumer{Consumer: c, workspace: w, app: app}
	return c, nil
}
