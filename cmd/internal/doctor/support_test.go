package doctor

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// clientOf is a client as an examination wants it.
func clientOf(t *testing.T, rt http.RoundTripper, credential bitbucket.Option) *bitbucket.Client {
	t.Helper()
	client, err := bitbucket.NewClient(credential, bitbucket.WithTransport(rt),
		bitbucket.WithThrottle(throttle.Unlimited), bitbucket.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// byToken is the credential of a user's API token. No scopes are all.
func byToken(server *bitbuckettest.Server, user string, scopes ...string) bitbucket.Option {
	token := server.IssueAPIToken(user, scopes...)
	return bitbucket.WithAPIToken(token.Email, token.Token)
}

// patient is one that may be asked as often as it takes.
func patient(client *bitbucket.Client) Patient {
	return Patient{
		Client: client, Sent: SentAsAPIToken, Most: 100, Before: func() error { return nil },
	}
}

func examine(t *testing.T, p Patient) *Report {
	t.Helper()
	r, err := Examine(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A taped answer is one with the shape that it has to have.
type taped struct {
	shape shape
	body  []byte
}

// answersOf are those of a server to a whole examination.
func answersOf(t *testing.T, server *bitbuckettest.Server, user string) []taped {
	t.Helper()
	var answers []taped
	all := operations()
	tape := roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := server.RoundTrip(r)
		if err != nil || response.StatusCode != http.StatusOK {
			return response, err
		}
		body, err := io.ReadAll(response.Body)
		response.Body = io.NopCloser(bytes.NewReader(body))
		_, pattern := bitbucket.OperationFrom(r.Context())
		i := slices.IndexFunc(all, func(op operation) bool { return op.Pattern == pattern })
		answers = append(answers, taped{all[i].shape, body})
		return response, err
	})
	r := examine(t, patient(clientOf(t, tape, byToken(server, user))))
	if len(answers) < 40 || r.Count(Allowed) != len(answers) {
		t.Fatalf("%d answers, %d of them allowed", len(answers), r.Count(Allowed))
	}
	return answers
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
