package bitbucket

import (
	"context"
	"net/http"
)

// GPGKeysService calls the endpoints of a user's GPG keys. The user is given by UUID or
// Atlassian account ID; the keys of other users are [ErrForbidden]. A GPG key cannot be
// changed, only deleted and added again.
type GPGKeysService struct{ core *core }

const gpgKeys = "/2.0/users/{selected_user}/gpg-keys"

// List returns the user's GPG keys. Fields("+values.key") includes the keys themselves, and
// Fields("+values.subkeys") their subkeys.
//
// GET /2.0/users/{selected_user}/gpg-keys. Scope: account, or read:gpg-key:bitbucket.
func (s *GPGKeysService) List(ctx context.Context, user string, opts ...CallOption) *List[GPGKey] {
	return list[GPGKey](ctx, s.core, at(gpgKeys, user), opts)
}

// Get returns a GPG key by its fingerprint. Fields("+key") includes the key itself, and
// Fields("+subkeys") its subkeys.
//
// GET /2.0/users/{selected_user}/gpg-keys/{fingerprint}. Scope: account, or
// read:gpg-key:bitbucket.
func (s *GPGKeysService) Get(
	ctx context.Context, user, fingerprint string, opts ...CallOption,
) (*GPGKey, error) {
	return get[GPGKey](ctx, s.core, at(gpgKeys+"/{fingerprint}", user, fingerprint), opts)
}

// Add adds a GPG key. The error is [ErrBadRequest] if the key is invalid, or if Bitbucket has
// it already.
//
// POST /2.0/users/{selected_user}/gpg-keys. Scope: account:write, or read:gpg-key:bitbucket and
// write:gpg-key:bitbucket.
func (s *GPGKeysService) Add(
	ctx context.Context, user string, key NewGPGKey, opts ...CallOption,
) (*GPGKey, error) {
	return send[GPGKey](ctx, s.core, http.MethodPost, at(gpgKeys, user), key, opts)
}

// Delete removes a GPG key and its subkeys. The error is [ErrForbidden] if the fingerprint is
// that of a subkey.
//
// DELETE /2.0/users/{selected_user}/gpg-keys/{fingerprint}. Scope: account:write, or
// delete:gpg-key:bitbucket.
func (s *GPGKeysService) Delete(
	ctx context.Context, user, fingerprint string, opts ...CallOption,
) error {
	return s.core.do(ctx, http.MethodDelete, at(gpgKeys+"/{fingerprint}", user, fingerprint), nil, opts)
}

// A GPGKey is a public key.
type GPGKey struct {
	Type              string   `json:"type"`
	KeyID             string   `json:"key_id,omitzero"`
	Fingerprint       string   `json:"fingerprint,omitzero"`
	ParentFingerprint string   `json:"parent_fingerprint,omitzero"` // of a subkey
	Name              string   `json:"name"`
	Comment           string   `json:"comment,omitzero"` // until April 2026
	Key               string   `json:"key,omitzero"`     // armoured; only where Fields asked for it
	Subkeys           []GPGKey `json:"subkeys,omitzero"` // only where Fields asked for them
	CreatedOn         Time     `json:"created_on,omitzero"`
	AddedOn           Time     `json:"added_on,omitzero"` // to the account
	ExpiresOn         Time     `json:"expires_on"`        // zero: never
	LastUsed          Time     `json:"last_used"`         // zero: never
	Owner             User     `json:"owner,omitzero"`
	Links             Links    `json:"links,omitzero"`
}

func (*GPGKey) evidence(member, value []byte) bool {
	switch string(member) {
	case "fingerprint", "key_id", "key":
		return true
	}
	return string(member) == "type" && isText(value, "gpg_key")
}

func (k *GPGKey) identity() string { return k.Fingerprint }

// NewGPGKey is a GPG key to add.
type NewGPGKey struct {
	Key  string      `json:"key"` // armoured
	Name Opt[string] `json:"name,omitzero"`
}
