package access

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// belongings reads what hangs on a workspace, a project or a repository.
func (l *live) belongings(
	ctx context.Context,
	ask Ask,
	opts []bitbucket.CallOption,
) iter.Seq2[Page, error] {
	switch ask.Source {
	case Groups:
		return atOnce(func() ([]v1.Group, error) { return l.old.Groups.List(ctx, ask.at()) }, groupItem)
	case Invitations:
		return atOnce(
			func() ([]v1.Invitation, error) { return l.old.Invitations.List(ctx, ask.at()) },
			invitationItem,
		)
	case WorkspaceVariables:
		return kept(l.client.Pipelines.WorkspaceVariables(ask.at()).List(ctx, opts...), variable)
	case RepositoryVariables:
		return kept(
			l.client.Pipelines.RepositoryVariables(ask.at(), ask.Place).List(ctx, opts...),
			variable,
		)
	case RepositoryKeys:
		return kept(at[wireKey](ctx, l, "/2.0/repositories/%s/%s/deploy-keys", ask, opts), wireKey.item)
	case ProjectKeys:
		return kept(
			at[wireKey](ctx, l, "/2.0/workspaces/%s/projects/%s/deploy-keys", ask, opts),
			wireKey.item,
		)
	}
	return func(yield func(Page, error) bool) {
		yield(Page{}, fmt.Errorf("there is no source %q", ask.Source))
	}
}

// variable keeps what is no secret.
func variable(v bitbucket.Variable) Item {
	return Item{Variable: &Variable{UUID: canonicalID(string(v.UUID)), Key: v.Key, Secured: v.Secured}}
}

// groupItem keeps a group of the 1.0 API, which says who is in it but not what it may do in the
// workspace.
func groupItem(g v1.Group) Item {
	facts := &GroupFacts{Slug: g.Slug, Name: g.Name, Listed: g.Members != nil}
	for _, m := range g.Members {
		who := Account{
			UUID: canonicalID(m.UUID), AccountID: m.AccountID, Name: m.DisplayName, Nickname: m.Nickname,
			Type: "user",
		}
		if m.IsTeam != nil && *m.IsTeam {
			who.Type = "team"
		}
		facts.Members = append(facts.Members, who)
	}
	return Item{Group: facts}
}

func invitationItem(i v1.Invitation) Item {
	kept := &Invitation{Email: i.Email, Permission: i.Permission, SentOn: timeOf(i.UTCSentOn.Time)}
	if kept.SentOn == nil {
		kept.SentOn = timeOf(i.SentOn.Time)
	}
	if i.Repository != nil {
		kept.Repository = slugOf(i.Repository.Slug)
	}
	return Item{Invitation: kept}
}

// atOnce is a page of a list that comes without paging.
func atOnce[T any](get func() ([]T, error), keep func(T) Item) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		all, err := get()
		page := Page{Told: new(len(all))}
		for _, v := range all {
			page.Items = append(page.Items, keep(v))
		}
		yield(page, err)
	}
}

// wireKey is a deploy key. Bitbucket's documents name nothing that tells whether it may write;
// should an answer say so, it is read.
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
