package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

// A server that repeats a credential, in whatever writing, does not get it into an
// error.
func TestEchoedCredentialsAreRedacted(t *testing.T) {
	const token = "ATATT3xSecret=1A2B"
	const pair = "aWQ6QVRBVFQzeFNlY3JldCUzRDFBMkI=" // base64 of id:token, escaped
	for name, tc := range map[string]struct {
		status      int
		contentType string
		body        string
	}{
		"as it is":           {400, asJSON, `{"error":{"message":"bad ` + token + `"}}`},
		"escaped in JSON":    {400, asJSON, `{"error":{"message":"bad ATATT3xSecret\u003d1A2B","detail":"ATATT3xSecret\u003d1A2B","fields":{"x":["ATATT3xSecret\u003d1A2B"]}}}`},
		"escaped in HTML":    {502, asHTML, "<title>" + html.EscapeString(token) + " &#61; ATATT3xSecret&#61;1A2B</title>"},
		"in a text":          {400, asText, "you sent " + token},
		"in a success":       {200, asText, "you sent " + token},
		"in an error of 200": {200, asJSON, `{"type":"error","error":{"message":"bad ` + token + `"}}`},
	} {
		_, err := newClientWith(t, answering(tc.status, tc.contentType, tc.body), token).Users.Current(t.Context())
		e, ok := errors.AsType[*bitbucket.Error](err)
		if !ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shown := fmt.Sprintf("%v %s %s %v %s %s", err, e.Message, e.Detail, e.Fields, e.Data, e.Body)
		if strings.Contains(shown, token) || strings.Contains(shown, `Secret\u003d1A2B`) || !strings.Contains(shown, "[redacted]") {
			t.Errorf("%s: %s", name, shown)
		}
	}
	refuse := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		answer(w, 400, `{"error":"invalid_client","error_description":"you sent `+strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")+`"}`)
	}}
	c, err := bitbucket.NewClient(bitbucket.WithTransport(refuse), bitbucket.WithClientCredentials("id", token))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Users.Current(t.Context()); strings.Contains(err.Error(), pair) || !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("the pair shows: %v", err)
	}
}

func newClientWith(t *testing.T, rt http.RoundTripper, token string) *bitbucket.Client {
	t.Helper()
	c, err := bitbucket.NewClient(bitbucket.WithTransport(rt), bitbucket.WithAccessToken(token), bitbucket.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What the caller gets wrong is named, not repeated: it may hold a secret.
func TestMistakesAreNotRepeated(t *testing.T) {
	c := newClient(t, answering(200, asJSON, `{}`))
	var mistakes []error
	for _, raw := range []string{"user:hunter2@host", "https:u:hunter2@host", "host?access_token=hunter2", "https://u:hunter2@host", "https://:8443?hunter2", "https://host:99999/"} {
		_, err := bitbucket.NewClient(bitbucket.WithBaseURL(raw))
		mistakes = append(mistakes, err)
	}
	for _, raw := range []string{"https://u:hunter2@bad host/", "x#access_token=hunter2", "https://u:hunter2@api.bitbucket.org/2.0/user"} {
		mistakes = append(mistakes, c.Do(t.Context(), "GET", raw, nil, nil))
		_, err := c.Users.ListEmails(t.Context(), bitbucket.From(raw)).Collect()
		mistakes = append(mistakes, err)
	}
	mistakes = append(mistakes, c.Properties.Put(t.Context(), "{u}", "app", "name", bitbucket.Property[string]{Value: "hunter2"}))
	for i, err := range mistakes {
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("mistake %d: %v", i, err)
		}
	}
}

// A transport over another client wraps its errors in the URL, query and all.
func TestNestedURLErrorsAreUnwrapped(t *testing.T) {
	inner := &url.Error{Op: "Get", URL: "https://api.bitbucket.org/2.0/user?q=SECRET", Err: reset}
	var traced strings.Builder
	c := newClient(t, failing{&url.Error{Op: "Get", URL: inner.URL, Err: inner}}, bitbucket.WithRetries(0), bitbucket.WithTrace(&bitbucket.Trace{
		Attempt: func(_ context.Context, i bitbucket.AttemptInfo) { fmt.Fprint(&traced, i) },
	}))
	_, err := c.Users.Current(t.Context())
	if shown := err.Error() + traced.String(); strings.Contains(shown, "SECRET") || !strings.Contains(shown, "connection reset") {
		t.Errorf("shown: %s", shown)
	}
}
