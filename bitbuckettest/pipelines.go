package bitbuckettest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

func pipelineRoutes() []*route {
	const (
		repository  = "/2.0/repositories/{workspace}/{repo_slug}"
		variables   = repository + "/pipelines_config/variables"
		deployments = repository + "/deployments_config/environments/{environment_uuid}/variables"
	)
	return slices.Concat(
		routesOfVariables("/2.0/users/{selected_user}/pipelines_config/variables", (*call).userVariables),
		routesOfVariables("/2.0/workspaces/{workspace}/pipelines-config/variables",
			(*call).workspaceVariables),
		routesOfVariables(variables, (*call).repositoryVariables),
		routesOfVariables(deployments, (*call).deploymentVariables),
		[]*route{at("GET", repository+"/environments", listEnvironments, paging{service: true})},
	)
}

func routesOfVariables(many string, of variables) []*route {
	one := many + "/{variable_uuid}"
	return []*route{
		at("GET", many, of.list, paging{service: true}),
		at("POST", many, of.create),
		at("GET", one, of.get),
		at("PUT", one, of.update),
		at("DELETE", one, of.delete),
	}
}

// userVariables are the pipeline variables of the account of the path, which has to be the
// caller's.
func (c *call) userVariables() (*store.Variables, error) {
	u := c.store.User(c.vars["selected_user"])
	if u == nil {
		return nil, failService(http.StatusNotFound, "Not found", "There is no such account.",
			"account-service.account.not-found", object{})
	}
	if !c.reader().Is(u) {
		return nil, notYours()
	}
	return &u.Variables, nil
}

// workspaceVariables are the pipeline variables of the workspace of the path. Members read them,
// and administrators and access tokens of the workspace write them.
func (c *call) workspaceVariables() (*store.Variables, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, err
	}
	if !c.reader().BelongsTo(w) || c.method() != http.MethodGet && !c.reader().WritesVariables(w) {
		return nil, forbidden("You are not an administrator of this workspace.")
	}
	return &w.Variables, nil
}

// repositoryVariables are the pipeline variables of the repository of the path, which the caller
// has to administer.
func (c *call) repositoryVariables() (*store.Variables, error) {
	r, err := c.ownRepository()
	if err != nil {
		return nil, err
	}
	return &r.Variables, nil
}

// deploymentVariables are those of one environment of the repository.
func (c *call) deploymentVariables() (*store.Variables, error) {
	r, err := c.ownRepository()
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(c.path, "{}") { // braces have to be escaped here
		return nil, failText(http.StatusBadRequest, "Bad Request")
	}
	id := c.vars["environment_uuid"]
	if e := r.Environment(id); e != nil && e.UUID == strings.ToLower(id) {
		return &e.Variables, nil
	}
	return nil, failService(http.StatusNotFound, "Not found", "There is no such environment.",
		"environment-service.environment.not-found", object{})
}

func listEnvironments(c *call) (answer, error) {
	r, err := c.repository()
	if err != nil {
		return answer{}, err
	}
	return paged(c, listing[*store.Environment]{items: r.Environments, show: c.docs().Environment})
}

// variables finds the variables that a call is about. Its methods are the handlers.
type variables func(*call) (*store.Variables, error)

// wantedVariable is what a request may say about a variable.
type wantedVariable struct {
	Key     *string `json:"key"`
	Value   *string `json:"value"`
	Secured *bool   `json:"secured"`
}

func (of variables) list(c *call) (answer, error) {
	all, err := of(c)
	if err != nil {
		return answer{}, err
	}
	return paged(c, listing[*store.Variable]{items: all.All, show: c.docs().Variable})
}

func (of variables) get(c *call) (answer, error) {
	_, v, err := of.one(c)
	if err != nil {
		return answer{}, err
	}
	return ok(c.docs().Variable(v))
}

func (of variables) create(c *call) (answer, error) {
	all, err := of(c)
	if err != nil {
		return answer{}, err
	}
	wanted, err := c.decodeVariable(all, nil)
	if err != nil {
		return answer{}, err
	}
	if wanted.Key == nil {
		return answer{}, invalidVariable("The key is missing.")
	}
	v, err := c.store.AddVariable(all, store.Variable{Key: *wanted.Key})
	if err != nil {
		return answer{}, err
	}
	c.store.ChangeVariable(all, v, store.VariableChange(wanted))
	return created(c.base+c.plainPath()+"/"+url.PathEscape(v.UUID), c.docs().Variable(v))
}

func (of variables) update(c *call) (answer, error) {
	all, v, err := of.one(c)
	if err != nil {
		return answer{}, err
	}
	wanted, err := c.decodeVariable(all, v)
	if err != nil {
		return answer{}, err
	}
	c.store.ChangeVariable(all, v, store.VariableChange(wanted))
	return ok(c.docs().Variable(v))
}

func (of variables) delete(c *call) (answer, error) {
	all, v, err := of.one(c)
	if err != nil {
		return answer{}, err
	}
	c.store.RemoveVariable(all, v)
	return noContent()
}

// one finds the variable of the path.
func (of variables) one(c *call) (*store.Variables, *store.Variable, error) {
	all, err := of(c)
	if err != nil {
		return nil, nil, err
	}
	if v := all.Find(c.vars["variable_uuid"]); v != nil {
		return all, v, nil
	}
	return nil, nil, failService(http.StatusNotFound, "Not found", "There is no such variable.",
		"variable-service.variable.not-found", object{})
}

// decodeVariable reads what is wanted of a variable: a new one, or the one given. Keys are unique
// but for their case.
func (c *call) decodeVariable(all *store.Variables, changed *store.Variable) (wantedVariable,
	error,
) {
	var wanted wantedVariable
	if c.decode(&wanted) != nil {
		return wanted, failService(http.StatusBadRequest, "Bad request", "Unexpected request body",
			"unexpected.request.body", object{})
	}
	if wanted.Key == nil {
		return wanted, nil
	}
	if !isVariableKey(*wanted.Key) {
		return wanted, invalidVariable(
			"A key has letters, digits and underscores, and does not begin with a digit.")
	}
	if all.Taken(*wanted.Key, changed) {
		const detail = "A variable with this key exists already."
		return wanted, failService(http.StatusConflict, "Conflict", detail,
			"variable-service.variable.duplicate", object{"key": detail})
	}
	return wanted, nil
}

func isVariableKey(key string) bool {
	for i, r := range key {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return key != ""
}

func invalidVariable(detail string) *failure {
	return failService(http.StatusBadRequest, "Bad request", detail,
		"variable-service.variable.invalid-key", object{"key": detail})
}
