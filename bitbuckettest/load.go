package bitbuckettest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// Load makes a server out of a JSON file, so that a report of a bug or a policy can be tried on
// one's own data. The file is one object:
//
//	{
//	  "users": [
//	    {"nickname": "ada", "emails": [{"address": "ada@example.com"}], "has_2fa_enabled": true,
//	     "variables": [{"key": "EDITOR", "value": "ed"}],
//	     "ssh_keys": [{"label": "laptop"}], "gpg_keys": [{"name": "signing"}],
//	     "properties": [{"app": "my-app", "name": "theme", "value": {"dark": true}}]}
//	  ],
//	  "workspaces": [
//	    {"slug": "acme", "members": [{"user": "ada", "role": "owner"}],
//	     "groups": [{"slug": "developers", "members": ["ada"]}],
//	     "projects": [{"key": "WEB", "deploy_keys": [{"label": "robot"}]}],
//	     "repositories": [
//	       {"slug": "site", "project": "WEB", "files": [{"path": "README", "content": "Hello"}],
//	        "variables": [], "deploy_keys": [], "branch_restrictions": [{"kind": "push"}],
//	        "environments": [{"name": "Production",
//	                          "variables": [{"key": "TOKEN", "secured": true}]}]}],
//	     "grants": [{"repository": "site", "group": "developers", "permission": "write"},
//	                {"project": "WEB", "user": "ada", "permission": "admin"}],
//	     "variables": [], "invitations": [{"email": "bob@example.com", "groups": ["developers"]}]}
//	  ],
//	  "consumers": [{"name": "CI", "workspace": "acme", "id": "ci", "secret": "hush"}],
//	  "admin": {"user": "ada", "workspace": "acme", "repository": "site", "consumer": "ci"}
//	}
//
// Nothing but what names a thing has to be there; the members of each object are those of the
// type here, such as [User] or [Repository], in lower case with underscores, and users are named
// as the methods of [Server] take them. "admin" says whose credentials [Server.Admin] gives. What
// is unknown or makes no sense is an error that says where.
func Load(r io.Reader, opts ...Option) (*Server, error) {
	var f file
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("bitbuckettest: the file: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("bitbuckettest: the file has something after its end")
	}
	l := loader{Server: New(opts...)}
	if err := l.load(f); err != nil {
		return nil, fmt.Errorf("%w (%s)", err, l.at)
	}
	return l.Server, nil
}

// file is what [Load] reads.
type file struct {
	Users      []fileUser      `json:"users"`
	Workspaces []fileWorkspace `json:"workspaces,omitzero"`
	Consumers  []Consumer      `json:"consumers,omitzero"`
	Admin      fileAdmin       `json:"admin,omitzero"`
}

type fileUser struct {
	User
	Variables  []Variable     `json:"variables,omitzero"`
	SSHKeys    []SSHKey       `json:"ssh_keys,omitzero"`
	GPGKeys    []GPGKey       `json:"gpg_keys,omitzero"`
	Properties []fileProperty `json:"properties,omitzero"`
}

