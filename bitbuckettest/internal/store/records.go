package store

import (
	"encoding/json"
	"time"
)

// A Store is everything that there is.
type Store struct {
	users      index[*User]
	workspaces index[*Workspace]
	usernames  map[string]*User
	nicknames  map[string]*User // the first of a name, since nicknames are not unique
	addresses  map[string]*User
	sshKeys    map[string]*User // whose a key is, by its line
	gpgKeys    map[string]*User // and by its fingerprint
	version    uint64
	made       int
}

// UserData is what is known of an account.
type UserData struct {
	Nickname       string
	DisplayName    string
	Username       string
	Type           string // user, app_user or team
	Kind           string // of an app user
	UUID           string
	AccountID      string
	Emails         []Email
	Location       string
	Website        string
	Private        bool
	Status         string
	IsStaff        bool
	Has2FAEnabled  *bool
	CreatedOn      time.Time
	SearchDisabled bool
}

// An Email is an address of a user.
type Email struct {
	Address     string
	Primary     bool
	Unconfirmed bool
}

// A User is an account with what belongs to it.
type User struct {
	UserData
	Variables Variables

	place      int // among the users
	properties map[string]*Property
	sshKeys    index[*SSHKey]
	gpgKeys    []*GPGKey
	store      *Store
}

// A Property is an application property of a user.
type Property struct {
	Value  json.RawMessage
	Writer string // ID of the consumer that wrote it; "" is everybody's
}

// WorkspaceData is what is known of a workspace.
type WorkspaceData struct {
	Slug           string
	Name           string
	UUID           string
	Personal       string // the user whose personal workspace this is
	Private        bool
	PrivacyEnforce bool
	ForkingMode    string
	CreatedOn      time.Time
	AdminHub       bool
	UserLimit      int
}

// A Workspace holds projects, repositories, groups and members.
type Workspace struct {
	WorkspaceData
	Variables Variables

	members     index[*Member]
	apps        map[*User]bool
	projects    index[*Project]
	repos       index[*Repository]
	groups      index[*Group]
	invitations []Invitation
	store       *Store

	rights   uint64 // changes with every right in the workspace
	wide     uint64 // changes with those that reach every repository
	accesses []Access
	fresh    uint64 // the rights that accesses show, plus one
}

// MemberData is what is known of a membership.
type MemberData struct {
	User         string
	Role         string
	AddedOn      time.Time
	LastAccessed time.Time
}

// A Member is a user in a workspace.
type Member struct {
	MemberData
	Of        *User
	Workspace *Workspace
}

// An Invitation asks an address to join groups of a workspace, or a repository of it.
type Invitation struct {
	Email      string
	Repository string // slug; "" for the workspace itself
	Permission string // on the repository
	Groups     []string
	InvitedBy  *User
	SentOn     time.Time
}

// ProjectData is what is known of a project.
type ProjectData struct {
	Key         string
	Name        string
	UUID        string
	Description string
	Private     bool
	CreatedOn   time.Time
}

// A Project groups repositories of a workspace.
type Project struct {
	ProjectData
	Grants
	DeployKeys DeployKeys
	Workspace  *Workspace

	repos  []*Repository
	rights uint64
}

// RepositoryData is what is known of a repository.
type RepositoryData struct {
	Slug        string
	Name        string
	UUID        string
	Project     string // key
	Description string
	Language    string
	Website     string
	Public      bool
	Size        int
	CreatedOn   time.Time
	UpdatedOn   time.Time
}

// A Repository is code, and who may do what with it.
type Repository struct {
	RepositoryData
	Grants
	Variables  Variables
	DeployKeys DeployKeys
	Workspace  *Workspace
	In         *Project

	files        []File
	environments index[*Environment]
	restrictions []*Restriction

	rights   uint64
	accesses []Access
	fresh    stamp
}

// A File is what code search finds.
type File struct {
	Path    string
	Content string
	Commit  string // hash
}

// GroupData is what is known of a group.
type GroupData struct {
	Slug                    string
	Name                    string
	Members                 []string
	Permission              string // on what is new in the workspace; "" is none
	Privilege               string // in the workspace: admin, collaborator or ""
	AutoAdd                 bool
	EmailForwardingDisabled *bool
}

// A Group is a set of users of a workspace.
type Group struct {
	GroupData
	Workspace *Workspace
	users     index[*User]
}

// Grants are the explicit permissions on a repository or a project, in the order they were given.
type Grants struct {
	ToUsers  Granted[*User]
	ToGroups Granted[*Group]
	project  bool
}

// Granted are the explicit permissions that were given to users, or to groups.
type Granted[T comparable] struct {
	all     []*Grant[T]
	to      map[T]*Grant[T]
	changed func()
}

// A Grant is an explicit permission of a user or a group.
type Grant[T comparable] struct {
	To         T
	Permission string
}

// An Access is the effective permission of a user on a repository.
type Access struct {
	User       *User
	Repository *Repository
	Permission string
}

// A stamp says which rights a cached list shows.
type stamp struct{ wide, project, own uint64 }

// A Variable is a pipeline variable.
type Variable struct {
	Key     string
	Value   string
	Secured bool
	UUID    string
}

// Variables are the pipeline variables of one owner. No two have the same key but for its case.
type Variables struct {
	all   index[*Variable]
	byKey map[string]*Variable // in capitals
}

// An Environment is what a repository deploys to.
type Environment struct {
	Name      string
	Slug      string
	Kind      string // Test, Staging or Production
	UUID      string
	Variables Variables
}

// An SSHKey is a public key of a user.
type SSHKey struct {
	Key       string // type and key, without the comment
	Label     string
	Comment   string
	UUID      string
	CreatedOn time.Time
	ExpiresOn time.Time
	LastUsed  time.Time
}

// A GPGKey is a public key of a user.
type GPGKey struct {
	Key         string
	Name        string
	Fingerprint string
	KeyID       string
	Subkeys     []GPGKey
	AddedOn     time.Time
	CreatedOn   time.Time
	ExpiresOn   time.Time
	LastUsed    time.Time
}

// A DeployKey is a public key that reaches one repository, or the repositories of one project.
type DeployKey struct {
	ID       int
	Key      string // type and key, without the comment
	Label    string
	Comment  string
	AddedBy  *User // nil when it is not known any more
	AddedOn  time.Time
	LastUsed time.Time
}

// DeployKeys are those of one repository or project.
type DeployKeys struct{ all []*DeployKey }

// A Restriction says who may push to, merge into or delete branches of a repository, or what a
// merge needs.
type Restriction struct {
	ID         int
	Kind       string // push, delete, force, restrict_merges, require_approvals_to_merge …
	MatchKind  string // glob or branching_model
	Pattern    string // of a glob
	BranchType string // of the branching model: development, production, feature …
	Value      *int   // of the kinds that count
	Users      []*User
	Groups     []*Group
}
