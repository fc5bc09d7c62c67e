package bitbuckettest

import (
	"fmt"
	"strings"
	"time"
)

// Credentials are what a program needs to work with the demo.
type Credentials struct {
	Workspace    string // slug
	Repository   string // slug
	UserUUID     string // of the administrator
	AccountID    string
	Email        string // for the API token
	APIToken     string
	AccessToken  string // OAuth token of the administrator, for Bearer; in the demo it also goes as an API token with Email
	ClientID     string // of an OAuth consumer
	ClientSecret string
}

// Admin gives credentials of the administrator of [Demo], with all scopes. On other servers they are empty.
func (s *Server) Admin() Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.admin
}

const demoSlug = "acme"

// Demo makes a server with the workspace "acme": 66 people, one app user, 126 repositories in 6 projects, 10 groups,
// and permissions given to users and groups, on repositories and on projects. It is the same every time. Nobody in it
// is real, and all addresses are at example.com. What an audit should notice:
//
//   - amber-fox and birch-fox own the workspace; amber-fox is the administrator of [Server.Admin] and has a personal
//     workspace besides
//   - cedar-fox has an unknown (null) has_2fa_enabled, and some others have none enabled
//   - dale-fox has a private profile
//   - elm-fox has an account ID of 24 hexadecimal digits
//   - fern-fox left the administrators and is in no group, but is still admin on three repositories
//   - web-shop has eight admins
//   - gale-storm is no longer a member of the workspace and still may write to two repositories
//   - holly-fox is inactive, and a member still
//   - iris-fox has two e-mail addresses, one of them unconfirmed
//   - juniper-fox reaches plat-api in three ways: read by herself, write by her team, admin by a group
//   - release-robot is an app user that writes to one repository of every project
//   - some members may do nothing at all
func Demo(opts ...Option) *Server {
	s := New(opts...)
	people := s.demoPeople()
	s.demoRepositories()
	s.demoTeams(people)
	s.demoOddities()
	s.demoBelongings()
	s.demoCredentials()
	return s
}

func demoProjects() [][2]string {
	return [][2]string{
		{"PLAT", "Platform"}, {"PAY", "Payments"}, {"WEB", "Web"}, {"MOB", "Mobile"}, {"DATA", "Data"}, {"OPS", "Operations"},
	}
}

// demoPeople adds the workspace and its members, and returns their nicknames.
func (s *Server) demoPeople() []string {
	s.AddWorkspace(Workspace{Slug: demoSlug, Name: "Acme"})
	first := strings.Fields("amber birch cedar dale elm fern holly iris juniper laurel maple olive reed rowan sage willow")
	last := strings.Fields("fox heron otter wren")
	var people []string
	for i := range len(first) * len(last) {
		f, l := first[i%len(first)], last[i/len(first)]
		u := User{
			Nickname:      f + "-" + l,
			DisplayName:   strings.ToUpper(f[:1]) + f[1:] + " " + strings.ToUpper(l[:1]) + l[1:],
			Has2FAEnabled: new(i%7 != 5),
			CreatedOn:     time.Date(2016, time.Month(1+i%12), 1+i%28, 9, i%60, 0, i*1000, time.UTC),
		}
		switch u.Nickname {
		case "cedar-fox":
			u.Has2FAEnabled = nil
		case "dale-fox":
			u.Private, u.Location = true, "Somewhere"
		case "elm-fox":
			u.AccountID = "5bce04000000000000000000"
		case "holly-fox":
			u.Status = "inactive"
		case "iris-fox":
			u.Emails = []Email{{Address: "iris-fox@example.com"}, {Address: "iris.new@example.com", Unconfirmed: true}}
		}
		s.AddUser(u)
		m := Member{
			User: u.Nickname, AddedOn: u.CreatedOn.Add(time.Hour),
			LastAccessed: time.Date(2026, 10, 1+i%28, 8, 0, 0, 0, time.UTC),
		}
		switch {
		case i < 2:
			m.Role = "owner"
		case i%16 == 10:
			m.Role = "create-project"
		case i == 60:
			m.LastAccessed = time.Time{}
		}
		s.AddMember(demoSlug, m)
		people = append(people, u.Nickname)
	}
	s.AddUser(User{Nickname: "kestrel", DisplayName: "Kestrel Newcomer"})
	s.AddMember(demoSlug, Member{User: "kestrel"})
	s.AddUser(User{Nickname: "gale-storm", DisplayName: "Gale Storm", Has2FAEnabled: new(false)})
	s.AddUser(User{Nickname: "release-robot", DisplayName: "Release Robot", Type: "app_user"})
	s.AddMember(demoSlug, Member{User: "release-robot"})
	return people
}

// demoRepositories adds 21 repositories to each of the 6 projects.
func (s *Server) demoRepositories() {
	things := strings.Fields("api gateway worker scheduler schema client docs config deploy metrics login ledger " +
		"shop search images mailer reports archive tools sandbox legacy")
	languages := strings.Fields("go python typescript kotlin")
	for i, p := range demoProjects() {
		s.AddProject(demoSlug, Project{Key: p[0], Name: p[1], Private: p[0] == "OPS"})
		for j, thing := range things {
			s.AddRepository(demoSlug, Repository{
				Slug: strings.ToLower(p[0]) + "-" + thing, Project: p[0], Description: p[1] + " " + thing,
				Language: languages[(i+j)%len(languages)], Size: 1000 * (i + 1) * (j + 1),
				Public:    thing == "docs" && p[0] == "WEB",
				CreatedOn: time.Date(2017, time.Month(1+j%12), 1+i, 10, 0, 0, 123456000+1000*j, time.UTC),
				UpdatedOn: time.Date(2026, 9, 1+j, 10+i, 0, 0, 654321000+1000*j, time.UTC),
			})
		}
	}
}

