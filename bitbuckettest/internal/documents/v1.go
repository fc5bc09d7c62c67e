package documents

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the 1.0 API writes the time in Amsterdam

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// Account is an account of the 1.0 API with those of its repositories that the reader sees.
func (w *Writer) Account(a store.Account) object {
	repositories := []any{}
	if of := a.Workspace(w.Store); of != nil {
		for _, r := range of.Repositories() {
			if w.Reader.Sees(r) {
				repositories = append(repositories, w.OldRepository(r))
			}
		}
	}
	return object{"repositories": repositories, "user": w.OldUser(a)}
}

// OldUser is an account of the 1.0 API by itself. Only readers with credentials are told whether
// it is a team, and get a slash at the end of its URI.
func (w *Writer) OldUser(a store.Account) object {
	doc := object{"is_staff": false, "first_name": "", "last_name": ""}
	isTeam := a.Team != nil
	if isTeam {
		doc["username"], doc["display_name"] = a.Team.Slug, a.Team.Name
		doc["avatar"] = avatar(a.Team.UUID)
	} else {
		u := a.User
		isTeam = u.Type == "team"
		doc["username"], doc["display_name"], doc["is_staff"] = u.Username, u.DisplayName, u.IsStaff
		if !isTeam {
			doc["first_name"], doc["last_name"], _ = strings.Cut(u.DisplayName, " ")
		}
		doc["avatar"] = avatar(u.UUID)
	}
	uri := "/1.0/users/" + doc["username"].(string)
	if w.Reader != nil {
		doc["is_team"] = isTeam
		uri += "/"
	}
	doc["resource_uri"] = uri
	return doc
}

// OldRepository is a repository of the 1.0 API. Readers with credentials are not told how many
// follow it.
func (w *Writer) OldRepository(r *store.Repository) object {
	owner := r.Workspace.Slug
	if r.Workspace.Personal != "" {
		owner = w.Store.User(r.Workspace.UUID).Username
	}
	forking := r.Workspace.ForkingMode
	doc := object{
		"scm": "git", "owner": owner, "slug": r.Slug, "name": r.Name, "description": r.Description,
		"language": r.Language, "website": r.Website, "logo": nil, "state": "available",
		"size": r.Size, "creator": nil, "resource_uri": "/1.0/repositories/" + owner + "/" + r.Slug,
		"is_private": !r.Public, "is_fork": false, "is_mq": false, "fork_of": nil, "mq_of": nil,
		"has_wiki": false, "has_issues": false, "read_only": false,
		"no_forks": forking == "no_forks", "no_public_forks": forking == "no_public_forks",
		"email_mailinglist": "", "email_writers": true,
		"created_on": inAmsterdam(r.CreatedOn), "utc_created_on": inUTC(r.CreatedOn),
		"last_updated": inAmsterdam(r.UpdatedOn), "utc_last_updated": inUTC(r.UpdatedOn),
	}
	if w.Reader == nil {
		doc["followers_count"] = len(r.Workspace.Members())
	}
	return doc
}

// OldEmail is an address of the 1.0 API.
func (w *Writer) OldEmail(e store.Email) object {
	return object{"active": !e.Unconfirmed, "email": e.Address, "primary": e.Primary}
}

// Event is something that happened to an account of the 1.0 API.
func (w *Writer) Event(e store.Event) object {
	doc := object{
		"event": e.Name, "node": nil, "description": nil, "repository": object{}, "user": object{},
		"created_on": inAmsterdam(e.At), "utc_created_on": inUTC(e.At),
	}
	if e.Repository != nil {
		doc["repository"] = w.OldRepository(e.Repository)
	}
	if e.By != nil {
		doc["user"] = w.OldUser(store.Account{User: e.By})
	}
	switch e.Name {
	case "commit":
		doc["node"], doc["description"] = e.File.Commit, "Change "+e.File.Path
	case "pushed":
		hash := fmt.Sprintf("%x", sha256.Sum256([]byte(e.Repository.UUID)))[:40]
		doc["description"] = object{"commits": []any{
			object{"hash": hash, "description": "Update " + e.Repository.Name},
		}}
	}
	return doc
}