type fileProperty struct {
	App   string          `json:"app"`
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

type fileWorkspace struct {
	Workspace
	Members      []Member         `json:"members,omitzero"`
	Groups       []Group          `json:"groups,omitzero"`
	Projects     []fileProject    `json:"projects,omitzero"`
	Repositories []fileRepository `json:"repositories,omitzero"`
	Grants       []Grant          `json:"grants,omitzero"`
	Variables    []Variable       `json:"variables,omitzero"`
	Invitations  []Invitation     `json:"invitations,omitzero"`
}

type fileProject struct {
	Project
	DeployKeys []DeployKey `json:"deploy_keys,omitzero"`
}

type fileRepository struct {
	Repository
	Files        []File              `json:"files,omitzero"`
	Variables    []Variable          `json:"variables,omitzero"`
	Environments []fileEnvironment   `json:"environments,omitzero"`
	DeployKeys   []DeployKey         `json:"deploy_keys,omitzero"`
	Restrictions []BranchRestriction `json:"branch_restrictions,omitzero"`
}

type fileEnvironment struct {
	Environment
	Variables []Variable `json:"variables,omitzero"`
}

type fileAdmin struct {
	User       string `json:"user"`
	Workspace  string `json:"workspace"`
	Repository string `json:"repository,omitzero"`
	Consumer   string `json:"consumer,omitzero"` // its ID
}

// loader sets a server up, and remembers where it is in the file.
type loader struct {
	*Server
	at string
}

// load adds everything: users first, since all else names them. The set-up panics when something
// makes no sense, as it does for a program; here the file is at fault.
func (l *loader) load(f file) (err error) {
	defer func() {
		if p := recover(); p != nil {
			text, is := p.(string)
			if !is {
				panic(p)
			}
			err = errors.New(text)
		}
	}()
	for i, u := range f.Users {
		l.at = fmt.Sprintf("users[%d]", i)
		l.user(u)
	}
	for i, w := range f.Workspaces {
		l.at = fmt.Sprintf("workspaces[%d]", i)
		l.workspace(w)
	}
	for i, c := range f.Consumers {
		l.at = fmt.Sprintf("consumers[%d]", i)
		l.AddConsumer(c)
	}
	if f.Admin != (fileAdmin{}) {
		l.at = "admin"
		l.setUp(func() error { return l.setAdmin(f.Admin) })
	}
	return nil
}

func (l *loader) user(u fileUser) {
	id := l.AddUser(u.User).UUID
	for _, v := range u.Variables {
		l.AddUserVariable(id, v)
	}
	for _, k := range u.SSHKeys {
		l.AddSSHKey(id, k)
	}
	for _, k := range u.GPGKeys {
		l.AddGPGKey(id, k)
	}
	for _, p := range u.Properties {
		l.SetProperty(id, p.App, p.Name, p.Value)
	}
}

func (l *loader) workspace(w fileWorkspace) {
	slug, at := l.AddWorkspace(w.Workspace).Slug, l.at
	each := func(name string, n int, add func(i int)) {
		for i := range n {
			l.at = fmt.Sprintf("%s.%s[%d]", at, name, i)
			add(i)
		}
	}
	each("members", len(w.Members), func(i int) { l.AddMember(slug, w.Members[i]) })
	each("groups", len(w.Groups), func(i int) { l.AddGroup(slug, w.Groups[i]) })
	each("projects", len(w.Projects), func(i int) { l.project(slug, w.Projects[i]) })
	each("repositories", len(w.Repositories), func(i int) { l.repository(slug, w.Repositories[i]) })
	each("grants", len(w.Grants), func(i int) { l.Grant(slug, w.Grants[i]) })
	each("variables", len(w.Variables), func(i int) { l.AddVariable(w.Variables[i], slug) })
	each("invitations", len(w.Invitations), func(i int) { l.Invite(slug, w.Invitations[i]) })
}

func (l *loader) project(workspace string, p fileProject) {
	key := l.AddProject(workspace, p.Project).Key
	for _, k := range p.DeployKeys {
		l.AddProjectDeployKey(workspace, key, k)
	}
}

func (l *loader) repository(workspace string, r fileRepository) {
	slug := l.AddRepository(workspace, r.Repository).Slug
	for _, f := range r.Files {
		l.AddFile(workspace, slug, f)
	}
	for _, v := range r.Variables {
		l.AddVariable(v, workspace, slug)
	}
	for _, e := range r.Environments {
		name := l.AddEnvironment(workspace, slug, e.Environment).Name
		for _, v := range e.Variables {
			l.AddVariable(v, workspace, slug, name)
		}
	}
	for _, k := range r.DeployKeys {
		l.AddDeployKey(workspace, slug, k)
	}
	for _, b := range r.Restrictions {
		l.AddBranchRestriction(workspace, slug, b)
	}
}

// setAdmin issues what Admin gives.
func (s *Server) setAdmin(of fileAdmin) error {
	u, err := s.store.Anybody(of.User)
	if err != nil {
		return err
	}
	w, err := findWorkspace(s.store, of.Workspace)
	if err != nil {
		return err
	}
	s.admin = Credentials{Workspace: w.Slug, UserUUID: u.UUID, AccountID: u.AccountID}
	if of.Repository != "" {
		r, err := findRepository(w, of.Repository)
		if err != nil {
			return err
		}
		s.admin.Repository = r.Slug
	}
	token, err := s.issueAPIToken(u.UUID, nil)
	if err != nil {
		return err
	}
	s.admin.Email, s.admin.APIToken = token.Email, token.Token
	if of.Consumer != "" {
		c := s.consumers.byID[of.Consumer]
		if c == nil {
			return fmt.Errorf("no consumer %s", of.Consumer)
		}
		s.admin.ClientID, s.admin.ClientSecret = c.ID, c.Secret
	}
	s.admin.AccessToken = s.issueOAuth(&credential{Actor: store.Actor{User: u}}).secret
	// So that whoever tries things out needs one secret.
	s.vault.asBasic[s.admin.AccessToken] = s.vault.tokens[token.Token]
	return nil
}
