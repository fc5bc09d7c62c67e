package documents

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// Variable is a pipeline variable. The value of a secured one is never there.
func (w *Writer) Variable(v *store.Variable) object {
	doc := object{"type": "pipeline_variable", "uuid": v.UUID, "key": v.Key, "secured": v.Secured}
	if !v.Secured {
		doc["value"] = v.Value
	}
	return doc
}

// Environment is what a repository deploys to.
func (w *Writer) Environment(e *store.Environment) object {
	return object{
		"type": "deployment_environment", "uuid": e.UUID, "name": e.Name, "slug": e.Slug,
		"environment_type": object{"type": "deployment_environment_type", "name": e.Kind},
	}
}

// SSHKey is a key of a user.
func (w *Writer) SSHKey(u *store.User, k *store.SSHKey) object {
	return object{
		"type": "ssh_key", "uuid": k.UUID, "key": k.Key, "comment": k.Comment, "label": k.Label,
		"fingerprint": k.Fingerprint(), "created_on": stamp(k.CreatedOn),
		"expires_on": stampOrNull(k.ExpiresOn), "last_used": stampOrNull(k.LastUsed),
		"owner": w.condensedUser(u),
		"links": object{"self": link(w.SSHKeyURL(u, k))},
	}
}

// SSHKeyURL is where a key is. Its UUID has no braces there.
func (w *Writer) SSHKeyURL(u *store.User, k *store.SSHKey) string {
	return w.Base + "/2.0/users/" + url.PathEscape(u.UUID) + "/ssh-keys/" + strings.Trim(k.UUID, "{}")
}

// GPGKey is a key of a user; parent is set for a subkey. The key itself and its subkeys are there
// only when the reader asks for them.
func (w *Writer) GPGKey(u *store.User, k, parent *store.GPGKey) object {
	doc := w.wholeGPGKey(u, k, parent)
	for _, name := range []string{"key", "subkeys"} {
		if !w.asked(name) {
			delete(doc, name)
		}
	}
	return doc
}

func (w *Writer) wholeGPGKey(u *store.User, k, parent *store.GPGKey) object {
	doc := object{
		"type": "gpg_key", "key": k.Key, "key_id": k.KeyID, "fingerprint": k.Fingerprint,
		"parent_fingerprint": nil, "name": k.Name,
		"added_on": stamp(k.AddedOn), "created_on": stamp(k.CreatedOn),
		"expires_on": stampOrNull(k.ExpiresOn), "last_used": stampOrNull(k.LastUsed),
		"owner": w.condensedUser(u),
		"links": object{"self": link(w.GPGKeyURL(u, k))},
	}
	if parent != nil {
		doc["parent_fingerprint"] = parent.Fingerprint
		return doc
	}
	subkeys := []any{}
	for i := range k.Subkeys {
		subkeys = append(subkeys, w.wholeGPGKey(u, &k.Subkeys[i], k))
	}
	doc["subkeys"] = subkeys
	return doc
}

// GPGKeyURL is where a key is. Its fingerprint is in capitals there.
func (w *Writer) GPGKeyURL(u *store.User, k *store.GPGKey) string {
	return w.Base + "/2.0/users/" + url.PathEscape(u.UUID) + "/gpg-keys/" +
		strings.ToUpper(k.Fingerprint)
}

// DeployKey is a key that reaches what a path leads to. owner is what it reaches: a repository or
// a project.
func (w *Writer) DeployKey(kind, path string, owner object, k *store.DeployKey) object {
	doc := object{
		"type": "deploy_key", "id": k.ID, "key": k.Key, "label": k.Label, "comment": k.Comment,
		"last_used": stampOrNull(k.LastUsed), kind: owner,
		"links": object{"self": link(w.Base + path + "/" + strconv.Itoa(k.ID))},
	}
	if kind == "project" {
		doc["type"], doc["created_by"] = "project_deploy_key", w.userOrNull(k.AddedBy)
		doc["added_on"] = stamp(k.AddedOn)
		return doc
	}
	doc["added_by"], doc["created_on"] = w.userOrNull(k.AddedBy), stamp(k.AddedOn)
	return doc
}

// userOrNull is a condensed account, or null when it is not known.
func (w *Writer) userOrNull(u *store.User) any {
	if u == nil {
		return nil
	}
	return w.condensedUser(u)
}

// RepositoryInside is a repository inside of another object.
func (w *Writer) RepositoryInside(r *store.Repository) object { return w.condensedRepository(r) }

// ProjectInside is a project inside of another object.
func (w *Writer) ProjectInside(p *store.Project) object { return w.condensedProject(p) }
