package openapi

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
)

// plainOperations are those that the client calls by their paths.
func plainOperations(id ids) []operation {
	const (
		repository  = "/2.0/repositories/{workspace}/{repo_slug}"
		project     = "/2.0/workspaces/{workspace}/projects/{project_key}"
		deployments = repository + "/deployments_config/environments/{environment_uuid}/variables"
		groups      = "/1.0/groups/{workspace_slug}"
		invitations = "/1.0/invitations/{workspace_slug}"
	)
	at := places(id)
	table := []operation{
		at.list(repository + "/environments"),
		at.list(repository + "/branch-restrictions"),
		at.get(groups), at.get(groups + "/{group_slug}"), at.get(groups + "/{group_slug}/members"),
		at.get("/1.0/group-privileges/{workspace_slug}"),
		at.get(invitations), at.get(invitations + "/{repo_slug}"),
	}
	search := at.list("/2.0/workspaces/{workspace}/search/code")
	search.paged = false // with fields its next link is malformed, which only Search.Code knows
	search.call = func(ctx ctx, c client, o ...option) (int, error) {
		path := at.path("/2.0/workspaces/{workspace}/search/code") + "?search_query=needle"
		return all(bitbucket.ListAt[json.RawMessage](ctx, c, path, o...))
	}
	table = append(table, search)
	table = append(table, at.variables(repository+"/pipelines_config/variables", id.repoVariable)...)
	table = append(table, at.variables(deployments, id.deployVariable)...)
	table = append(table, at.keys(repository+"/deploy-keys", id.deployKey)...)
	return append(table, at.keys(project+"/deploy-keys", id.projectKey)...)
}

// Short names, for the rows of the table.
type (
	ctx    = context.Context
	client = *bitbucket.Client
	option = bitbucket.CallOption
)

func all[T any](l *bitbucket.List[T]) (int, error) {
	items, err := l.Collect()
	return len(items), err
}

func none(err error) (int, error) { return 0, err }

// filled replaces the parameters of a pattern.
type filled struct{ *strings.Replacer }

func places(id ids) filled {
	return filled{strings.NewReplacer("{workspace}", id.workspace, "{workspace_slug}", id.workspace,
		"{repo_slug}", id.repo, "{project_key}", id.project, "{group_slug}", id.group,
		"{environment_uuid}", url.PathEscape(id.environment))}
}

func (f filled) path(pattern string) string { return f.Replace(pattern) }

// list reads a list.
func (f filled) list(pattern string) operation {
	return operation{
		name: "GET " + pattern, paged: true,
		call: func(ctx ctx, c client, o ...option) (int, error) {
			return all(bitbucket.ListAt[json.RawMessage](ctx, c, f.path(pattern), o...))
		},
	}
}

// get reads what is not paged.
func (f filled) get(pattern string) operation {
	return f.send("GET", pattern, pattern, nil)
}

func (f filled) send(method, pattern, path string, body any) operation {
	return operation{
		name: method + " " + pattern, old: strings.HasPrefix(pattern, "/1.0/"),
		call: func(ctx ctx, c client, o ...option) (int, error) {
			var out any = &json.RawMessage{}
			if method == "DELETE" {
				out = nil
			}
			return none(c.Do(ctx, method, f.path(path), body, out, o...))
		},
	}
}

func (f filled) variables(many, uuid string) []operation {
	one, this := many+"/{variable_uuid}", many+"/"+url.PathEscape(uuid)
	return []operation{
		f.list(many),
		f.send("POST", many, many, map[string]any{"key": "NEW", "value": "x", "secured": true}),
		f.send("GET", one, this, nil),
		f.send("PUT", one, this, map[string]any{"value": ""}),
		f.send("DELETE", one, this, nil),
	}
}

func (f filled) keys(many, id string) []operation {
	one, this := many+"/{key_id}", many+"/"+id
	return []operation{
		f.list(many),
		f.send("POST", many, many, map[string]any{"key": newDeployKey, "label": "new"}),
		f.send("GET", one, this, nil),
		f.send("DELETE", one, this, nil),
	}
}
