package bitbucket_test

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
)

// kindsOfCredential are clients of every kind of credential, and the kinds of the table that each may be.
func kindsOfCredential() map[string]struct {
	option bitbucket.Option
	may    operations.Credentials
} {
	type entry = struct {
		option bitbucket.Option
		may    operations.Credentials
	}
	return map[string]entry{
		"anonymous":    {bitbucket.WithUserAgent("anonymous"), 0},
		"API token":    {bitbucket.WithAPIToken("ada@example.com", "an-api-token"), operations.APIToken},
		"access token": {bitbucket.WithAccessToken("an-access-token"), operations.AccessToken | operations.OAuth},
		"consumer":     {bitbucket.WithClientCredentials("id", "a-secret"), operations.OAuth},
		"source": {
			bitbucket.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a-token"})),
			operations.OAuth,
		},
	}
}

// refusing refuses all but requests for tokens.
func refusing(status int, header http.Header, body string) http.RoundTripper {
	return &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "bitbucket.org" {
			answer(w, 200, `{"access_token":"issued-token","expires_in":7200}`)
			return
		}
		maps.Copy(w.Header(), header)
		answer(w, status, body)
	}}
}

// refusedCall calls an endpoint as a kind of credential, and returns the refusal.
func refusedCall(
	t *testing.T, rt http.RoundTripper, credential bitbucket.Option, op operations.Operation,
) *bitbucket.Error {
	t.Helper()
	c, err := bitbucket.NewClient(credential, bitbucket.WithTransport(rt), bitbucket.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	path := strings.NewReplacer("{", "", "}", "").Replace(op.Pattern)
	err = c.Do(t.Context(), op.Method, path, nil, nil)
	e, ok := errors.AsType[*bitbucket.Error](err)
	if !ok {
		t.Fatalf("%s %s: %v", op.Method, op.Pattern, err)
	}
	return e
}

// An API token is told the scopes that it can have. Bitbucket names classic ones in its headers, and
// its messages may too.
func TestMissingScopes(t *testing.T) {
	classic := http.Header{"X-Accepted-Oauth-Scopes": {"account"}, "X-Oauth-Scopes": {"read:something:bitbucket"}}
	for _, body := range []string{
		`{"error":{"message":"Your credentials lack one or more required privilege scopes."}}`,
		`{"error":{"message":"Your credentials lack one or more required privilege scopes.","detail":{"required":["account"],"granted":[]}}}`,
		`{"error":{"message":"Ihre Anmeldedaten reichen nicht aus.","detail":{"required":["account"],"granted":[]}}}`,
		`{"error":{"detail":{"required":["account"],"granted":[]}}}`,
	} {
		for _, header := range []http.Header{nil, classic} {
			for name, credential := range kindsOfCredential() {
				for _, op := range operations.All() {
					e := refusedCall(t, refusing(403, header, body), credential.option, op)
					checkScopes(t, name, op, e)
				}
			}
		}
	}
}

func checkScopes(t *testing.T, name string, op operations.Operation, e *bitbucket.Error) {
	t.Helper()
	where := name + ", " + op.Method + " " + op.Pattern
	wantWhole(t, where, e)
	granular := 0
	for _, scope := range e.RequiredScopes {
		if strings.HasSuffix(scope, ":bitbucket") {
			granular++
		}
	}
	switch {
	case name == "API token" && len(op.Granular) > 0:
		if granular != len(op.Granular) || granular != len(e.RequiredScopes) {
			t.Errorf("%s: told of %v, want %v", where, e.RequiredScopes, op.Granular)
		}
		wantText(t, e.Error(), "needs scope "+op.Granular[0])
	case granular > 0:
		t.Errorf("%s: told of %v", where, e.RequiredScopes)
	case name != "anonymous" && len(e.RequiredScopes) > 0:
		wantText(t, e.Error(), "needs scope "+e.RequiredScopes[0], "create a credential that has the scope")
	case name == "anonymous":
		wantText(t, e.Hint, "no credential was sent", "WithAPIToken", "WithEnv")
	}
}

// A credential of a kind that an endpoint does not take is told which it takes: what the table says,
// and never its own kind.
func TestRefusedKinds(t *testing.T) {
	names := map[operations.Credentials]string{
		operations.APIToken:        "API token",
		operations.OAuth:           "OAuth token",
		operations.RepositoryToken: "repository access token",
		operations.ProjectToken:    "project access token",
		operations.WorkspaceToken:  "workspace access token",
	}
	for _, message := range []string{
		"This API is not accessible by this authentication mechanism",
		"This resource does not support authentication using the provided token",
	} {
		rt := refusing(403, nil, `{"error":{"message":"`+message+`"}}`)
		for name, credential := range kindsOfCredential() {
			for _, op := range operations.All() {
				e := refusedCall(t, rt, credential.option, op)
				where := name + ", " + op.Method + " " + op.Pattern
				wantWhole(t, where, e)
				if e.Hint == "" {
					t.Errorf("%s: no hint", where)
				}
				own := credential.may
				if name == "access token" && op.Credentials.Has(operations.OAuth) {
					own &^= operations.OAuth // which would not have been refused
				}
				for kind, called := range names {
					told := strings.Contains(e.Hint, called)
					if want := op.Credentials.Has(kind) && !own.Has(kind); told != want {
						t.Errorf("%s: told of the kind %q: %v, want %v: %s", where, called, told, want, e.Hint)
					}
				}
			}
		}
	}
}

// A refusal that lists the kinds that it takes is not contradicted: the table may be older than it.
func TestRefusalListsKinds(t *testing.T) {
	rt := refusing(403, nil, `{"error":{"message":"This API is only accessible with the following authentication types: jwt"}}`)
	for name, credential := range kindsOfCredential() {
		for _, op := range operations.All() {
			e := refusedCall(t, rt, credential.option, op)
			where := name + ", " + op.Method + " " + op.Pattern
			wantWhole(t, where, e)
			wantText(t, e.Error(), "authentication types: jwt; nothing else is taken there; jwt is the kind of Connect apps")
			if strings.Contains(e.Hint, "token") || strings.Contains(e.Hint, "With") {
				t.Errorf("%s: told of another kind: %s", where, e.Hint)
			}
		}
	}
}

func TestRefusalListsKindsWithoutConnect(t *testing.T) {
	current, _ := operations.Match("GET", "/2.0/user")
	rt := refusing(403, nil, `{"error":{"message":"This API is only accessible with the following authentication types: oauth2"}}`)
	e := refusedCall(t, rt, bitbucket.WithAPIToken("ada@example.com", "an-api-token"), current)
	if e.Hint != "nothing else is taken there" {
		t.Errorf("the hint is %q", e.Hint)
	}
}

// One message stands for a token that is none, and on some endpoints for one that lacks a scope. The
// scopes are those that the credential can have.
func TestRefusedTokenMayLackAScope(t *testing.T) {
	const message = "Token is invalid, expired, or not supported for this endpoint."
	current, _ := operations.Match("GET", "/2.0/user")
	for name, want := range map[string]string{
		"API token":    "it lacks a scope that this endpoint needs (read:user:bitbucket)",
		"access token": "it lacks a scope that this endpoint needs (account)",
		"consumer":     "it lacks a scope that this endpoint needs (account)",
		"source":       "it lacks a scope that this endpoint needs (account)",
	} {
		credential := kindsOfCredential()[name].option
		e := refusedCall(t, refusing(401, nil, `{"error":{"message":"`+message+`"}}`), credential, current)
		wantText(t, e.Error(), want)
		wantWhole(t, name, e)
		e = refusedCall(t, refusing(401, nil, `{"error":{"message":"Access token expired."}}`), credential, current)
		if strings.Contains(e.Hint, "lacks a scope") {
			t.Errorf("%s: %s", name, e.Hint)
		}
	}
	e := refusedCall(t, refusing(401, nil, `{"error":{"message":"`+message+`"}}`),
		kindsOfCredential()["anonymous"].option, current)
	if strings.Contains(e.Hint, "scope") {
		t.Errorf("nothing was sent: %s", e.Hint)
	}
}

// Only where a permission was to be given does 402 mean that there is no seat for somebody.
func TestPlanLimits(t *testing.T) {
	token := kindsOfCredential()["API token"].option
	for _, op := range operations.All() {
		e := refusedCall(t, refusing(402, nil, `{"error":{"message":"No."}}`), token, op)
		seats := strings.Contains(e.Hint, "free a seat")
		if want := strings.HasSuffix(op.Call, ".SetUser") || strings.HasSuffix(op.Call, ".SetGroup"); seats != want {
			t.Errorf("%s %s: %s", op.Method, op.Pattern, e.Hint)
		}
		wantText(t, e.Hint, "plan")
	}
}

// Whoever sent no credential is told how to, unless the transport brought one.
func TestAnonymousIsToldToSignIn(t *testing.T) {
	anonymous := bitbucket.WithUserAgent("anonymous")
	current, _ := operations.Match("GET", "/2.0/user")
	for _, status := range []int{401, 403} {
		e := refusedCall(t, refusing(status, nil, `{"error":{"message":"No."}}`), anonymous, current)
		wantText(t, e.Error(), "no credential was sent", "WithAPIToken", "BITBUCKET_API_TOKEN")
		wantWhole(t, "anonymous", e)
		brings := bringing{refusing(status, nil, `{"error":{"message":"No."}}`)}
		e = refusedCall(t, brings, anonymous, current)
		if strings.Contains(e.Error(), "no credential") {
			t.Errorf("the transport brought one: %v", e)
		}
		wantWhole(t, "brought", e)
	}
	e := refusedCall(t, failing{reset}, anonymous, current)
	wantText(t, e.Error(), "no credential is set", "WithAPIToken", "WithEnv")
	wantWhole(t, "no connection", e)
	for name, credential := range kindsOfCredential() {
		e := refusedCall(t, failing{reset}, credential.option, current)
		if name != "anonymous" && strings.Contains(e.Error(), "no credential") {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// bringing is a transport with a credential of its own, as those of oauth2 are.
type bringing struct{ http.RoundTripper }

func (b bringing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer brought")
	return b.RoundTripper.RoundTrip(r)
}

// Every refusal of every operation reads well, whatever the credential.
func TestErrorsReadWell(t *testing.T) {
	for _, status := range []int{301, 400, 401, 402, 403, 404, 409, 410, 418, 429, 500, 503} {
		for _, message := range []string{"", "No.", "Ends with a semicolon;", "Two. Sentences"} {
			rt := refusing(status, http.Header{"Retry-After": {"90000"}}, `{"error":{"message":"`+message+`"}}`)
			for name, credential := range kindsOfCredential() {
				for _, op := range operations.All() {
					wantWhole(t, name+", "+op.Method+" "+op.Pattern, refusedCall(t, rt, credential.option, op))
				}
			}
		}
	}
}

// wantWhole fails when the text of an error is patched together badly.
func wantWhole(t *testing.T, where string, e *bitbucket.Error) {
	t.Helper()
	for _, bad := range []string{".;", ";;", "  ", ": ;", "::", "()", "\n", "; ;"} {
		if strings.Contains(e.Error(), bad) {
			t.Errorf("%s: %q in %q", where, bad, e.Error())
		}
	}
}
