package bitbuckettest

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The builder methods fill the server. They panic when what they are given makes no sense, such as the slug of a
// workspace that was never added: a test with a wrong fixture has to stop.

// AddUser adds an account and returns it with every field filled in.
func (s *Server) AddUser(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addUser(u).User
}

func (s *Server) addUser(u User) *user {
	u.Type = cmp.Or(u.Type, "user")
	u.Username = cmp.Or(u.Username, strings.ToLower(strings.Join(strings.Fields(u.Nickname), "")))
	u.Nickname = cmp.Or(u.Nickname, u.Username)
	if u.Nickname == "" {
		panic("bitbuckettest: a user needs a nickname")
	}
	u.DisplayName = cmp.Or(u.DisplayName, u.Nickname)
	u.UUID = cmp.Or(u.UUID, madeUUID("user", u.Username))
	u.AccountID = cmp.Or(u.AccountID, "557058:"+strings.Trim(madeUUID("account", u.Username), "{}"))
	u.Status = cmp.Or(u.Status, "active")
	u.CreatedOn = orDefault(u.CreatedOn)
	u.Emails = slices.Clone(u.Emails)
	if len(u.Emails) == 0 && u.Type == "user" {
		u.Emails = []Email{{Address: u.Username + "@example.com"}}
	}
	if !slices.ContainsFunc(u.Emails, func(e Email) bool { return e.Primary }) && len(u.Emails) > 0 {
		u.Emails[0].Primary = true
	}
	if s.findUser(u.UUID) != nil || s.findUser(u.AccountID) != nil {
		panic("bitbuckettest: user " + u.Nickname + " is there already")
	}
	added := &user{User: u, index: len(s.users), properties: map[string]*property{}}
	s.users = append(s.users, added)
	return added
}

// AddEmail adds an address to a user.
func (s *Server) AddEmail(user string, e Email) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.mustUser(user)
	if e.Primary {
		for i := range u.Emails {
			u.Emails[i].Primary = false
		}
	}
	u.Emails = append(u.Emails, e)
}

// AddWorkspace adds a workspace and returns it with every field filled in.
func (s *Server) AddWorkspace(w Workspace) Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.Slug == "" {
		panic("bitbuckettest: a workspace needs a slug")
	}
	if s.findWorkspace(w.Slug) != nil {
		panic("bitbuckettest: workspace " + w.Slug + " is there already")
	}
	added := &workspace{}
	if w.Personal != "" {
		owner := s.mustUser(w.Personal)
		w.UUID = owner.UUID
		added.members = []*member{{user: owner, ws: added, Member: Member{User: owner.UUID, Role: "owner"}}}
	}
	w.Name = cmp.Or(w.Name, w.Slug)
	w.UUID = cmp.Or(w.UUID, madeUUID("workspace", w.Slug))
	w.ForkingMode = cmp.Or(w.ForkingMode, "allow_forks")
	w.CreatedOn = orDefault(w.CreatedOn)
	added.Workspace = w
	s.workspaces = append(s.workspaces, added)
	return w
}

// AddMember makes a user a member of a workspace, or changes the role of a member.
func (s *Server) AddMember(workspace string, m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ws, u := s.mustWorkspace(workspace), s.mustUser(m.User)
	m.Role = cmp.Or(m.Role, "member")
	if !slices.Contains([]string{"member", "collaborator", "create-project", "owner"}, m.Role) {
		panic("bitbuckettest: no role " + m.Role + " in a workspace")
	}
	if there := ws.member(u); there != nil {
		there.Member = m
		return
	}
	ws.members = append(ws.members, &member{user: u, ws: ws, Member: m})
}

// RemoveMember ends a membership. Explicit grants of the user stay.
func (s *Server) RemoveMember(workspace, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ws, u := s.mustWorkspace(workspace), s.mustUser(user)
	ws.members = slices.DeleteFunc(ws.members, func(m *member) bool { return m.user == u })
}

