package bitbucket

import (
	"context"
	"net/http"
	"time"
)

// SSHKeysService calls the endpoints of a user's SSH keys. The user is given by UUID or
// Atlassian account ID; the keys of other users are [ErrForbidden].
type SSHKeysService struct{ core *core }

const sshKeys = "/2.0/users/{selected_user}/ssh-keys"

// List returns the user's SSH keys.
//
// GET /2.0/users/{selected_user}/ssh-keys. Scope: account, or read:ssh-key:bitbucket.
func (s *SSHKeysService) List(ctx context.Context, user string, opts ...CallOption) *List[SSHKey] {
	return list[SSHKey](ctx, s.core, at(sshKeys, user), opts)
}

// Get returns an SSH key by its UUID.
//
// GET /2.0/users/{selected_user}/ssh-keys/{key_id}. Scope: account, or read:ssh-key:bitbucket.
func (s *SSHKeysService) Get(
	ctx context.Context, user, keyID string, opts ...CallOption,
) (*SSHKey, error) {
	return get[SSHKey](ctx, s.core, at(sshKeys+"/{key_id}", user, keyID), opts)
}

// Add adds an SSH key. The error is [ErrBadRequest] if the key is invalid, or if Bitbucket has
// it already.
//
// POST /2.0/users/{selected_user}/ssh-keys. Scope: account:write, or read:ssh-key:bitbucket and
// write:ssh-key:bitbucket.
func (s *SSHKeysService) Add(
	ctx context.Context, user string, key NewSSHKey, opts ...CallOption,
) (*SSHKey, error) {
	if !key.ExpiresOn.IsZero() {
		opts = append([]CallOption{Param("expires_on", key.ExpiresOn.UTC().Format(time.RFC3339))}, opts...)
	}
	return send[SSHKey](ctx, s.core, http.MethodPost, at(sshKeys, user), key, opts)
}

// Update changes the label or the comment of an SSH key. The key itself cannot be changed.
//
// PUT /2.0/users/{selected_user}/ssh-keys/{key_id}. Scope: account:write, or
// read:ssh-key:bitbucket and write:ssh-key:bitbucket.
func (s *SSHKeysService) Update(
	ctx context.Context, user, keyID string, update SSHKeyUpdate, opts ...CallOption,
) (*SSHKey, error) {
	return send[SSHKey](ctx, s.core, http.MethodPut, at(sshKeys+"/{key_id}", user, keyID), update, opts)
}

// Delete removes an SSH key.
//
// DELETE /2.0/users/{selected_user}/ssh-keys/{key_id}. Scope: account:write, or
// delete:ssh-key:bitbucket.
func (s *SSHKeysService) Delete(ctx context.Context, user, keyID string, opts ...CallOption) error {
	return s.core.do(ctx, http.MethodDelete, at(sshKeys+"/{key_id}", user, keyID), nil, opts)
}

// An SSHKey is a public key.
type SSHKey struct {
	Type        string `json:"type"`
	UUID        UUID   `json:"uuid,omitzero"`
	Key         string `json:"key,omitzero"` // in OpenSSH's form, without the comment
	Comment     string `json:"comment"`      // split off the key
	Label       string `json:"label"`
	Fingerprint string `json:"fingerprint,omitzero"` // SHA-256 in base64, without prefix
	CreatedOn   Time   `json:"created_on,omitzero"`
	ExpiresOn   Time   `json:"expires_on"` // zero: never
	LastUsed    Time   `json:"last_used"`  // zero: never
	Owner       User   `json:"owner,omitzero"`
	Links       Links  `json:"links,omitzero"`
}

func (*SSHKey) evidence(member, value []byte) bool {
	switch string(member) {
	case "uuid", "key", "fingerprint":
		return true
	}
	return string(member) == "type" && isText(value, "ssh_key")
}

func (k *SSHKey) identity() string { return string(k.UUID) }

// NewSSHKey is an SSH key to add.
type NewSSHKey struct {
	Key       string      `json:"key"` // one line in OpenSSH's form, with its comment
	Label     Opt[string] `json:"label,omitzero"`
	ExpiresOn time.Time   `json:"-"` // zero: never; sent in the query string
}

// SSHKeyUpdate is a change to an SSH key; fields that are not set are not sent.
type SSHKeyUpdate struct {
	Label   Opt[string] `json:"label,omitzero"`
	Comment Opt[string] `json:"comment,omitzero"`
}
