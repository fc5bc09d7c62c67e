package bitbucket_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

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
