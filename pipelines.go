package bitbucket

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
)

// PipelinesService calls the endpoints of Bitbucket Pipelines' variables, and of the environments
// that repositories are deployed to.
type PipelinesService struct{ core *core }

// UserVariables returns the variables of a user's account, given by UUID or Atlassian account
// ID. It makes no call. The endpoints begin with /2.0/users/{selected_user}/pipelines_config.
//
// Deprecated: Bitbucket has deprecated account variables, and API tokens cannot have a scope
// for them. Use [PipelinesService.WorkspaceVariables].
func (s *PipelinesService) UserVariables(user string) *Variables {
	return &Variables{s.core, at("/2.0/users/{selected_user}/pipelines_config/variables", user)}
}

// WorkspaceVariables returns the variables of a workspace. It makes no call. The endpoints
// begin with /2.0/workspaces/{workspace}/pipelines-config.
func (s *PipelinesService) WorkspaceVariables(workspace string) *Variables {
	return &Variables{s.core, at("/2.0/workspaces/{workspace}/pipelines-config/variables", workspace)}
}

// RepositoryVariables returns the variables of a repository. It makes no call. The endpoints
// begin with /2.0/repositories/{workspace}/{repo_slug}/pipelines_config.
func (s *PipelinesService) RepositoryVariables(workspace, repo string) *Variables {
	return &Variables{
		s.core,
		at("/2.0/repositories/{workspace}/{repo_slug}/pipelines_config/variables", workspace, repo),
	}
}

// DeploymentVariables returns the variables of an environment that a repository is deployed to,
// given by the UUID that ListEnvironments returns. It makes no call. The endpoints begin with
// /2.0/repositories/{workspace}/{repo_slug}/deployments_config.
//
// Bitbucket's documents know no reading of a single one of these variables, so that Get may be
// [ErrNotFound] for one that exists; List has all of them.
func (s *PipelinesService) DeploymentVariables(workspace, repo, environment string) *Variables {
	return &Variables{s.core, at("/2.0/repositories/{workspace}/{repo_slug}/deployments_config"+
		"/environments/{environment_uuid}/variables", workspace, repo, environment)}
}

// ListEnvironments returns the environments that a repository is deployed to.
//
// GET /2.0/repositories/{workspace}/{repo_slug}/environments. Scope: pipeline, or
// read:pipeline:bitbucket.
func (s *PipelinesService) ListEnvironments(
	ctx context.Context, workspace, repo string, opts ...CallOption,
) *List[Environment] {
	return list[Environment](ctx, s.core,
		at("/2.0/repositories/{workspace}/{repo_slug}/environments", workspace, repo), opts)
}

// Variables reads and changes the pipeline variables of a user, a workspace, a repository or an
// environment.
type Variables struct {
	core *core
	at   endpoint
}

// List returns the variables. The values of secured variables are empty.
//
// GET …/variables. Scope of a user: pipeline. Scope of a workspace: pipeline, or
// read:pipeline:bitbucket. Scope of a repository: pipeline, or read:pipeline:bitbucket. Scope
// of an environment: pipeline, or read:pipeline:bitbucket.
func (v *Variables) List(ctx context.Context, opts ...CallOption) *List[Variable] {
	return list[Variable](ctx, v.core, v.at, opts)
}

// Get returns a variable by its UUID. The value of a secured variable is empty: Bitbucket never
// returns it.
//
// GET …/variables/{variable_uuid}. Scope of a user: pipeline. Scope of a workspace: pipeline,
// or read:pipeline:bitbucket. Scope of a repository: pipeline, or read:pipeline:bitbucket.
// Scope of an environment: pipeline, or read:pipeline:bitbucket.
func (v *Variables) Get(ctx context.Context, uuid string, opts ...CallOption) (*Variable, error) {
	return get[Variable](ctx, v.core, v.at.under("/{variable_uuid}", uuid), opts)
}

