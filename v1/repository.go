package v1

import (
	"encoding/json"
	"fmt"
)

// A Repository is a repository as the 1.0 API sent it. In 2011 it had six members:
// description, followers_count, name, resource_uri, slug and website.
type Repository struct {
	Owner       string // the name of an account
	Slug        string
	Name        string
	Description string
	SCM         string // hg or git
	Language    string
	Website     string
	Logo        string // a URL
	State       RepositoryState
	Size        int64 // bytes
	Creator     string
	ResourceURI string // /1.0/repositories/{owner}/{slug}

	IsPrivate     bool
	IsFork        bool
	IsMQ          bool // a patch queue of Mercurial
	HasWiki       bool
	HasIssues     bool
	ReadOnly      bool
	NoForks       bool
	NoPublicForks bool

	// ForkOf and MQOf are the repository that this one was made from, which may be
	// a fork itself. A chain of more than 100 is refused.
	ForkOf *Repository
	MQOf   *Repository

	FollowersCount *int // nil when it was not told, as in some answers to calls with credentials

	EmailMailinglist string
	EmailWriters     bool

	CreatedOn      Date // in Amsterdam's time
	UTCCreatedOn   Date
	LastUpdated    Date // in Amsterdam's time
	UTCLastUpdated Date

	// Only in the dashboard.
	Fork        ForkPath
	AbsoluteURL string
	PK          int64

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// A RepositoryState says whether a repository can be used yet.
type RepositoryState string

// The states of a repository.
const (
	RepositoryAvailable RepositoryState = "available"
	RepositoryCreating  RepositoryState = "creating"
)

// A ForkPath is the path of the repository that another one was forked from, such
// as /auser/site. It is empty for one that is no fork, which the 1.0 API wrote as
// false.
type ForkPath string

// UnmarshalJSON reads a path, or false.
func (p *ForkPath) UnmarshalJSON(data []byte) error {
	if string(data) == "false" {
		*p = ""
		return nil
	}
	var path string
	if err := json.Unmarshal(data, &path); err != nil {
		return err
	}
	if path == "" {
		return fmt.Errorf("bitbucket: %s is no path of a repository", data)
	}
	*p = ForkPath(path)
	return nil
}

// MarshalJSON writes a path, or false.
func (p ForkPath) MarshalJSON() ([]byte, error) {
	if p == "" {
		return []byte("false"), nil
	}
	return json.Marshal(string(p))
}

func (r *Repository) layout() layout {
	return layout{&r.Extra, &r.forms, []field{
		{"scm", val(&r.SCM)},
		{"has_wiki", val(&r.HasWiki)},
		{"last_updated", val(&r.LastUpdated)},
		{"no_forks", val(&r.NoForks)},
		{"created_on", val(&r.CreatedOn)},
		{"owner", val(&r.Owner)},
		{"logo", val(&r.Logo)},
		{"email_mailinglist", val(&r.EmailMailinglist)},
		{"is_mq", val(&r.IsMQ)},
		{"size", val(&r.Size)},
		{"read_only", val(&r.ReadOnly)},
		{"fork_of", one(&r.ForkOf)},
		{"mq_of", one(&r.MQOf)},
		{"followers_count", val(&r.FollowersCount)},
		{"state", val(&r.State)},
		{"utc_created_on", val(&r.UTCCreatedOn)},
		{"website", val(&r.Website)},
		{"description", val(&r.Description)},
		{"has_issues", val(&r.HasIssues)},
		{"is_fork", val(&r.IsFork)},
		{"slug", val(&r.Slug)},
		{"is_private", val(&r.IsPrivate)},
		{"name", val(&r.Name)},
		{"language", val(&r.Language)},
		{"utc_last_updated", val(&r.UTCLastUpdated)},
		{"email_writers", val(&r.EmailWriters)},
		{"no_public_forks", val(&r.NoPublicForks)},
		{"creator", val(&r.Creator)},
		{"resource_uri", val(&r.ResourceURI)},
		{"fork", val(&r.Fork)},
		{"absolute_url", val(&r.AbsoluteURL)},
		{"_pk", val(&r.PK)},
	}}
}

// UnmarshalJSON reads a repository.
func (r *Repository) UnmarshalJSON(data []byte) error {
	*r = Repository{}
	return readObject(data, r.layout(), 0)
}

// MarshalJSON writes a repository as it came.
func (r Repository) MarshalJSON() ([]byte, error) { return writeObject(r.layout()) }
