package access

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/seed-9213fc64/bitbucket"
)

// belongings reads what hangs on a workspace, a project or a repository.
func (l *live) belongings(ctx context.Context, ask Ask, opts []bitbucket.CallOption) iter.Seq2[Page, error] {
	switch ask.Source {
	case Groups:
		return kept(at[wireGroup](ctx, l, "/1.0/groups/%s", ask, nil), wireGroup.item)
	case Invitations:
		return kept(at[wireInvitation](ctx, l, "/1.0/invitations/%s", ask, nil), wireInvitation.item)
	case WorkspaceVariables:
		return kept(l.client.Pipelines.WorkspaceVariables(ask.Workspace).List(ctx, opts...), variable)
	case RepositoryVariables:
		return kept(at[bitbucket.Variable](ctx, l, "/2.0/repositories/%s/%s/pipelines_config/variables", ask, opts), variable)
	case RepositoryKeys:
		return kept(at[wireKey](ctx, l, "/2.0/repositories/%s/%s/deploy-keys", ask, opts), wireKey.item)
	case ProjectKeys:
		return kept(at[wireKey](ctx, l, "/2.0/workspaces/%s/projects/%s/deploy-keys", ask, opts), wireKey.item)
	}
	return func(yield func(Page, error) bool) {
		yield(Page{}, fmt.Errorf("there is no source %q", ask.Source))
	}
}

// variable keeps what is no secret.
func variable(v bitbucket.Variable) Item {
	return Item{Variable: &Variable{UUID: canonicalID(string(v.UUID)), Key: v.Key, Secured: v.Secured}}
}

// wireUser is a user of what outlived the 1.0 API.
type wireUser struct {
	UUID        bitbucket.UUID `json:"uuid"`
	AccountID   string         `json:"account_id"`
	DisplayName string         `json:"display_name"`
	Nickname    string         `json:"nickname"`
	IsTeam      bool           `json:"is_team"`
}

func (u wireUser) account() Account {
	a := Account{UUID: canonicalID(string(u.UUID)), AccountID: u.AccountID, Name: u.DisplayName, Nickname: u.Nickname}
	if a.Type = "user"; u.IsTeam {
		a.Type = "team"
	}
	return a
}

// wireGroup is a group of the 1.0 API, with its members.
type wireGroup struct {
	Name      string          `json:"name"`
	Slug      string          `json:"slug"`
	Privilege json.RawMessage `json:"account_privilege"` // null differs from nothing
	Members   []wireUser      `json:"members"`
}

func (g wireGroup) item() Item {
	facts := &GroupFacts{Slug: g.Slug, Name: g.Name, Listed: g.Members != nil}
	if len(g.Privilege) > 0 {
		var text string
		if string(g.Privilege) == "null" || json.Unmarshal(g.Privilege, &text) == nil {
			facts.Privilege = &text
		}
	}
	for _, m := range g.Members {
		facts.Members = append(facts.Members, m.account())
	}
	return Item{Group: facts}
}

// wireInvitation is an invitation of the 1.0 API.
type wireInvitation struct {
	Email      string               `json:"email"`
	Permission bitbucket.Permission `json:"permission"`
	SentOn     bitbucket.Time       `json:"utc_sent_on"`
	Repository *struct {
		Slug string `json:"slug"`
	} `json:"repository"`
}

func (i wireInvitation) item() Item {
	kept := &Invitation{Email: i.Email, Permission: i.Permission, SentOn: timeOf(i.SentOn.Time)}
	if i.Repository != nil {
		kept.Repository = i.Repository.Slug
	}
	return Item{Invitation: kept}
}

// wireKey is a deploy key. Bitbucket's documents name nothing that tells whether it may write; should
// an answer say so, it is read.
type wireKey struct {
	ID        json.Number    `json:"id"`
	Label     string         `json:"label"`
	AddedOn   bitbucket.Time `json:"added_on"`
	CreatedOn bitbucket.Time `json:"created_on"`
	LastUsed  bitbucket.Time `json:"last_used"`
	ReadOnly  *bool          `json:"read_only"`
}

func (k wireKey) item() Item {
	added := k.AddedOn
	if added.IsZero() {
		added = k.CreatedOn
	}
	kept := &DeployKey{
		ID: k.ID.String(), Label: k.Label, AddedOn: timeOf(added.Time), LastUsed: timeOf(k.LastUsed.Time),
	}
	if k.ReadOnly != nil {
		kept.Writes = new(!*k.ReadOnly)
	}
	return Item{Key: kept}
}
