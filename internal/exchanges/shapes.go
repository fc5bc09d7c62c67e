package exchanges

import (
	"encoding/json"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// Identifiers in the exchanges and the corpus.
const (
	UserUUID      = "{11111111-1111-1111-1111-111111111111}"
	AccountID     = "557058:22222222-2222-2222-2222-222222222222"
	workspaceUUID = "{33333333-3333-3333-3333-333333333333}"
)

// A Shape is an object with every member that the client knows, and the value it becomes.
type Shape struct {
	Name  string
	Body  string
	Value any
}

// Shapes returns a whole object of every type.
func Shapes() []Shape {
	return []Shape{
		{"user", UserBody, userValue()},
		{"email", emailBody, emailValue()},
		{"workspace", workspaceBody, workspaceValue()},
		{"workspace access", accessBody, accessValue()},
		{"workspace membership", membershipBody, membershipValue()},
		{"repository", repositoryBody, repositoryValue()},
		{"project", projectBody, projectValue()},
		{"branch restriction", restrictionBody, restrictionValue()},
		{"repository permission", repositoryPermissionBody, repositoryPermissionValue()},
		{"user permission", userPermissionBody, userPermissionValue()},
		{"group permission", groupPermissionBody, groupPermissionValue()},
		{"variable", variableBody, variableValue()},
		{"environment", environmentBody, environmentValue()},
		{"deploy key", deployKeyBody, deployKeyValue()},
		{"SSH key", sshKeyBody, sshKeyValue()},
		{"GPG key", gpgKeyBody, gpgKeyValue()},
		{"code search result", searchBody, searchValue()},
	}
}

func at(year int, month time.Month, day, hour, minute, second, micro int) bitbucket.Time {
	t := time.Date(year, month, day, hour, minute, second, micro*1000, time.UTC)
	return bitbucket.Time{Time: t}
}

func linkTo(path string) bitbucket.Link {
	return bitbucket.Link{Href: "https://api.bitbucket.org/2.0/" + path}
}

// UserBody is a user with every member.
const UserBody = `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}",
	"account_id":"557058:22222222-2222-2222-2222-222222222222","display_name":"A User",
	"nickname":"auser","username":"auser0",
	"account_status":"active","has_2fa_enabled":false,"is_staff":true,
	"created_on":"2018-03-14T13:17:05.196003+00:00",
	"location":"Sydney","website":"https://example.com","kind":"repository_access_token",
	"email":"user@example.com",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/users/%7B1111%7D"},
	"html":{"href":"https://bitbucket.org/%7B1111%7D/"},
	"avatar":{"href":"https://secure.example/avatar.png"},
	"hooks":{"href":"https://api.bitbucket.org/2.0/hooks"}}}`

func userValue() bitbucket.User {
	return bitbucket.User{
		Type: "user", UUID: UserUUID, AccountID: "557058:22222222-2222-2222-2222-222222222222",
		DisplayName: "A User", Nickname: "auser", Username: "auser0", AccountStatus: "active",
		Has2FAEnabled: new(false), IsStaff: true, CreatedOn: at(2018, 3, 14, 13, 17, 5, 196003),
		Location: "Sydney", Website: "https://example.com", Kind: "repository_access_token",
		Email: "user@example.com",
		Links: bitbucket.Links{
			Self:   linkTo("users/%7B1111%7D"),
			HTML:   bitbucket.Link{Href: "https://bitbucket.org/%7B1111%7D/"},
			Avatar: bitbucket.Link{Href: "https://secure.example/avatar.png"},
			Other:  map[string][]bitbucket.Link{"hooks": {linkTo("hooks")}},
		},
	}
}

const emailBody = `{"type":"email","email":"user@example.com","is_primary":true,"is_confirmed":true,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/user/emails/user@example.com"}}}`

func emailValue() bitbucket.Email {
	return bitbucket.Email{
		Type: "email", Email: "user@example.com", IsPrimary: true,
		IsConfirmed: true, Links: selfLink("user/emails/user@example.com"),
	}
}

func selfLink(path string) bitbucket.Links { return bitbucket.Links{Self: linkTo(path)} }

const workspaceBody = `{"type":"workspace","uuid":"{33333333-3333-3333-3333-333333333333}",
	"slug":"acme","name":"Acme","is_private":true,
	"is_personal":true,"is_privacy_enforced":true,"forking_mode":"internal_only",
	"created_on":"2010-03-23T08:07:49+00:00",
	"updated_on":"2021-04-02T16:20:48.179+02:00",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/workspaces/acme"}}}`

func workspaceValue() bitbucket.Workspace {
	return bitbucket.Workspace{
		Type: "workspace", UUID: workspaceUUID, Slug: "acme", Name: "Acme", IsPrivate: true,
		IsPersonal: true, IsPrivacyEnforced: true,
		ForkingMode: "internal_only", CreatedOn: at(2010, 3, 23, 8, 7, 49, 0),
		UpdatedOn: at(2021, 4, 2, 14, 20, 48, 179000), Links: selfLink("workspaces/acme"),
	}
}

const accessBody = `{"type":"workspace_access","administrator":true,
	"workspace":` + workspaceBody + `}`

func accessValue() bitbucket.WorkspaceAccess {
	return bitbucket.WorkspaceAccess{
		Type: "workspace_access", Administrator: true,
		Workspace: workspaceValue(),
	}
}

// added_on comes without an offset.
const membershipBody = `{"type":"workspace_membership","permission":"owner",
	"last_accessed":"2021-05-01T00:00:00+00:00","added_on":"2021-04-02T14:20:48.179",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/workspaces/acme/members/%7B1111%7D"}},
	"user":` + UserBody + `,"workspace":` + workspaceBody + `}`

func membershipValue() bitbucket.WorkspaceMembership {
	return bitbucket.WorkspaceMembership{
		Type: "workspace_membership", Permission: bitbucket.PermissionOwner,
		LastAccessed: at(2021, 5, 1, 0, 0, 0, 0), AddedOn: at(2021, 4, 2, 14, 20, 48, 179000),
		Links: selfLink("workspaces/acme/members/%7B1111%7D"),
		User:  userValue(), Workspace: workspaceValue(),
	}
}

const repositoryPermissionBody = `{"type":"repository_permission","permission":"write",
	"user":` + UserBody + `,"repository":` + repositoryBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}}}`

func repositoryPermissionValue() bitbucket.RepositoryPermission {
	return bitbucket.RepositoryPermission{
		Type: "repository_permission", Permission: bitbucket.PermissionWrite, User: userValue(),
		Repository: repositoryValue(), Links: selfLink("x"),
	}
}

const userPermissionBody = `{"type":"project_user_permission","permission":"create-repo",
	"user":` + UserBody + `,"repository":` + repositoryBody + `,
	"project":` + projectBody + `,"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}}}`

func userPermissionValue() bitbucket.UserPermission {
	return bitbucket.UserPermission{
		Type: "project_user_permission", Permission: bitbucket.PermissionCreateRepo, User: userValue(),
		Repository: repositoryValue(),
		Project:    projectValue(), Links: selfLink("x"),
	}
}

const groupPermissionBody = `{"type":"repository_group_permission","permission":"read",
	"repository":` + repositoryBody + `,"project":` + projectBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}},
	"group":` + groupBody + `}`

const groupBody = `{"type":"group","name":"Developers","slug":"developers",
	"full_slug":"acme:developers","default_permission":"read","account_privilege":"collaborator",
	"email_forwarding_disabled":false,
	"owner":` + UserBody + `,"workspace":` + workspaceBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/groups"}}}`

func groupValue() bitbucket.Group {
	return bitbucket.Group{
		Type: "group", Name: "Developers", Slug: "developers", FullSlug: "acme:developers",
		DefaultPermission: new(bitbucket.PermissionRead), AccountPrivilege: new("collaborator"),
		EmailForwardingDisabled: new(false),
		Owner:                   userValue(), Workspace: workspaceValue(),
		Links: selfLink("groups"),
	}
}

func groupPermissionValue() bitbucket.GroupPermission {
	return bitbucket.GroupPermission{
		Type: "repository_group_permission", Permission: bitbucket.PermissionRead,
		Repository: repositoryValue(), Project: projectValue(), Links: selfLink("x"),
		Group: groupValue(),
	}
}

const variableBody = `{"type":"pipeline_variable","uuid":"{55555555-5555-5555-5555-555555555555}",
	"key":"REGION","value":"eu","secured":true}`

func variableValue() bitbucket.Variable {
	return bitbucket.Variable{
		Type: "pipeline_variable",
		UUID: "{55555555-5555-5555-5555-555555555555}", Key: "REGION", Value: "eu", Secured: true,
	}
}

const sshKeyBody = `{"type":"ssh_key","uuid":"{77777777-7777-7777-7777-777777777777}",
	"key":"ssh-ed25519 AAAA","comment":"user@host","label":"laptop",
	"fingerprint":"w9tZ","created_on":"2018-03-14T13:17:05.196003+00:00",
	"expires_on":"2027-01-01T00:00:00+00:00",
	"last_used":"2018-03-20T13:18:05.196003+00:00","owner":` + UserBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/users/%7B1111%7D/ssh-keys/7777"}}}`

func sshKeyValue() bitbucket.SSHKey {
	return bitbucket.SSHKey{
		Type: "ssh_key", UUID: "{77777777-7777-7777-7777-777777777777}", Key: "ssh-ed25519 AAAA",
		Comment: "user@host", Label: "laptop",
		Fingerprint: "w9tZ", CreatedOn: at(2018, 3, 14, 13, 17, 5, 196003),
		ExpiresOn: at(2027, 1, 1, 0, 0, 0, 0),
		LastUsed:  at(2018, 3, 20, 13, 18, 5, 196003), Owner: userValue(),
		Links: selfLink("users/%7B1111%7D/ssh-keys/7777"),
	}
}

const gpgKeyBody = `{"type":"gpg_key","key_id":"ymok","fingerprint":"h4m2",
	"parent_fingerprint":"p4r3","name":"my key","comment":"old","key":"-----BEGIN",
	"subkeys":[{"type":"gpg_key","name":"sub","expires_on":null,"last_used":null}],
	"added_on":"2024-09-24T12:09:33.154081+00:00",
	"created_on":"2018-03-20T13:09:04.207005+00:00","expires_on":"2027-01-01",
	"last_used":"2024-09-25T15:18:05.196003+00:00","owner":` + UserBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/users/%7B1111%7D/gpg-keys/H4M2"}}}`

func gpgKeyValue() bitbucket.GPGKey {
	return bitbucket.GPGKey{
		Type: "gpg_key", KeyID: "ymok", Fingerprint: "h4m2", ParentFingerprint: "p4r3", Name: "my key",
		Comment: "old", Key: "-----BEGIN",
		Subkeys:   []bitbucket.GPGKey{{Type: "gpg_key", Name: "sub"}},
		AddedOn:   at(2024, 9, 24, 12, 9, 33, 154081),
		CreatedOn: at(2018, 3, 20, 13, 9, 4, 207005), ExpiresOn: at(2027, 1, 1, 0, 0, 0, 0),
		LastUsed: at(2024, 9, 25, 15, 18, 5, 196003),
		Owner:    userValue(), Links: selfLink("users/%7B1111%7D/gpg-keys/H4M2"),
	}
}

const searchBody = `{"type":"code_search_result","content_match_count":2,
	"content_matches":[{"lines":[{"line":2,"segments":[]},{"line":3,"segments":[{"text":"func "},
	{"text":"Foo","match":true},{"text":"() {"}]}]}],
	"path_matches":[{"text":"src/"},{"text":"Foo","match":true},{"text":".go"}],
	"file":{"type":"commit_file","path":"src/Foo.go","escaped_path":"src/Foo.go",
	"attributes":"executable",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/repositories/acme/widgets/src/abc/Foo.go"}},
	"commit":{"type":"commit","hash":"abc","repository":` + repositoryBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/c"}}}}}`

func searchValue() bitbucket.CodeSearchResult {
	return bitbucket.CodeSearchResult{
		Type: "code_search_result", ContentMatchCount: 2,
		ContentMatches: []bitbucket.ContentMatch{{Lines: []bitbucket.SearchLine{
			{Line: 2, Segments: []bitbucket.SearchSegment{}},
			{Line: 3, Segments: []bitbucket.SearchSegment{
				{Text: "func "},
				{Text: "Foo", Match: true},
				{Text: "() {"},
			}},
		}}},
		PathMatches: []bitbucket.SearchSegment{{Text: "src/"}, {Text: "Foo", Match: true}, {Text: ".go"}},
		File: bitbucket.SearchFile{
			Type: "commit_file", Path: "src/Foo.go", EscapedPath: "src/Foo.go", Attributes: "executable",
			Links: selfLink("repositories/acme/widgets/src/abc/Foo.go"),
			Commit: bitbucket.SearchCommit{
				Type: "commit", Hash: "abc", Repository: repositoryValue(),
				Links: selfLink("c"),
			},
		},
	}
}

const propertyBody = `{"_attributes":["public","read_only"],"any_key":{"nested":["any","json"]}}`

func propertyValue() bitbucket.Property[map[string]any] {
	return bitbucket.Property[map[string]any]{
		Attributes: []bitbucket.PropertyAttribute{bitbucket.PropertyPublic, bitbucket.PropertyReadOnly},
		Value:      map[string]any{"any_key": map[string]any{"nested": []any{"any", "json"}}},
	}
}

// objectOf is a body without a type of its own.
func objectOf(body string) map[string]any {
	var object map[string]any
	if err := json.Unmarshal([]byte(body), &object); err != nil {
		panic("exchanges: " + err.Error() + " in " + body)
	}
	return object
}

func pageOf(values ...string) map[string]any { return objectOf(Page(values...)) }
