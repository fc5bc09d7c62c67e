package bitbuckettest

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
)

// userVariables are the pipeline variables of the account of the path, which has to be the caller's.
func (c *call) userVariables() (*[]*Variable, error) {
	u := c.srv.findUser(c.vars["selected_user"])
	if u == nil {
		return nil, failService(http.StatusNotFound, "Not found", "There is no such account.", "account-service.account.not-found")
	}
	if u != c.who.user {
		return nil, forbidden("This account is not yours.")
	}
	return &u.variables, nil
}

// workspaceVariables are the pipeline variables of the workspace of the path. Members read them, and administrators
// and access tokens of the workspace write them.
func (c *call) workspaceVariables() (*[]*Variable, error) {
	w, err := c.workspace()
	if err != nil {
		return nil, err
	}
	if !c.belongsTo(w) || c.req.Method != http.MethodGet && c.who.kind != workspaceToken && !c.ownsWorkspace(w) {
		return nil, forbidden("You are not an administrator of this workspace.")
	}
	return &w.variables, nil
}

// variables finds the list of variables that a call is about. Its methods are the handlers.
type variables func(*call) (*[]*Variable, error)

// change is what a request may say about a variable; nil leaves things as they are.
type change struct {
	Key     *string `json:"key"`
	Value   *string `json:"value"`
	Secured *bool   `json:"secured"`
}

func (of variables) list(c *call) (answer, error) {
	all, err := of(c)
	if err != nil {
		return answer{}, err
	}
	return paged(c, *all, variableDoc)
}

func (of variables) get(c *call) (answer, error) {
	_, v, err := of.one(c)
	if err != nil {
		return answer{}, err
	}
	return ok(variableDoc(v))
}

func (of variables) create(c *call) (answer, error) {
	all, err := of(c)
	if err != nil {
		return answer{}, err
	}
	var wanted change
	if err := of.decode(c, *all, nil, &wanted); err != nil {
		return answer{}, err
	}
	if wanted.Key == nil {
		return answer{}, invalidVariable("The key is missing.")
	}
	v := c.srv.addVariable(all, Variable{})
	wanted.apply(v)
	return created(c.base+c.plainPath()+"/"+url.PathEscape(v.UUID), variableDoc(v))
}

func (of variables) update(c *call) (answer, error) {
	all, v, err := of.one(c)
	if err != nil {
		return answer{}, err
	}
	var wanted change
	if err := of.decode(c, *all, v, &wanted); err != nil {
		return answer{}, err
	}
	wanted.apply(v)
	return ok(variableDoc(v))
}

func (of variables) delete(c *call) (answer, error) {
	all, v, err := of.one(c)
	if err != nil {
		return answer{}, err
	}
	*all = slices.DeleteFunc(*all, func(other *Variable) bool { return other == v })
	return noContent()
}

// one finds the variable of the path.
func (of variables) one(c *call) (*[]*Variable, *Variable, error) {
	all, err := of(c)
	if err != nil {
		return nil, nil, err
	}
	if v := find(*all, func(v *Variable) bool { return sameUUID(v.UUID, c.vars["variable_uuid"]) }); v != nil {
		return all, v, nil
	}
	return nil, nil, failService(http.StatusNotFound, "Not found", "There is no such variable.", "variable-service.variable.not-found")
}

// decode reads what is wanted of a variable: a new one, or the one given. Keys are unique.
func (of variables) decode(c *call, all []*Variable, changed *Variable, wanted *change) error {
	if c.decode(wanted) != nil {
		return failService(http.StatusBadRequest, "Bad request", "Unexpected request body", "unexpected.request.body")
	}
	if wanted.Key == nil {
		return nil
	}
	if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(*wanted.Key) {
		return invalidVariable("A key has letters, digits and underscores, and does not begin with a digit.")
	}
	if slices.ContainsFunc(all, func(v *Variable) bool { return v != changed && v.Key == *wanted.Key }) {
		return failService(http.StatusConflict, "Conflict", "A variable with this key exists already.", "variable-service.variable.duplicate")
	}
	return nil
}

func invalidVariable(detail string) *failure {
	return failService(http.StatusBadRequest, "Bad request", detail, "variable-service.variable.invalid-key")
}

func (wanted *change) apply(v *Variable) {
	if wanted.Key != nil {
		v.Key = *wanted.Key
	}
	if wanted.Value != nil {
		v.Value = *wanted.Value
	}
	if wanted.Secured != nil {
		v.Secured = *wanted.Secured
	}
}
