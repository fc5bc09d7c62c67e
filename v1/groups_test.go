package v1_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

const groupUUID = "99999999-9999-9999-9999-999999999999"

// leftovers are all calls of what outlived the 1.0 API, on a workspace, and what each asks for on
// the workspace acme.
func leftovers(c *v1.Client) map[string]func(ctx context.Context, workspace string) (any, error) {
	return map[string]func(ctx context.Context, workspace string) (any, error){
		"/1.0/groups/acme":               func(ctx context.Context, w string) (any, error) { return c.Groups.List(ctx, w) },
		"/1.0/groups/acme/" + groupUUID:  func(ctx context.Context, w string) (any, error) { return c.Groups.Get(ctx, w, groupUUID) },
		"/1.0/groups/acme/a%20b/members": func(ctx context.Context, w string) (any, error) { return c.Groups.ListMembers(ctx, w, "a b") },
		"/1.0/group-privileges/acme":     func(ctx context.Context, w string) (any, error) { return c.GroupPrivileges.List(ctx, w) },
		"/1.0/invitations/acme":          func(ctx context.Context, w string) (any, error) { return c.Invitations.List(ctx, w) },
		"/1.0/invitations/acme/widgets": func(ctx context.Context, w string) (any, error) {
			return c.Invitations.ListOfRepository(ctx, w, "widgets")
		},
	}
}

func TestGroups(t *testing.T) {
	groups, err := newClient(t, sends(stored(t, "groups.json"))).Groups.List(t.Context(), "acme")
	if err != nil || len(groups) != 2 {
		t.Fatalf("%d groups, %v", len(groups), err)
	}
	g, none := groups[0], groups[1]
	if g.Slug != "developers" || g.Permission != bitbucket.PermissionWrite || !g.AutoAdd ||
		*g.EmailForwardingDisabled || *g.Owner.IsTeam != true || len(g.Members) != 2 {
		t.Errorf("%+v", g)
	}
	if none.Slug != groupUUID || none.Permission != "" || none.EmailForwardingDisabled != nil ||
		none.Owner != nil || none.Members == nil || len(none.Members) != 0 {
		t.Errorf("%+v", none)
	}
	gone := g.Members[1]
	want := &bitbucket.User{
		Type: "user", UUID: "{44444444-4444-4444-4444-444444444444}", AccountID: "5bce04000000000000000000",
		DisplayName: "Gone", Nickname: "gone", IsStaff: true,
		Links: bitbucket.Links{Avatar: bitbucket.Link{Href: "https://secure.example/gone.png"}},
		V1:    &gone.V1User,
	}
	if got := gone.User(); !reflect.DeepEqual(got, want) || *gone.IsActive || gone.ResourceURI == "" {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if owner := g.Owner.User(); owner.Type != "team" || owner.AccountID != "" || owner.UUID == "" {
		t.Errorf("%+v", owner)
	}
}

func TestInvitations(t *testing.T) {
	all, err := newClient(t, sends(stored(t, "invitations.json"))).Invitations.List(t.Context(), "acme")
	if err != nil || len(all) != 2 {
		t.Fatalf("%d invitations, %v", len(all), err)
	}
	i := all[0]
	if i.Email != "new@example.com" || i.InvitedBy.Nickname != "auser" || i.Groups[0].Slug != "developers" ||
		i.Groups[0].Members != nil || !i.SentOn.Equal(i.UTCSentOn.Time) || i.Repository != nil {
		t.Errorf("%+v", i)
	}
	if by := all[1].InvitedBy; by.Username != "auser" || by.UUID != "" {
		t.Errorf("%+v", by)
	}
	of, err := newClient(t, sends(stored(t, "repository-invitations.json"))).Invitations.
		ListOfRepository(t.Context(), "acme", "widgets")
	if err != nil || len(of) != 1 || of[0].Permission != bitbucket.PermissionWrite ||
		of[0].Repository.Slug != "widgets" || of[0].Repository.Owner.Nickname != "acme" || of[0].InvitedBy != nil {
		t.Errorf("%+v, %v", of, err)
	}
}

func TestGroupPrivileges(t *testing.T) {
	all, err := newClient(t, sends(stored(t, "group-privileges.json"))).GroupPrivileges.List(t.Context(), "acme")
	if err != nil || len(all) != 2 || all[0].Privilege != bitbucket.PermissionAdmin ||
		all[0].Repo != "acme/widgets" || all[0].Group.Slug != "developers" || all[1].Repository != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

// A workspace is named by its slug. What would be refused without a reason is refused with one, and
// costs no call.
func TestLeftoversTakeSlugsOnly(t *testing.T) {
	server := sends([]byte(`[]`))
	for path, call := range leftovers(newClient(t, server)) {
		for _, uuid := range []string{groupUUID, "{" + groupUUID + "}", strings.ToUpper(groupUUID)} {
			_, err := call(t.Context(), uuid)
			if !errors.Is(err, bitbucket.ErrBadRequest) || !strings.Contains(err.Error(), "take the Slug that Workspaces.Get") {
				t.Errorf("%s of %s: %v", path, uuid, err)
			}
		}
		for _, name := range []string{"", "..", "a\nb"} {
			if _, err := call(t.Context(), name); err == nil || !strings.HasPrefix(err.Error(), "bitbucket: workspace_slug ") {
				t.Errorf("%s of %q: %v", path, name, err)
			}
		}
	}
	if server.asked != nil {
		t.Errorf("asked for %v", server.asked)
	}
}

// The slug of a group of an organization is a bare UUID, and goes out as one.
func TestLeftoversAskFor(t *testing.T) {
	for path := range leftovers(nil) {
		server := sends([]byte(`[]`))
		leftovers(newClient(t, server))[path](t.Context(), "acme")
		if want := []string{"GET " + path}; !reflect.DeepEqual(server.asked, want) {
			t.Errorf("asked for %v, want %v", server.asked, want)
		}
	}
}

func TestLeftoversSayForWhomTheyAreRefused(t *testing.T) {
	const hub = "bitbucket.org does not serve it for a workspace that is run from admin.atlassian.com"
	for status, want := range map[int]string{
		400: "; " + hub, 405: "; " + hub, 403: hub, 404: "the credential may not see it; or " + hub,
		401: "", 410: "", 429: "",
	} {
		client := newClient(t, &mirror{answer: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, "refused")
		}}, bitbucket.WithRetries(0), bitbucket.WithAccessToken("t"))
		_, err := client.Groups.List(t.Context(), "acme")
		if e, ok := errors.AsType[*bitbucket.Error](err); !ok || e.StatusCode != status {
			t.Fatalf("%d: %v", status, err)
		}
		if !strings.HasSuffix(err.Error(), want) || want == "" && strings.Contains(err.Error(), hub) {
			t.Errorf("%d: %v, want %q", status, err, want)
		}
	}
}

