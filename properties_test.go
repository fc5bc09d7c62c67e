package bitbucket_test

import (
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// preferences is what an app of these tests stores.
type preferences struct {
	Theme string `json:"theme"`
	Lines int    `json:"lines,omitzero"`
}

// propertiesOf are those of an app that ada let in: API tokens may not write any.
func propertiesOf(t *testing.T, srv *bitbuckettest.Server) *bitbucket.PropertiesService {
	t.Helper()
	return demoClient(t, srv, bitbucket.WithAccessToken(srv.IssueOAuthToken("ada"))).Properties
}

func TestPropertyThroughItsLife(t *testing.T) {
	srv := acme()
	properties, ada := propertiesOf(t, srv), uuidOfUser(t, srv, "ada")
	var got preferences
	err := properties.Get(t.Context(), ada, "my-app", "prefs", &got)
	wantRefusal(t, err, bitbucket.ErrNotFound, hintUserNotThere)

	must(t, properties.Put(t.Context(), ada, "my-app", "prefs", preferences{"dark", 40}))
	stored := srv.Property("ada", "my-app", "prefs")
	if string(stored) != `{"theme":"dark","lines":40}` {
		t.Errorf("the server has %s", stored)
	}
	must(t, properties.Get(t.Context(), ada, "my-app", "prefs", &got))
	if got != (preferences{"dark", 40}) {
		t.Errorf("got %+v, want what was put", got)
	}
	must(t, properties.Delete(t.Context(), ada, "my-app", "prefs"))
	if stored = srv.Property("ada", "my-app", "prefs"); stored != nil {
		t.Errorf("the server still has %s", stored)
	}
	wantRefusal(t, properties.Delete(t.Context(), ada, "my-app", "prefs"),
		bitbucket.ErrNotFound, hintUserNotThere)
}

func TestPropertyWithAttributes(t *testing.T) {
	srv := acme()
	properties, ada := propertiesOf(t, srv), uuidOfUser(t, srv, "ada")
	want := bitbucket.Property[preferences]{
		Attributes: []bitbucket.PropertyAttribute{bitbucket.PropertyPublic},
		Value:      preferences{Theme: "light"},
	}
	must(t, properties.Put(t.Context(), ada, "my-app", "prefs", want))
	var got bitbucket.Property[preferences]
	must(t, properties.Get(t.Context(), ada, "my-app", "prefs", &got))
	if got.Value != want.Value || !slices.Equal(got.Attributes, want.Attributes) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPropertyOfNothing(t *testing.T) {
	srv := acme()
	properties, ada := propertiesOf(t, srv), uuidOfUser(t, srv, "ada")
	if err := properties.Put(t.Context(), ada, "my-app", "prefs", nil); err == nil {
		t.Error("nil was put")
	}
	scalar := bitbucket.Property[int]{Value: 7}
	if err := properties.Put(t.Context(), ada, "my-app", "prefs", scalar); err == nil {
		t.Error("a number was put, which is no JSON object")
	}
	if srv.Calls() != 0 {
		t.Errorf("%d calls were sent, want none", srv.Calls())
	}
}

func TestPropertyRefusals(t *testing.T) {
	srv := acme()
	srv.SetProperty("ada", "my-app", "prefs", preferences{Theme: "dark"})
	ada := uuidOfUser(t, srv, "ada")
	err := srv.Client("ada").Properties.Put(t.Context(), ada, "my-app", "prefs", preferences{})
	wantRefusal(t, err, bitbucket.ErrForbidden, "Bitbucket takes an OAuth token here")
	err = propertiesOf(t, srv).Put(t.Context(), ada, "my-app", "no spaces", preferences{})
	wantRefusal(t, err, bitbucket.ErrBadRequest, "")
	if stored := string(srv.Property("ada", "my-app", "prefs")); stored != `{"theme":"dark"}` {
		t.Errorf("the server has %s, want what it had", stored)
	}
}
