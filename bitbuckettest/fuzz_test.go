package bitbuckettest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// FuzzRequest sends any method, path, query, credential and body. Nothing panics, hangs or is a
// 500; what says that it is JSON is, and no secured value comes out.
func FuzzRequest(f *testing.F) {
	for _, r := range bitbuckettest.New().Routes() {
		f.Add(r.Method, strings.NewReplacer("{workspace}", "acme", "{workspace_slug}", "acme",
			"{repo_slug}", "widgets",
			"{project_key}", "WID", "{group_slug}", "devs").Replace(r.Pattern), "", "",
			`{"key":"A","value":"1","permission":"read"}`)
	}
	f.Add("GET", "/2.0/workspaces/acme/permissions/repositories",
		`q=permission>"read"&sort=-user.nickname&pagelen=1&page=2`, "", "")
	f.Add("GET", "/2.0/user", "fields=-*,+links.*.href", "", "")
	f.Add("POST", "/site/oauth2/access_token", "", "Basic Y2k6aHVzaA==",
		"grant_type=client_credentials")
	f.Add("GET", "/site/oauth2/authorize",
		"client_id=ci&response_type=code&redirect_uri=http://localhost/", "", "")
	f.Add("GET", "/1.0/users/ada/events", "start=1&limit=2", "", "")
	f.Add("OPTIONS", "/api/2.0//user/%7B", "page=x", "Bearer x", "\x00")
	f.Fuzz(func(t *testing.T, method, path, query, authorization, body string) {
		srv := fuzzed()
		req := &http.Request{
			Method: method, Host: "api.bitbucket.org", Header: http.Header{},
			URL: &url.URL{
				Scheme: "https", Host: "api.bitbucket.org", Path: unescaped(path), RawPath: path,
				RawQuery: query,
			},
			Body: io.NopCloser(strings.NewReader(body)),
		}
		req.Header.Set("Authorization", authorization)
		if authorization == "" {
			token := srv.IssueAPIToken("ada")
			req.SetBasicAuth(token.Email, token.Token)
		}
		resp, err := srv.RoundTrip(req.WithContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode < 200 || resp.StatusCode >= 500 {
			t.Fatalf("%s %s?%s: %d, %v: %s", method, path, query, resp.StatusCode, err, answer)
		}
		isJSON := strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json")
		if isJSON && len(answer) > 0 && !json.Valid(answer) {
			t.Errorf("%s %s?%s: no JSON: %s", method, path, query, answer)
		}
		if strings.Contains(string(answer), "s3cret") && !strings.Contains(path+query+body, "s3cret") {
			t.Errorf("%s %s?%s gives a secret: %s", method, path, query, answer)
		}
	})
}

// fuzzed is a server with something of everything.
func fuzzed() *bitbuckettest.Server {
	srv := small(bitbuckettest.Legacy(), bitbuckettest.Throttle(1000, time.Hour))
	srv.AddGroup("acme", bitbuckettest.Group{Slug: "devs", Members: []string{"bob"}})
	srv.GrantRepositoryGroup("acme", "widgets", "devs", "write")
	secret := bitbuckettest.Variable{Key: "TOKEN", Value: "s3cret", Secured: true}
	srv.AddUserVariable("ada", secret)
	srv.AddVariable(secret, "acme")
	srv.AddVariable(secret, "acme", "widgets")
	srv.AddFile("acme", "widgets", bitbuckettest.File{Path: "a.go", Content: "package a"})
	srv.AddConsumer(bitbuckettest.Consumer{ID: "ci", Secret: "hush", Workspace: "acme"})
	return srv
}

func unescaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// FuzzLoad reads any file: it is a server or an error, and no panic.
func FuzzLoad(f *testing.F) {
	f.Add(`{"users":[{"nickname":"ada"}],"workspaces":[{"slug":"acme","members":[{"user":"ada","role":"owner"}]}]}`)
	f.Add(`{"users":[{"nickname":"a","emails":[{}],"ssh_keys":[{"key":"x"}],"gpg_keys":[{"subkeys":[{}]}]}]}`)
	f.Add(`{"workspaces":[{"slug":"a","repositories":[{"slug":"r","environments":[{"name":"e","variables":[{}]}]}]}]}`)
	f.Add(`{"admin":{"user":"x","workspace":"y"}}`)
	f.Fuzz(func(t *testing.T, file string) {
		if srv, err := bitbuckettest.Load(strings.NewReader(file)); (srv == nil) == (err == nil) {
			t.Errorf("%v, %v", srv, err)
		}
	})
}