// Nobody learns from an odd answer that a group has no members, or that there are no groups.
func TestLeftoversRefuseOddAnswers(t *testing.T) {
	for path := range leftovers(nil) {
		for _, body := range []string{
			``, `null`, `5`, `"nothing here"`, `<html>maintenance</html>`, `[5]`, `["no groups on this plan"]`,
			`[{}]`, `{}`, `{"values":[]}`, `[{"name":"x"}]`, `{"error":{"message":"x"}}`, `[{"type":"error"}]`,
			`{"slug":"x"}`, `[{"slug":"x","members":null}]`, `{"slug":"x","members":{}}`,
			`[{"slug":"x","members":[{}]}]`, `{"slug":"x","members":[{"is_active":true}]}`,
		} {
			got, err := leftovers(newClient(t, sends([]byte(body))))[path](t.Context(), "acme")
			if !errors.Is(err, bitbucket.ErrMalformedResponse) {
				t.Errorf("%s: %s became %+v, %v", path, body, got, err)
			}
		}
	}
}

// Arrays come whole: more than a page may have is taken, and what is larger than an answer may be
// is refused.
func TestLeftoversAreBoundedByBytes(t *testing.T) {
	var members []string
	for i := range 5000 {
		members = append(members, fmt.Sprintf(`{"uuid":"{%d}","display_name":"U","is_active":true}`, i))
	}
	body := []byte("[" + strings.Join(members, ",") + "]")
	all, err := newClient(t, sends(body)).Groups.ListMembers(t.Context(), "acme", "everybody")
	if err != nil || len(all) != 5000 {
		t.Errorf("%d members, %v", len(all), err)
	}
	small := newClient(t, sends(body), bitbucket.WithMaxResponseBytes(int64(len(body)-1)))
	if _, err := small.Groups.ListMembers(t.Context(), "acme", "everybody"); !errors.Is(err, bitbucket.ErrResponseTooLarge) {
		t.Errorf("%v", err)
	}
}

func TestParseUserOfAfter2019(t *testing.T) {
	for body, ok := range map[string]bool{
		`{"uuid":"{1}","nickname":"a"}`: true, `{"account_id":"1:2"}`: true, `{"username":"a"}`: true,
		`{"nickname":"a","is_active":true}`: false, `{"uuid":""}`: false, `{"uuid":5}`: false, `{"uuid":null}`: false,
	} {
		u, err := v1.ParseUser([]byte(body))
		if (err == nil) != ok || err == nil && !sameJSON(t, encode(t, u), []byte(body)) {
			t.Errorf("%s: %+v, %v", body, u, err)
		}
	}
}

func TestParseCreatedUser(t *testing.T) {
	made, err := v1.ParseCreatedUser(stored(t, "created-user.json"))
	if err != nil || made.Username != "auser" || made.Email != "auser@example.com" {
		t.Errorf("%+v, %v", made, err)
	}
}