// AddProject adds a project to a workspace and returns it with every field filled in.
func (s *Server) AddProject(workspace string, p Project) Project {
	s.mu.Lock()
	defer s.mu.Unlock()
	ws := s.mustWorkspace(workspace)
	if p.Key == "" || ws.findProject(p.Key) != nil {
		panic(fmt.Sprintf("bitbuckettest: a project needs a key of its own, not %q", p.Key))
	}
	return ws.addProject(p).Project
}

func (w *workspace) addProject(p Project) *project {
	p.Name = cmp.Or(p.Name, p.Key)
	p.UUID = cmp.Or(p.UUID, madeUUID("project", w.UUID+p.Key))
	p.CreatedOn = orDefault(p.CreatedOn)
	added := &project{Project: p, ws: w}
	w.projects = append(w.projects, added)
	return added
}

// AddRepository adds a repository to a workspace and returns it with every field filled in.
func (s *Server) AddRepository(workspace string, r Repository) Repository {
	s.mu.Lock()
	defer s.mu.Unlock()
	ws := s.mustWorkspace(workspace)
	if r.Slug == "" || ws.findRepository(r.Slug) != nil {
		panic(fmt.Sprintf("bitbuckettest: a repository needs a slug of its own, not %q", r.Slug))
	}
	if len(ws.projects) == 0 {
		ws.addProject(Project{Key: cmp.Or(r.Project, "PROJ")})
	}
	r.Project = cmp.Or(r.Project, ws.projects[0].Key)
	p := ws.findProject(r.Project)
	if p == nil {
		panic("bitbuckettest: no project " + r.Project + " in " + workspace)
	}
	r.Name = cmp.Or(r.Name, r.Slug)
	r.UUID = cmp.Or(r.UUID, madeUUID("repository", ws.UUID+r.Slug))
	r.CreatedOn = orDefault(r.CreatedOn)
	if r.UpdatedOn.IsZero() {
		r.UpdatedOn = r.CreatedOn
	}
	ws.repos = append(ws.repos, &repository{Repository: r, ws: ws, project: p})
	return r
}

// AddFile adds a file to a repository, for code search.
func (s *Server) AddFile(workspace, repository string, f File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mustRepository(workspace, repository)
	f.Commit = cmp.Or(f.Commit, fmt.Sprintf("%x", sha256.Sum256([]byte(r.UUID+f.Path)))[:40])
	r.files = append(r.files, f)
}

// AddGroup adds a group to a workspace, or members to a group, and returns it.
func (s *Server) AddGroup(workspace string, g Group) Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	ws := s.mustWorkspace(workspace)
	g.Slug = cmp.Or(g.Slug, strings.ToLower(strings.Join(strings.Fields(g.Name), "-")))
	g.Name = cmp.Or(g.Name, g.Slug)
	if g.Slug == "" {
		panic("bitbuckettest: a group needs a name or a slug")
	}
	there := ws.findGroup(g.Slug)
	if there == nil {
		there = &group{Group: Group{Slug: g.Slug, Name: g.Name}, ws: ws}
		ws.groups = append(ws.groups, there)
	}
	for _, name := range g.Members {
		if u := s.mustUser(name); !slices.Contains(there.users, u) {
			there.users = append(there.users, u)
			there.Members = append(there.Members, name)
		}
	}
	return there.Group
}

// GrantRepository gives a user an explicit permission on a repository: read, write or admin.
func (s *Server) GrantRepository(workspace, repository, user, permission string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mustPermission(permission, "repository")
	s.mustRepository(workspace, repository).setUser(s.mustUser(user), permission)
}

// GrantRepositoryGroup gives a group an explicit permission on a repository: read, write or admin.
func (s *Server) GrantRepositoryGroup(workspace, repository, group, permission string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mustPermission(permission, "repository")
	s.mustRepository(workspace, repository).setGroup(s.mustWorkspace(workspace).mustGroup(group), permission)
}

