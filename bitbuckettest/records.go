package bitbuckettest

import (
	"encoding/json"
	"time"
)

// A User is an account. Nickname is the only field that has to be set.
type User struct {
	Nickname    string
	DisplayName string // the nickname when empty
	Username    string // the nickname in lower case, without spaces, when empty; only GET /2.0/user shows it
	Type        string // "user" when empty, "app_user" or "team"
	Kind        string // of an app user
	UUID        string // with braces; derived from the username when empty
	AccountID   string // "557058:" and the UUID when empty

	// Emails holds the addresses; the first one is the primary one unless another says so. When it is
	// empty, a user gets the username at example.com.
	Emails []Email

	Location      string // null when empty
	Website       string // absent when empty
	Private       bool   // a private profile shows no location, website and created_on
	Status        string // account_status; "active" when empty
	IsStaff       bool
	Has2FAEnabled *bool     // nil is null for everybody; other values are seen by administrators of a shared workspace
	CreatedOn     time.Time // 2018-03-14 when zero

	SearchDisabled bool // code search answers 404
}

// An Email is an address of a user.
type Email struct {
	Address     string
	Primary     bool
	Unconfirmed bool
}

// A Workspace holds projects, repositories, groups and members. Slug is the only field that has to be set.
type Workspace struct {
	Slug string
	Name string // the slug when empty
	UUID string // with braces; derived from the slug when empty

	// Personal names the user whose personal workspace this is: it takes the UUID of that user, who becomes an owner.
	Personal string

	Private        bool // only members see it
	PrivacyEnforce bool // is_privacy_enforced
	ForkingMode    string
	CreatedOn      time.Time

	AdminHub  bool // administered in admin.atlassian.com: memberships have no last_accessed and added_on
	UserLimit int  // users with access to a repository that the plan allows; a permission beyond answers 402; 0 is no limit
}

// A Member is the membership of a user in a workspace.
type Member struct {
	User         string    // nickname, UUID or account ID
	Role         string    // "member" when empty, "collaborator", "create-project" or "owner"
	AddedOn      time.Time // null when zero
	LastAccessed time.Time // null when zero
}

// A Project groups repositories. Key is the only field that has to be set.
type Project struct {
	Key         string
	Name        string // the key when empty
	UUID        string
	Description string
	Private     bool
	CreatedOn   time.Time
}

// A Repository belongs to a project of a workspace. Slug is the only field that has to be set.
type Repository struct {
	Slug        string
	Name        string // the slug when empty
	UUID        string
	Project     string // key; the first project of the workspace when empty
	Description string
	Language    string
	Website     string
	Public      bool
	Size        int
	CreatedOn   time.Time
	UpdatedOn   time.Time
}

// A Group is a set of users of a workspace.
type Group struct {
	Slug    string   // from the name when empty
	Name    string   // the slug when empty
	Members []string // nickname, UUID or account ID
}

// A Variable is a pipeline variable of a user or a workspace.
type Variable struct {
	Key     string
	Value   string
	Secured bool
	UUID    string
}

// An SSHKey is a public key of a user. A key is made up when Key is empty.
type SSHKey struct {
	Key       string // "ssh-ed25519 AAAA… comment"
	Label     string
	Comment   string // from the key when empty
	UUID      string
	CreatedOn time.Time
	ExpiresOn time.Time // null when zero
	LastUsed  time.Time // null when zero
}

// A GPGKey is a public key of a user. A key is made up when Key is empty.
type GPGKey struct {
	Key         string // armoured
	Name        string
	Fingerprint string // from the key when empty
	KeyID       string // the end of the fingerprint when empty
	Subkeys     []GPGKey
	AddedOn     time.Time
	CreatedOn   time.Time
	ExpiresOn   time.Time // null when zero
	LastUsed    time.Time // null when zero
}

// A File is a file that code search finds.
type File struct {
	Path    string
	Content string
	Commit  string // hash; derived from the path when empty
}

// A Consumer is an OAuth consumer. Its ID and secret are made up when empty.
type Consumer struct {
	Name        string
	ID          string
	Secret      string
	Workspace   string   // slug or UUID; the owner of the consumer
	Scopes      []string // classic scopes; none is all
	CallbackURL string
	Public      bool // not "private": client_credentials is refused
}

type user struct {
	User
	index      int
	variables  []*Variable
	properties map[string]*property
	sshKeys    []*SSHKey
	gpgKeys    []*GPGKey
}

type property struct {
	value  json.RawMessage
	writer string // consumer that wrote it, "" for the builder
}

type workspace struct {
	Workspace
	members   []*member
	apps      []*user // app users of the workspace's consumers
	projects  []*project
	repos     []*repository
	groups    []*group
	variables []*Variable
}

type member struct {
	user *user
	ws   *workspace
	Member
}

type project struct {
	Project
	ws *workspace
	grants
}

type repository struct {
	Repository
	ws      *workspace
	project *project
	files   []File
	grants
}

type group struct {
	Group
	ws    *workspace
	users []*user
}

// grants are the explicit permissions on a repository or a project, in the order they were given.
type grants struct {
	users  []*userGrant
	groups []*groupGrant
}

type userGrant struct {
	user       *user
	permission string
}

type groupGrant struct {
	group      *group
	permission string
}