// GroupOfOld is a group of the 1.0 API as it has been since the privacy changes.
func (w *Writer) GroupOfOld(g *store.Group) object {
	members := []any{}
	for _, u := range g.Users() {
		members = append(members, w.MemberOfOld(u))
	}
	return object{
		"name": g.Name, "slug": g.Slug, "permission": orNull(g.Permission), "auto_add": g.AutoAdd,
		"email_forwarding_disabled": orNullBool(g.EmailForwardingDisabled),
		"owner":                     w.ownerOfOld(g.Workspace), "members": members,
	}
}

// MemberOfOld is an account in the third shape: that of 1.0 after the privacy changes.
func (w *Writer) MemberOfOld(u *store.User) object {
	doc := w.personOfOld(u)
	doc["is_staff"], doc["is_active"] = u.IsStaff, u.Status == "active"
	return doc
}

func (w *Writer) personOfOld(u *store.User) object {
	return object{
		"uuid": u.UUID, "account_id": u.AccountID, "nickname": u.Nickname, "display_name": u.DisplayName,
		"avatar": avatar(u.UUID), "resource_uri": "/!api/1.0/users/" + url.PathEscape(u.UUID),
		"is_team": u.Type == "team",
	}
}

// ownerOfOld is the account that a workspace is, in the third shape.
func (w *Writer) ownerOfOld(of *store.Workspace) object {
	if u := w.Store.User(of.UUID); u != nil && of.Personal != "" {
		return w.personOfOld(u)
	}
	return object{
		"uuid": of.UUID, "account_id": nil, "nickname": of.Slug, "display_name": of.Name,
		"avatar": avatar(of.UUID), "resource_uri": "/!api/1.0/users/" + url.PathEscape(of.UUID),
		"is_team": true,
	}
}

// GroupPrivilege is what a group may do on a repository.
func (w *Writer) GroupPrivilege(r *store.Repository, g *store.Group, permission string) object {
	group := w.GroupOfOld(g)
	return object{
		"repo": r.FullName(), "privilege": permission, "group": group,
		"repository": object{"owner": w.ownerOfOld(r.Workspace), "name": r.Name, "slug": r.Slug},
	}
}

// Invitation is somebody who was asked to join.
func (w *Writer) Invitation(of *store.Workspace, i store.Invitation) object {
	doc := object{
		"email": i.Email, "utc_sent_on": inUTC(i.SentOn), "sent_on": inAmsterdam(i.SentOn),
		"invited_by": nil,
	}
	if i.InvitedBy != nil {
		doc["invited_by"] = w.personOfOld(i.InvitedBy)
	}
	if i.Repository != "" {
		r := of.Repository(i.Repository)
		doc["permission"] = i.Permission
		doc["repository"] = object{"owner": w.ownerOfOld(of), "name": r.Name, "slug": r.Slug}
		return doc
	}
	groups := []any{}
	for _, slug := range i.Groups {
		g := of.Group(slug)
		groups = append(groups, object{"owner": w.ownerOfOld(of), "name": g.Name, "slug": g.Slug})
	}
	doc["groups"] = groups
	return doc
}

// inAmsterdam writes the time that clocks in Amsterdam show, with milliseconds when it has a
// fraction.
func inAmsterdam(t time.Time) string {
	if t.Nanosecond() == 0 {
		return t.In(amsterdam()).Format("2006-01-02 15:04:05")
	}
	return t.In(amsterdam()).Format("2006-01-02T15:04:05.000")
}

// inUTC writes a time with an offset, a space and no fraction.
func inUTC(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05+00:00") }

// amsterdam reads the zone once; it never changes.
var amsterdam = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic("bitbuckettest: " + err.Error()) // it is linked in
	}
	return zone
})