// GrantProject gives a user an explicit permission on a project: read, write, create-repo or admin.
func (s *Server) GrantProject(workspace, project, user, permission string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mustPermission(permission, "project")
	s.mustWorkspace(workspace).mustProject(project).setUser(s.mustUser(user), permission)
}

// GrantProjectGroup gives a group an explicit permission on a project: read, write, create-repo or admin.
func (s *Server) GrantProjectGroup(workspace, project, group, permission string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mustPermission(permission, "project")
	ws := s.mustWorkspace(workspace)
	ws.mustProject(project).setGroup(ws.mustGroup(group), permission)
}

// AddUserVariable adds a pipeline variable to a user and returns it with its UUID.
func (s *Server) AddUserVariable(user string, v Variable) Variable {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.addVariable(&s.mustUser(user).variables, v)
}

// AddWorkspaceVariable adds a pipeline variable to a workspace and returns it with its UUID.
func (s *Server) AddWorkspaceVariable(workspace string, v Variable) Variable {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.addVariable(&s.mustWorkspace(workspace).variables, v)
}

func (s *Server) addVariable(list *[]*Variable, v Variable) *Variable {
	v.UUID = cmp.Or(v.UUID, s.nextUUID("variable"))
	*list = append(*list, &v)
	return &v
}

// SetProperty stores an application property of a user. The value is what json.Marshal makes of it.
func (s *Server) SetProperty(user, appKey, name string, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		panic("bitbuckettest: property " + name + ": " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustUser(user).properties[appKey+"/"+name] = &property{value: raw}
}

// AddSSHKey adds an SSH key to a user and returns it with every field filled in.
func (s *Server) AddSSHKey(user string, k SSHKey) SSHKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.mustUser(user)
	if k.Key == "" {
		k.Key = madeSSHKey(s.nextUUID("ssh"))
	}
	line, comment, err := parseSSHKey(k.Key)
	if err != nil {
		panic("bitbuckettest: " + err.Error())
	}
	k.Key, k.Comment = line, cmp.Or(k.Comment, comment)
	k.CreatedOn = orDefault(k.CreatedOn)
	return *s.addSSHKey(u, k)
}

// AddGPGKey adds a GPG key to a user and returns it with every field filled in.
func (s *Server) AddGPGKey(user string, k GPGKey) GPGKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.mustUser(user)
	for _, k := range append([]*GPGKey{&k}, pointers(k.Subkeys)...) {
		if k.Key == "" {
			k.Key = madeGPGKey(s.nextUUID("gpg"))
		}
		fingerprint, err := parseGPGKey(k.Key)
		if err != nil {
			panic("bitbuckettest: " + err.Error())
		}
		k.Fingerprint = strings.ToLower(cmp.Or(k.Fingerprint, fingerprint))
		k.KeyID = cmp.Or(k.KeyID, k.Fingerprint[max(0, len(k.Fingerprint)-16):])
		k.CreatedOn, k.AddedOn = orDefault(k.CreatedOn), orDefault(k.AddedOn)
	}
	u.gpgKeys = append(u.gpgKeys, &k)
	return k
}

func pointers[T any](list []T) []*T {
	all := make([]*T, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

// madeUUID derives a UUID from a kind of thing and its name, so that every run has the same ones.
func madeUUID(kind, name string) string {
	h := sha256.Sum256([]byte(kind + "\x00" + name))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	return fmt.Sprintf("{%x-%x-%x-%x-%x}", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// nextUUID derives a UUID from a counter.
func (s *Server) nextUUID(kind string) string {
	s.made++
	return madeUUID(kind, fmt.Sprint(s.made))
}

func orDefault(t time.Time) time.Time {
	if t.IsZero() {
		return time.Date(2018, 3, 14, 13, 17, 5, 196003000, time.UTC)
	}
	return t
}