// demoTeams adds the groups and what they may do.
func (s *Server) demoTeams(people []string) {
	for i, p := range demoProjects() {
		team := strings.ToLower(p[1]) + "-team"
		s.AddGroup(demoSlug, Group{Slug: team, Name: p[1] + " team", Members: people[8+8*i : 16+8*i]})
		s.GrantProjectGroup(demoSlug, p[0], team, "write")
		s.GrantProject(demoSlug, p[0], people[9+8*i], "admin") // the head of the team
	}
	s.AddGroup(demoSlug, Group{Slug: "administrators", Name: "Administrators", Members: people[:2]})
	s.AddGroup(demoSlug, Group{Slug: "security", Name: "Security", Members: []string{"cedar-fox", "dale-fox", "elm-fox"}})
	s.AddGroup(demoSlug, Group{Slug: "release-managers", Name: "Release managers",
		Members: []string{"juniper-fox", "olive-heron", "reed-heron"}})
	s.AddGroup(demoSlug, Group{Slug: "nobody", Name: "Nobody"})
	for _, p := range demoProjects() {
		s.GrantProjectGroup(demoSlug, p[0], "security", "read")
		s.GrantRepositoryGroup(demoSlug, strings.ToLower(p[0])+"-deploy", "release-managers", "admin")
	}
	s.GrantProjectGroup(demoSlug, "OPS", "administrators", "admin")
	s.GrantProjectGroup(demoSlug, "PLAT", "mobile-team", "read")
	s.GrantProjectGroup(demoSlug, "DATA", "payments-team", "create-repo")
}

// demoOddities adds what an audit should notice.
func (s *Server) demoOddities() {
	for _, repo := range []string{"plat-config", "pay-ledger", "ops-deploy"} {
		s.GrantRepository(demoSlug, repo, "fern-fox", "admin")
	}
	// With the two owners and the head of the team that makes eight.
	for _, nickname := range []string{"rowan-fox", "sage-fox", "willow-fox", "maple-heron", "olive-heron"} {
		s.GrantRepository(demoSlug, "web-shop", nickname, "admin")
	}
	for _, repo := range []string{"pay-api", "pay-ledger"} {
		s.GrantRepository(demoSlug, repo, "gale-storm", "write")
	}
	s.GrantRepository(demoSlug, "plat-api", "juniper-fox", "read")
	s.GrantRepositoryGroup(demoSlug, "plat-api", "release-managers", "admin")
	for _, p := range demoProjects() {
		s.GrantRepository(demoSlug, strings.ToLower(p[0])+"-client", "release-robot", "write")
	}
	s.GrantRepository(demoSlug, "data-reports", "holly-fox", "read")
}

// demoBelongings adds variables, properties, keys and files.
func (s *Server) demoBelongings() {
	const admin = "amber-fox"
	s.AddWorkspace(Workspace{Slug: "AmberFox", Name: "Amber Fox", Personal: admin})
	s.AddRepository("AmberFox", Repository{Slug: "dotfiles"})
	for i := range 12 {
		s.AddWorkspaceVariable(demoSlug, Variable{Key: fmt.Sprintf("REGION_%d", i+1), Value: fmt.Sprintf("eu-%d", i+1)})
	}
	s.AddWorkspaceVariable(demoSlug, Variable{Key: "DEPLOY_TOKEN", Value: "not shown", Secured: true})
	s.AddUserVariable(admin, Variable{Key: "EDITOR", Value: "ed"})
	s.AddUserVariable(admin, Variable{Key: "TOKEN", Value: "not shown", Secured: true})
	s.SetProperty(admin, "demo-app", "settings", map[string]any{"_attributes": []string{"public"}, "theme": "dark"})
	s.AddSSHKey(admin, SSHKey{Label: "laptop", Comment: "amber@laptop", LastUsed: time.Date(2026, 9, 20, 7, 30, 0, 0, time.UTC)})
	s.AddSSHKey(admin, SSHKey{Label: "old machine", ExpiresOn: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)})
	s.AddGPGKey(admin, GPGKey{Name: "signing", Subkeys: []GPGKey{{Name: "encryption"}}})
	for _, p := range demoProjects() {
		key := strings.ToLower(p[0])
		s.AddFile(demoSlug, key+"-api", File{
			Path:    "cmd/" + key + "/main.go",
			Content: "package main\n\nfunc main() {\n\tserve(\"" + key + "\")\n}\n",
		})
		s.AddFile(demoSlug, key+"-config", File{Path: "config.yaml", Content: "name: " + key + "\nreplicas: 3\n"})
	}
}

// demoCredentials issues what Admin returns.
func (s *Server) demoCredentials() {
	const admin = "amber-fox"
	token, client := s.IssueAPIToken(admin), s.AddConsumer(Consumer{Name: "Demo consumer", Workspace: demoSlug, CallbackURL: "http://127.0.0.1"})
	oauth := s.IssueOAuthToken(admin)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asBasic[oauth] = s.tokens[token.Token] // so that whoever tries things out needs one secret
	u := s.mustUser(admin)
	s.admin = Credentials{
		Workspace: demoSlug, Repository: "plat-api", UserUUID: u.UUID, AccountID: u.AccountID,
		Email: token.Email, APIToken: token.Token, AccessToken: oauth, ClientID: client.ID, ClientSecret: client.Secret,
	}
}
