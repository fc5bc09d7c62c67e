package documents

import (
	"net/url"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// Self is the reader's own account, the only one that shows a user name.
func (w *Writer) Self(u *store.User) object {
	doc := w.User(u)
	doc["username"] = u.Username
	return doc
}

// User is an account by itself.
func (w *Writer) User(u *store.User) object { return w.user(u, w.Reader.SeesTwoFactor(w.Store, u)) }

// user is an account by itself. admin: the reader may see has_2fa_enabled.
func (w *Writer) user(u *store.User, admin bool) object {
	doc := w.condensedUser(u)
	links := doc["links"].(object)
	id := url.PathEscape(u.UUID)
	links["repositories"] = link(w.Base + "/2.0/repositories/" + id)
	if u.Type == "team" {
		links["members"] = link(w.Base + "/2.0/teams/" + id + "/members")
		links["projects"] = link(w.Base + "/2.0/teams/" + id + "/projects/")
	} else {
		doc["account_status"] = u.Status
		links["snippets"] = link(w.Base + "/2.0/snippets/" + id)
		links["hooks"] = link(w.Base + "/2.0/workspaces/" + id + "/hooks")
	}
	if u.Type == "user" {
		doc["is_staff"] = u.IsStaff
		doc["has_2fa_enabled"] = nil
		if admin && u.Has2FAEnabled != nil {
			doc["has_2fa_enabled"] = *u.Has2FAEnabled
		}
	}
	if !u.Private {
		doc["created_on"] = stamp(u.CreatedOn)
		doc["location"] = orNull(u.Location)
		if u.Website != "" {
			doc["website"] = u.Website
		}
	}
	return doc
}

// Email is an address of the reader.
func (w *Writer) Email(e store.Email) object {
	return object{
		"type": "email", "email": e.Address, "is_primary": e.Primary, "is_confirmed": !e.Unconfirmed,
		"links": object{"self": link(w.Base + "/2.0/user/emails/" + url.PathEscape(e.Address))},
	}
}

// Membership is a user in a workspace, without the role.
func (w *Writer) Membership(m *store.Member) object {
	user := w.condensedUser(m.Of)
	w.reveal(user, func() object { return w.user(m.Of, w.Reader.Owns(m.Workspace)) }, "user.")
	doc := object{
		"type":      "workspace_membership",
		"user":      user,
		"workspace": w.condensedWorkspace(m.Workspace),
		"links": object{"self": link(w.Base + "/2.0/workspaces/" + m.Workspace.Slug + "/members/" +
			url.PathEscape(m.Of.UUID))},
	}
	if !m.Workspace.AdminHub {
		doc["added_on"], doc["last_accessed"] = w.joined(m.AddedOn), stampOrNull(m.LastAccessed)
	}
	return doc
}

// Role is a membership with its role.
func (w *Writer) Role(m *store.Member) object {
	doc := w.Membership(m)
	doc["permission"] = m.Role
	return doc
}

// MembershipWithEmail is a membership with the address of the user, for whoever asked for it.
func (w *Writer) MembershipWithEmail(m *store.Member) object {
	doc := w.Membership(m)
	if address := m.Of.Known(); address != "" {
		doc["user"].(object)["email"] = address
	}
	return doc
}
