package bitbucket

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// DeployKeysService calls the endpoints of deploy keys: SSH keys that belong to nobody, and read a
// repository, or all repositories of a project.
type DeployKeysService struct{ core *core }

// OnRepository returns the deploy keys of a repository. It makes no call. The endpoints begin
// with /2.0/repositories/{workspace}/{repo_slug}/deploy-keys.
func (s *DeployKeysService) OnRepository(workspace, repo string) *DeployKeys {
	return &DeployKeys{
		s.core,
		at("/2.0/repositories/{workspace}/{repo_slug}/deploy-keys", workspace, repo),
	}
}

// OnProject returns the deploy keys of a project, given by its key. It makes no call. The
// endpoints begin with /2.0/workspaces/{workspace}/projects/{project_key}/deploy-keys.
func (s *DeployKeysService) OnProject(workspace, projectKey string) *DeployKeys {
	return &DeployKeys{
		s.core,
		at("/2.0/workspaces/{workspace}/projects/{project_key}/deploy-keys", workspace, projectKey),
	}
}

// DeployKeys reads and changes the deploy keys of a repository or a project. All methods require
// an administrator of it.
type DeployKeys struct {
	core *core
	at   endpoint
}

// List returns the deploy keys.
//
// GET …/deploy-keys. Scope of a repository: repository:admin, or read:repository:bitbucket.
// Scope of a project: project:admin, or read:project:bitbucket.
func (d *DeployKeys) List(ctx context.Context, opts ...CallOption) *List[DeployKey] {
	return list[DeployKey](ctx, d.core, d.at, opts)
}

// Get returns a deploy key by its ID.
//
// GET …/deploy-keys/{key_id}. Scope of a repository: repository:admin, or
// read:repository:bitbucket. Scope of a project: project:admin, or read:project:bitbucket.
func (d *DeployKeys) Get(ctx context.Context, keyID int, opts ...CallOption) (*DeployKey, error) {
	to, err := d.one(keyID)
	if err != nil {
		return nil, err
	}
	return get[DeployKey](ctx, d.core, to, opts)
}

// Add adds a deploy key. The error is [ErrBadRequest] if the key is invalid, or if Bitbucket has
// it already.
//
// POST …/deploy-keys. Scope of a repository: repository:admin, or read:repository:bitbucket and
// admin:repository:bitbucket. Scope of a project: project:admin, or read:project:bitbucket and
// admin:project:bitbucket.
func (d *DeployKeys) Add(
	ctx context.Context, key NewDeployKey, opts ...CallOption,
) (*DeployKey, error) {
	return send[DeployKey](ctx, d.core, http.MethodPost, d.at, key, opts)
}

// Delete removes a deploy key.
//
// DELETE …/deploy-keys/{key_id}. Scope of a repository: repository:admin, or
// read:repository:bitbucket and admin:repository:bitbucket. Scope of a project: project:admin,
// or read:project:bitbucket and admin:project:bitbucket.
func (d *DeployKeys) Delete(ctx context.Context, keyID int, opts ...CallOption) error {
	to, err := d.one(keyID)
	if err != nil {
		return err
	}
	return d.core.do(ctx, http.MethodDelete, to, nil, opts)
}

// one is the endpoint of a key. An ID that was never set is refused before anything is sent.
func (d *DeployKeys) one(keyID int) (endpoint, error) {
	if keyID < 1 {
		return endpoint{}, fmt.Errorf("bitbucket: key_id is %d; IDs of deploy keys are positive", keyID)
	}
	return d.at.under("/{key_id}", strconv.Itoa(keyID)), nil
}

// A DeployKey is a public key that reads a repository, or all repositories of a project. Whoever
// has its private half can do so, and needs no account.
type DeployKey struct {
	Type     string `json:"type"` // deploy_key, project_deploy_key
	ID       int    `json:"id,omitzero"`
	Key      string `json:"key,omitzero"` // in OpenSSH's form, without the comment
	Label    string `json:"label"`
	Comment  string `json:"comment"`   // split off the key
	LastUsed Time   `json:"last_used"` // zero: never

	// Bitbucket calls who added a key, and when, by several names. [DeployKey.By] and
	// [DeployKey.Since] return what was sent.
	AddedBy   User `json:"added_by,omitzero"`
	CreatedBy User `json:"created_by,omitzero"` // on projects
	Owner     User `json:"owner,omitzero"`      // on repositories
	AddedOn   Time `json:"added_on,omitzero"`
	CreatedOn Time `json:"created_on,omitzero"`

	Repository Repository `json:"repository,omitzero"` // condensed
	Project    Project    `json:"project,omitzero"`    // condensed
	Links      Links      `json:"links,omitzero"`
}

// By returns the account that added the key, or the zero User if Bitbucket does not say.
func (k *DeployKey) By() User {
	for _, who := range [...]*User{&k.AddedBy, &k.CreatedBy} {
		if who.id() != "" {
			return *who
		}
	}
	return k.Owner
}

// Since returns when the key was added, or the zero Time if Bitbucket does not say.
func (k *DeployKey) Since() Time {
	if !k.AddedOn.IsZero() {
		return k.AddedOn
	}
	return k.CreatedOn
}

func (*DeployKey) evidence(member, value []byte) bool {
	switch string(member) {
	case "id", "key":
		return true
	}
	return string(member) == "type" && isText(value, "deploy_key", "project_deploy_key")
}

func (k *DeployKey) identity() string { return number(k.ID) }

func (k *DeployKey) settle() { k.Repository.settle() }

// NewDeployKey is a deploy key to add.
type NewDeployKey struct {
	Key   string      `json:"key"` // one line in OpenSSH's form, with its comment
	Label Opt[string] `json:"label,omitzero"`
}