// Create adds a variable. The error is [ErrConflict] if there is a variable with this key
// already; call Update then.
//
// POST …/variables. Scope of a user: pipeline:variable. Scope of a workspace:
// pipeline:variable, or admin:pipeline:bitbucket. Scope of a repository: pipeline:variable, or
// admin:pipeline:bitbucket. Scope of an environment: pipeline:variable, or
// admin:pipeline:bitbucket.
func (v *Variables) Create(
	ctx context.Context, variable NewVariable, opts ...CallOption,
) (*Variable, error) {
	return send[Variable](ctx, v.core, http.MethodPost, v.at, variable.body(), opts)
}

// Update changes a variable. A value that is not set is kept, including that of a secured variable:
// Bitbucket's own web client relies on it.
//
// PUT …/variables/{variable_uuid}. Scope of a user: pipeline:variable. Scope of a workspace:
// pipeline:variable, or admin:pipeline:bitbucket. Scope of a repository: pipeline:variable, or
// admin:pipeline:bitbucket. Scope of an environment: pipeline:variable, or
// admin:pipeline:bitbucket.
func (v *Variables) Update(
	ctx context.Context, uuid string, update VariableUpdate, opts ...CallOption,
) (*Variable, error) {
	to := v.at.under("/{variable_uuid}", uuid)
	return send[Variable](ctx, v.core, http.MethodPut, to, update.body(), opts)
}

// Delete removes a variable.
//
// DELETE …/variables/{variable_uuid}. Scope of a user: pipeline:variable. Scope of a workspace:
// pipeline:variable, or admin:pipeline:bitbucket. Scope of a repository: pipeline:variable, or
// admin:pipeline:bitbucket. Scope of an environment: pipeline:variable, or
// admin:pipeline:bitbucket.
func (v *Variables) Delete(ctx context.Context, uuid string, opts ...CallOption) error {
	return v.core.do(ctx, http.MethodDelete, v.at.under("/{variable_uuid}", uuid), nil, opts)
}

// A Variable is passed to builds as an environment variable. If it is secured, its value is
// never printed.
type Variable struct {
	Type    string `json:"type"`
	UUID    UUID   `json:"uuid,omitzero"`
	Key     string `json:"key"`
	Value   string `json:"value,omitzero"` // empty when secured
	Secured bool   `json:"secured"`
}

func (*Variable) evidence(member, value []byte) bool {
	switch string(member) {
	case "uuid", "key":
		return true
	}
	return string(member) == "type" && isText(value, "pipeline_variable")
}

func (v *Variable) identity() string { return string(v.UUID) }

// An Environment is what a repository is deployed to.
type Environment struct {
	Type            string          `json:"type"`
	UUID            UUID            `json:"uuid,omitzero"`
	Name            string          `json:"name,omitzero"`
	Slug            string          `json:"slug,omitzero"`
	Rank            int             `json:"rank,omitzero"` // its place among those of its type
	Hidden          bool            `json:"hidden,omitzero"`
	EnvironmentType EnvironmentType `json:"environment_type,omitzero"`

	// Restrictions say who may deploy; nil when Bitbucket does not say.
	Restrictions *DeploymentRestrictions `json:"restrictions,omitzero"`

	Lock                   EnvironmentLock     `json:"lock,omitzero"`
	Category               EnvironmentCategory `json:"category,omitzero"`
	EnvironmentLockEnabled bool                `json:"environment_lock_enabled,omitzero"`
	DeploymentGateEnabled  bool                `json:"deployment_gate_enabled,omitzero"`
}

func (*Environment) evidence(member, value []byte) bool {
	switch string(member) {
	case "uuid", "slug", "environment_type":
		return true
	}
	return string(member) == "type" && isText(value, "deployment_environment")
}

func (e *Environment) identity() string { return string(e.UUID) }

// An EnvironmentType is a stage on the way to production.
type EnvironmentType struct {
	Type string `json:"type"`
	Name string `json:"name,omitzero"` // Test, Staging, Production
	Rank int    `json:"rank,omitzero"` // 0 for the first stage
}

// An EnvironmentLock says whether a deployment can begin.
type EnvironmentLock struct {
	Type string `json:"type"`
	Name string `json:"name,omitzero"` // OPEN, LOCKED
}

// An EnvironmentCategory is what the web interface calls the stage.
type EnvironmentCategory struct {
	Name string `json:"name"`
}

