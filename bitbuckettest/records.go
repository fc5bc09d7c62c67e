package bitbuckettest

import (
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// A User is an account. Nickname is the only field that has to be set.
type User struct {
	Nickname    string `json:"nickname,omitzero"`
	DisplayName string `json:"display_name,omitzero"` // the nickname when empty

	// Username is the nickname in lower case without spaces when empty. Only GET /2.0/user shows it.
	Username string `json:"username,omitzero"`
	Type     string `json:"type,omitzero"` // "user" when empty, "app_user" or "team"
	Kind     string `json:"kind,omitzero"` // of an app user

	// UUID has braces. It is derived from the username when empty.
	UUID      string `json:"uuid,omitzero"`
	AccountID string `json:"account_id,omitzero"` // "557058:" and a UUID when empty

	// Emails holds the addresses; the first one is the primary one unless another says so. When
	// it is empty, a user gets the username at example.com.
	Emails []Email `json:"emails,omitzero"`

	Location string `json:"location,omitzero"` // null when empty
	Website  string `json:"website,omitzero"`  // absent when empty

	// Private profiles show no location, website and created_on.
	Private bool   `json:"private,omitzero"`
	Status  string `json:"status,omitzero"` // account_status; "active" when empty
	IsStaff bool   `json:"is_staff,omitzero"`

	// Has2FAEnabled is seen by administrators of a workspace that the user is in; nil is null for
	// everybody.
	Has2FAEnabled *bool     `json:"has_2fa_enabled,omitzero"`
	CreatedOn     time.Time `json:"created_on,omitzero"` // 2018-03-14 when zero

	SearchDisabled bool `json:"search_disabled,omitzero"` // code search answers 404
}

// An Email is an address of a user.
type Email struct {
	Address     string `json:"address,omitzero"`
	Primary     bool   `json:"primary,omitzero"`
	Unconfirmed bool   `json:"unconfirmed,omitzero"`
}

// A Workspace holds projects, repositories, groups and members. Slug is the only field that has
// to be set.
type Workspace struct {
	Slug string `json:"slug,omitzero"`
	Name string `json:"name,omitzero"` // the slug when empty
	UUID string `json:"uuid,omitzero"` // with braces; derived from the slug when empty

	// Personal names the user whose personal workspace this is: it takes the UUID of that user,
	// who becomes an owner.
	Personal string `json:"personal,omitzero"`

	Private        bool      `json:"private,omitzero"`             // only members see it
	PrivacyEnforce bool      `json:"is_privacy_enforced,omitzero"` // is_privacy_enforced
	ForkingMode    string    `json:"forking_mode,omitzero"`        // "allow_forks" when empty
	CreatedOn      time.Time `json:"created_on,omitzero"`

	// AdminHub says that the workspace is run from admin.atlassian.com: memberships have no
	// last_accessed and added_on, and the 1.0 API refuses it.
	AdminHub bool `json:"admin_hub,omitzero"`

	// UserLimit is how many members the plan allows; 0 is no limit. Beyond it, giving a
	// permission answers 402.
	UserLimit int `json:"user_limit,omitzero"`
}

// A Member is the membership of a user in a workspace.
type Member struct {
	User string `json:"user,omitzero"` // nickname, UUID or account ID

	// Role is "member" when empty, "collaborator", "create-project" or "owner".
	Role         string    `json:"role,omitzero"`
	AddedOn      time.Time `json:"added_on,omitzero"`      // null when zero
	LastAccessed time.Time `json:"last_accessed,omitzero"` // null when zero
}

// A Project groups repositories. Key is the only field that has to be set.
type Project struct {
	Key         string    `json:"key,omitzero"`
	Name        string    `json:"name,omitzero"` // the key when empty
	UUID        string    `json:"uuid,omitzero"`
	Description string    `json:"description,omitzero"`
	Private     bool      `json:"private,omitzero"`
	CreatedOn   time.Time `json:"created_on,omitzero"`
}

// A Repository belongs to a project of a workspace. Slug is the only field that has to be set.
type Repository struct {
	Slug string `json:"slug,omitzero"`
	Name string `json:"name,omitzero"` // the slug when empty
	UUID string `json:"uuid,omitzero"`

	// Project is the key of a project; the first one of the workspace when empty.
	Project     string    `json:"project,omitzero"`
	Description string    `json:"description,omitzero"`
	Language    string    `json:"language,omitzero"`
	Website     string    `json:"website,omitzero"`
	Public      bool      `json:"public,omitzero"`
	Size        int       `json:"size,omitzero"`
	CreatedOn   time.Time `json:"created_on,omitzero"`
	UpdatedOn   time.Time `json:"updated_on,omitzero"`
}

// A Group is a set of users of a workspace.
type Group struct {
	Slug    string   `json:"slug,omitzero"`    // from the name when empty
	Name    string   `json:"name,omitzero"`    // the slug when empty
	Members []string `json:"members,omitzero"` // nickname, UUID or account ID

	// Permission is default_permission: "read", "write", "admin", or "" for null.
	Permission string `json:"permission,omitzero"`

	// Privilege is account_privilege: "admin", "collaborator", or "" for null.
	Privilege string `json:"privilege,omitzero"`
	AutoAdd   bool   `json:"auto_add,omitzero"` // new members of the workspace get into it

	EmailForwardingDisabled *bool `json:"email_forwarding_disabled,omitzero"` // nil is null
}

// A Variable is a pipeline variable of a user, a workspace, a repository or an environment.
type Variable struct {
	Key     string `json:"key,omitzero"`
	Value   string `json:"value,omitzero"`
	Secured bool   `json:"secured,omitzero"`
	UUID    string `json:"uuid,omitzero"`
}

// An Environment is what a repository deploys to.
type Environment struct {
	Name string `json:"name,omitzero"`
	Kind string `json:"kind,omitzero"` // "Test" when empty, "Staging" or "Production"
	UUID string `json:"uuid,omitzero"`
}

// An SSHKey is a public key of a user. A key is made up when Key is empty.
type SSHKey struct {
	Key       string    `json:"key,omitzero"` // "ssh-ed25519 AAAA… comment"
	Label     string    `json:"label,omitzero"`
	Comment   string    `json:"comment,omitzero"` // from the key when empty
	UUID      string    `json:"uuid,omitzero"`
	CreatedOn time.Time `json:"created_on,omitzero"`
	ExpiresOn time.Time `json:"expires_on,omitzero"` // null when zero
	LastUsed  time.Time `json:"last_used,omitzero"`  // null when zero
}

// A GPGKey is a public key of a user. A key is made up when Key is empty.
type GPGKey struct {
	Key         string    `json:"key,omitzero"` // armoured
	Name        string    `json:"name,omitzero"`
	Fingerprint string    `json:"fingerprint,omitzero"` // from the key when empty
	KeyID       string    `json:"key_id,omitzero"`      // the end of the fingerprint when empty
	Subkeys     []GPGKey  `json:"subkeys,omitzero"`
	AddedOn     time.Time `json:"added_on,omitzero"`
	CreatedOn   time.Time `json:"created_on,omitzero"`
	ExpiresOn   time.Time `json:"expires_on,omitzero"` // null when zero
	LastUsed    time.Time `json:"last_used,omitzero"`  // null when zero
}

// A DeployKey is a public key that reaches one repository or project. A key is made up when Key
// is empty.
type DeployKey struct {
	ID       int       `json:"id,omitzero"` // made up when zero
	Key      string    `json:"key,omitzero"`
	Label    string    `json:"label,omitzero"`
	Comment  string    `json:"comment,omitzero"`  // from the key when empty
	AddedBy  string    `json:"added_by,omitzero"` // nickname, UUID or account ID; null when empty
	AddedOn  time.Time `json:"added_on,omitzero"`
	LastUsed time.Time `json:"last_used,omitzero"` // null when zero
}

// A BranchRestriction says who may do what to the branches of a repository, or what a merge
// needs.
type BranchRestriction struct {
	ID int `json:"id,omitzero"` // made up when zero

	// Kind is "push", "restrict_merges", "require_approvals_to_merge" …
	Kind       string   `json:"kind,omitzero"`
	MatchKind  string   `json:"match_kind,omitzero"`  // "glob" when empty, or "branching_model"
	Pattern    string   `json:"pattern,omitzero"`     // of a glob; "*" when empty
	BranchType string   `json:"branch_type,omitzero"` // of the branching model
	Value      *int     `json:"value,omitzero"`       // of the kinds that count
	Users      []string `json:"users,omitzero"`
	Groups     []string `json:"groups,omitzero"`
}

// An Invitation asks somebody to join a workspace, or a repository of it.
type Invitation struct {
	Email      string   `json:"email,omitzero"`
	Repository string   `json:"repository,omitzero"` // slug; "" for the workspace itself
	Permission string   `json:"permission,omitzero"` // on the repository; "read" when empty
	Groups     []string `json:"groups,omitzero"`     // of the workspace

	// InvitedBy is a nickname, UUID or account ID; null when empty.
	InvitedBy string    `json:"invited_by,omitzero"`
	SentOn    time.Time `json:"sent_on,omitzero"`
}

// A File is a file that code search finds.
type File struct {
	Path    string `json:"path,omitzero"`
	Content string `json:"content,omitzero"`
	Commit  string `json:"commit,omitzero"` // hash; derived from the path when empty
}

// A Consumer is an OAuth consumer. Its ID and secret are made up when empty.
type Consumer struct {
	Name        string   `json:"name,omitzero"`
	ID          string   `json:"id,omitzero"`
	Secret      string   `json:"secret,omitzero"`
	Workspace   string   `json:"workspace,omitzero"` // slug or UUID; the owner of the consumer
	Scopes      []string `json:"scopes,omitzero"`    // classic scopes; none is all
	CallbackURL string   `json:"callback_url,omitzero"`
	Public      bool     `json:"public,omitzero"` // not "private": client_credentials is refused
}

// A Grant is an explicit permission: on a repository or on a project, of a user or of a group.
type Grant struct {
	Repository string `json:"repository,omitzero"` // slug
	Project    string `json:"project,omitzero"`    // key
	User       string `json:"user,omitzero"`       // nickname, UUID or account ID
	Group      string `json:"group,omitzero"`      // slug
	Permission string `json:"permission,omitzero"`
}

func (u User) data() store.UserData {
	data := store.UserData{
		Nickname: u.Nickname, DisplayName: u.DisplayName, Username: u.Username, Type: u.Type,
		Kind: u.Kind, UUID: u.UUID, AccountID: u.AccountID, Location: u.Location,
		Website: u.Website, Private: u.Private, Status: u.Status, IsStaff: u.IsStaff,
		Has2FAEnabled: u.Has2FAEnabled, CreatedOn: u.CreatedOn, SearchDisabled: u.SearchDisabled,
	}
	for _, e := range u.Emails {
		data.Emails = append(data.Emails, store.Email(e))
	}
	return data
}

func userOf(u store.UserData) User {
	public := User{
		Nickname: u.Nickname, DisplayName: u.DisplayName, Username: u.Username, Type: u.Type,
		Kind: u.Kind, UUID: u.UUID, AccountID: u.AccountID, Location: u.Location,
		Website: u.Website, Private: u.Private, Status: u.Status, IsStaff: u.IsStaff,
		Has2FAEnabled: u.Has2FAEnabled, CreatedOn: u.CreatedOn, SearchDisabled: u.SearchDisabled,
	}
	for _, e := range u.Emails {
		public.Emails = append(public.Emails, Email(e))
	}
	return public
}

func (k GPGKey) data() store.GPGKey {
	data := store.GPGKey{
		Key: k.Key, Name: k.Name, Fingerprint: k.Fingerprint, KeyID: k.KeyID,
		AddedOn: k.AddedOn, CreatedOn: k.CreatedOn, ExpiresOn: k.ExpiresOn, LastUsed: k.LastUsed,
	}
	for _, sub := range k.Subkeys {
		data.Subkeys = append(data.Subkeys, sub.data())
	}
	return data
}

func gpgKeyOf(k store.GPGKey) GPGKey {
	public := GPGKey{
		Key: k.Key, Name: k.Name, Fingerprint: k.Fingerprint, KeyID: k.KeyID,
		AddedOn: k.AddedOn, CreatedOn: k.CreatedOn, ExpiresOn: k.ExpiresOn, LastUsed: k.LastUsed,
	}
	for _, sub := range k.Subkeys {
		public.Subkeys = append(public.Subkeys, gpgKeyOf(sub))
	}
	return public
}

// Credentials are what a program needs to work with the demo.
type Credentials struct {
	Workspace  string // slug
	Repository string // slug
	UserUUID   string // of the administrator
	AccountID  string // of the administrator
	Email      string // for the API token
	APIToken   string // of the administrator, for Basic

	// AccessToken is an OAuth token of the administrator, for Bearer; together with Email it also
	// goes as an API token.
	AccessToken  string
	ClientID     string // of an OAuth consumer
	ClientSecret string // of that consumer
}

func groupOf(g *store.Group) Group {
	public := Group(g.GroupData)
	public.Members = nil
	for _, u := range g.Users() {
		public.Members = append(public.Members, u.Nickname)
	}
	return public
}

func deployKeyOf(k *store.DeployKey) DeployKey {
	public := DeployKey{
		ID: k.ID, Key: k.Key, Label: k.Label, Comment: k.Comment,
		AddedOn: k.AddedOn, LastUsed: k.LastUsed,
	}
	if k.AddedBy != nil {
		public.AddedBy = k.AddedBy.Nickname
	}
	return public
}