// DeploymentRestrictions say who may deploy to an environment.
type DeploymentRestrictions struct {
	Type      string `json:"type"`
	AdminOnly bool   `json:"admin_only"` // only administrators of the repository
}

// NewVariable is a variable to create. If it is secured, its value is never printed.
type NewVariable struct {
	Key     string // unique among the variables
	Value   string // Bitbucket's own pages refuse an empty one
	Secured bool   // hide the value from then on
}

// VariableUpdate is a change to a variable; fields that are not set are not sent. Its value is
// never printed.
type VariableUpdate struct {
	Key     Opt[string] // another name
	Value   Opt[string] // another value; that of a secured variable is kept when this is not set
	Secured Opt[bool]   // hide the value from then on
}

// variableBody is a variable as sent.
type variableBody struct {
	Key     Opt[string] `json:"key,omitzero"`
	Value   Opt[string] `json:"value,omitzero"`
	Secured Opt[bool]   `json:"secured,omitzero"`
}

func (v NewVariable) body() variableBody {
	return variableBody{Set(v.Key), Set(v.Value), Set(v.Secured)}
}

func (v VariableUpdate) body() variableBody { return variableBody(v) }

// secrets is the value, should the server repeat it. An update need not say whether the variable is
// secured.
func (v variableBody) secrets() []string {
	value, _ := v.Value.Get()
	if secured, known := v.Secured.Get(); known && !secured {
		return nil
	}
	return []string{value}
}

// String describes the variable; the value of a secured one is left out.
func (v Variable) String() string {
	return fmt.Sprintf("Variable(%s, %s=%s)", v.UUID, v.Key, shown(v.Value, v.Secured))
}

// Format prints [Variable.String] under every verb, %#v and %d too.
func (v Variable) Format(s fmt.State, verb rune) { format(s, verb, v.String()) }

// LogValue is what slog prints.
func (v Variable) LogValue() slog.Value { return slog.StringValue(v.String()) }

// String describes the variable; the value of a secured one is left out.
func (v NewVariable) String() string {
	return fmt.Sprintf("NewVariable(%s=%s)", v.Key, shown(v.Value, v.Secured))
}

// Format prints [NewVariable.String] under every verb, %#v and %d too.
func (v NewVariable) Format(s fmt.State, verb rune) { format(s, verb, v.String()) }

// LogValue is what slog prints.
func (v NewVariable) LogValue() slog.Value { return slog.StringValue(v.String()) }

// String describes the update without its value.
func (v VariableUpdate) String() string {
	key, _ := v.Key.Get()
	_, value := v.Value.Get()
	return fmt.Sprintf("VariableUpdate(key %q, value %s)", key, shown("unset", value))
}

// Format prints [VariableUpdate.String] under every verb, %#v and %d too.
func (v VariableUpdate) Format(s fmt.State, verb rune) { format(s, verb, v.String()) }

// LogValue is what slog prints.
func (v VariableUpdate) LogValue() slog.Value { return slog.StringValue(v.String()) }

// MarshalJSON leaves the value of a secured variable out, as Bitbucket does, so that
// a log written as JSON shows none.
func (v Variable) MarshalJSON() ([]byte, error) {
	type plain Variable
	if v.Secured {
		v.Value = ""
	}
	return json.Marshal(plain(v))
}

// MarshalJSON leaves the value of a secured variable out. Create sends it.
func (v NewVariable) MarshalJSON() ([]byte, error) {
	body := v.body()
	if v.Secured {
		body.Value = Opt[string]{}
	}
	return json.Marshal(body)
}

// MarshalJSON leaves the value out. Update sends it.
func (v VariableUpdate) MarshalJSON() ([]byte, error) {
	v.Value = Opt[string]{}
	return json.Marshal(v.body())
}

// shown is a value, unless it is secret.
func shown(value string, secret bool) string {
	if secret {
		return "[redacted]"
	}
	return value
}

// format prints a text in place of a value that holds a secret. Verbs that have no use for a text
// would print the fields of the value.
func format(s fmt.State, verb rune, text string) {
	if verb == 'v' {
		io.WriteString(s, text)
		return
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), text)
}
