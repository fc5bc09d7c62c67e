package bitbucket_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

const (
	asJSON = "application/json; charset=utf-8"
	asText = "text/plain; charset=utf-8"
	asHTML = "text/html; charset=utf-8"
)

// Every form of error body that Bitbucket is known to send.
func TestErrorBodies(t *testing.T) {
	for _, tc := range []struct {
		name        string
		status      int
		contentType string
		body        string
		sentinel    error
		want        bitbucket.Error // the fields that the body decides
		text        []string
	}{{
		name: "fields as arrays", status: 400, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"Bad request","fields":{"source":["branch not found: x"],"title":"too\nlong"}}}`,
		sentinel: bitbucket.ErrBadRequest,
		want:     bitbucket.Error{Message: "Bad request", Fields: map[string][]string{"source": {"branch not found: x"}, "title": {"too\nlong"}}},
		text:     []string{"400 Bad Request; source: branch not found: x; title: too long"},
	}, {
		name: "field that cannot be filtered by", status: 400, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"Field \".values.x\" does not support filtering"}}`,
		sentinel: bitbucket.ErrBadRequest,
		want:     bitbucket.Error{Message: `Field ".values.x" does not support filtering`},
		text:     []string{`400 Bad Request: Field ".values.x" does not support filtering`},
	}, {
		name: "pipelines service, without type", status: 400, contentType: asJSON,
		body:     `{"error":{"message":"Bad request","detail":"Unexpected response body","data":{"key":"unexpected.response.body","arguments":{}}}}`,
		sentinel: bitbucket.ErrBadRequest,
		want:     bitbucket.Error{Message: "Bad request", Detail: "Unexpected response body", Data: []byte(`{"key":"unexpected.response.body","arguments":{}}`)},
		text:     []string{"400 Bad Request: Unexpected response body"},
	}, {
		name: "empty", status: 400, body: "", sentinel: bitbucket.ErrBadRequest,
		text: []string{"400 Bad Request"},
	}, {
		name: "refused early", status: 400, contentType: asText, body: "Bad Request", sentinel: bitbucket.ErrBadRequest,
		want: bitbucket.Error{Message: "Bad Request"}, text: []string{"400 Bad Request"},
	}, {
		name: "API token as Bearer", status: 401, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"Token is invalid, expired, or not supported for this endpoint."}}`,
		sentinel: bitbucket.ErrUnauthorized,
		want:     bitbucket.Error{Message: "Token is invalid, expired, or not supported for this endpoint."},
		text:     []string{"401 Unauthorized", "WithAPIToken(email, token)", "lacks a scope that this endpoint needs (account)"},
	}, {
		name: "OAuth token expired", status: 401, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"Access token expired. Use your refresh token to obtain a new access token."}}`,
		sentinel: bitbucket.ErrUnauthorized,
		want:     bitbucket.Error{Message: "Access token expired. Use your refresh token to obtain a new access token."},
		text:     []string{"401 Unauthorized: Access token expired.", "expired or revoked"},
	}, {
		name: "wrong Basic credentials", status: 401, contentType: asText,
		body:     "Login failed due to incorrect login credentials or method.\nIf you are unsure which login method to use:\n- see the docs\n",
		sentinel: bitbucket.ErrUnauthorized,
		want:     bitbucket.Error{Message: "Login failed due to incorrect login credentials or method. If you are unsure which login method to use: - see the docs"},
		text:     []string{"401 Unauthorized: Login failed due to incorrect"},
	}, {
		name: "plan limit", status: 402, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"You have reached your plan's user limit"}}`,
		sentinel: bitbucket.ErrPlanLimit,
		want:     bitbucket.Error{Message: "You have reached your plan's user limit"},
		text:     []string{"402 Payment Required", "the plan does not include this, or its limit is reached"},
	}, {
		name: "missing scope", status: 403, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes.","detail":{"required":["account"],"granted":["repository"]}}}`,
		sentinel: bitbucket.ErrForbidden,
		want:     bitbucket.Error{Message: "Your credentials lack one or more required privilege scopes.", RequiredScopes: []string{"account"}, GrantedScopes: []string{"repository"}},
		text:     []string{"needs scope account; granted: repository"},
	}, {
		name: "missing scope, unnamed", status: 403, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes.","detail":null}}`,
		sentinel: bitbucket.ErrForbidden,
		want:     bitbucket.Error{Message: "Your credentials lack one or more required privilege scopes.", RequiredScopes: []string{"account"}},
		text:     []string{"needs scope account; granted: unknown"},
	}, {
		name: "wrong kind of credential", status: 403, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"This API is not accessible by this authentication mechanism"}}`,
		sentinel: bitbucket.ErrForbidden,
		want:     bitbucket.Error{Message: "This API is not accessible by this authentication mechanism"},
		text:     []string{"WithAPIToken"},
	}, {
		name: "unknown route", status: 404, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"Resource not found","detail":"There is no API hosted at this URL"}}`,
		sentinel: bitbucket.ErrNotFound,
		want:     bitbucket.Error{Message: "Resource not found", Detail: "There is no API hosted at this URL"},
		text:     []string{"404 Not Found: Resource not found: There is no API hosted at this URL"},
	}, {
		name: "missing, or not to be seen", status: 404, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"You may not have access to this repository or it no longer exists in this workspace. If you think this repository exists and you have access, make sure you are authenticated."}}`,
		sentinel: bitbucket.ErrNotFound,
		want:     bitbucket.Error{Message: "You may not have access to this repository or it no longer exists in this workspace. If you think this repository exists and you have access, make sure you are authenticated."},
		text:     []string{"404 Not Found: You may not have access", "the credential may not see it"},
	}, {
		name: "without the version in the path", status: 403, contentType: asJSON, body: `{"type":"error","error":{"message":"Forbidden"}}`,
		sentinel: bitbucket.ErrForbidden, want: bitbucket.Error{Message: "Forbidden"}, text: []string{"403 Forbidden"},
	}, {
		name: "bare identifier", status: 404, contentType: asJSON, body: `{"type":"error","error":{"message":"113977999"}}`,
		sentinel: bitbucket.ErrNotFound, want: bitbucket.Error{Message: "113977999"}, text: []string{"404 Not Found: 113977999"},
	}, {
		name: "text", status: 404, contentType: asText, body: "Not Found", sentinel: bitbucket.ErrNotFound,
		want: bitbucket.Error{Message: "Not Found"}, text: []string{"404 Not Found; "},
	}, {
		name: "conflict", status: 409, contentType: asJSON,
		body:     `{"error":{"message":"Conflict","data":{"key":"variable-service.variable.duplicate"}}}`,
		sentinel: bitbucket.ErrConflict,
		want:     bitbucket.Error{Message: "Conflict", Data: []byte(`{"key":"variable-service.variable.duplicate"}`)},
		text:     []string{"409 Conflict"},
	}, {
		name: "removed", status: 410, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"CHANGE-2770 - Functionality has been deprecated","detail":"Please read the changelog entry for more details.","data":{"announcement_url":"https://example.com/changelog"}},"data":{"announcement_url":"https://example.com/changelog"}}`,
		sentinel: bitbucket.ErrGone,
		want:     bitbucket.Error{Message: "CHANGE-2770 - Functionality has been deprecated", Detail: "Please read the changelog entry for more details.", Data: []byte(`{"announcement_url":"https://example.com/changelog"}`)},
		text:     []string{"410 Gone: CHANGE-2770"},
	}, {
		name: "removed 1.0", status: 410, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"Resource removed","detail":"This API is no longer supported.\n\nSee the docs."}}`,
		sentinel: bitbucket.ErrGone,
		want:     bitbucket.Error{Message: "Resource removed", Detail: "This API is no longer supported.\n\nSee the docs."},
		text:     []string{"410 Gone: Resource removed: This API is no longer supported. See the docs; "},
	}, {
		name: "rate limited", status: 429, contentType: asText, body: "Rate limit for this resource has been exceeded",
		sentinel: bitbucket.ErrRateLimited,
		want:     bitbucket.Error{Message: "Rate limit for this resource has been exceeded"},
		text:     []string{"429 Too Many Requests: Rate limit"},
	}, {
		name: "server error with id", status: 500, contentType: asJSON,
		body:     `{"type":"error","error":{"message":"Something went wrong","id":"0123456789abcdef0123456789abcdef"}}`,
		sentinel: bitbucket.ErrServer,
		want:     bitbucket.Error{Message: "Something went wrong", ID: "0123456789abcdef0123456789abcdef"},
		text:     []string{"500 Internal Server Error: Something went wrong (id 0123456789abcdef0123456789abcdef)"},
	}, {
		name: "gateway page", status: 502, contentType: asHTML,
		body:     "<html>\n<head><TITLE>502 Bad\n Gateway &amp; more</TITLE></head><body><center>nginx</center></body></html>",
		sentinel: bitbucket.ErrServer,
		want:     bitbucket.Error{Message: `an HTML page, not an answer of the API: "502 Bad Gateway & more"`},
		text:     []string{`502 Bad Gateway: an HTML page, not an answer of the API: "502 Bad Gateway & more"`},
	}, {
		name: "text from a gateway", status: 503, contentType: asText, body: "upstream connect error\x00\x1b[31m", sentinel: bitbucket.ErrServer,
		want: bitbucket.Error{Message: "upstream connect error[31m"}, text: []string{"503 Service Unavailable: upstream connect error"},
	}, {
		name: "JSON that lies about its type", status: 504, contentType: asJSON, body: "<html><h1>Gateway Time-out</h1>", sentinel: bitbucket.ErrServer,
		want: bitbucket.Error{Message: `an HTML page, not an answer of the API: "Gateway Time-out"`}, text: []string{"504 Gateway Timeout"},
	}, {
		name: "flat", status: 400, contentType: asJSON, body: `{"message":"wrong","detail":"very","data":{"a":1}}`, sentinel: bitbucket.ErrBadRequest,
		want: bitbucket.Error{Message: "wrong", Detail: "very", Data: []byte(`{"a":1}`)}, text: []string{"wrong: very"},
	}, {
		name: "as OAuth sends it", status: 400, contentType: asJSON, body: `{"error":"invalid_request","error_description":"no grant"}`, sentinel: bitbucket.ErrBadRequest,
		want: bitbucket.Error{Message: "invalid_request", Detail: "no grant"}, text: []string{"invalid_request: no grant"},
	}, {
		name: "JSON of another kind", status: 400, contentType: asJSON, body: `["no"]`, sentinel: bitbucket.ErrBadRequest,
		want: bitbucket.Error{Message: `["no"]`}, text: []string{`["no"]`},
	}} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClient(t, answering(tc.status, tc.contentType, tc.body), bitbucket.WithRetries(0))
			_, err := c.Users.Current(t.Context())
			got, ok := errors.AsType[*bitbucket.Error](err)
			if !ok {
				t.Fatalf("no *Error but %T: %v", err, err)
			}
			for _, sentinel := range []error{
				bitbucket.ErrBadRequest, bitbucket.ErrUnauthorized, bitbucket.ErrPlanLimit, bitbucket.ErrForbidden, bitbucket.ErrNotFound,
				bitbucket.ErrConflict, bitbucket.ErrGone, bitbucket.ErrRateLimited, bitbucket.ErrServer,
			} {
				if errors.Is(err, sentinel) != (sentinel == tc.sentinel) {
					t.Errorf("errors.Is(err, %v) = %v", sentinel, sentinel != tc.sentinel)
				}
			}
			want := tc.want
			want.StatusCode, want.Method, want.URL, want.Attempts = tc.status, "GET", "https://api.bitbucket.org/2.0/user", 1
			want.Hint, want.Body = got.Hint, []byte(tc.body)
			if len(want.Body) == 0 {
				want.Body, got.Body = nil, nil
			}
			if !reflect.DeepEqual(bitbucket.Seen(got), &want) {
				got.Body, want.Body = nil, nil
				t.Errorf("got  %#v\nwant %#v", got, &want)
			}
			wantText(t, err.Error(), append(tc.text, "bitbucket: GET https://api.bitbucket.org/2.0/user: ")...)
			if strings.ContainsAny(err.Error(), "\n\r\x00\x1b") {
				t.Errorf("not one line: %q", err)
			}
		})
	}
}

func TestGoneNamesTheReplacement(t *testing.T) {
	gone := answering(410, asJSON, `{"type":"error","error":{"message":"CHANGE-2770 - Functionality has been deprecated"}}`)
	c := newClient(t, gone)
	_, err := c.Permissions.ListRepositories(t.Context()).Collect()
	wantText(t, err.Error(), "use Permissions.ListMine or Permissions.ListMineEverywhere")
	_, err = c.Permissions.ListWorkspaces(t.Context()).Collect()
	wantText(t, err.Error(), "use Workspaces.List")
}

func TestHintsForOldPrograms(t *testing.T) {
	gone := newClient(t, answering(410, asJSON, `{"type":"error","error":{"message":"CHANGE-2770 - Functionality has been deprecated"}}`))
	for path, want := range map[string]string{
		"/2.0/workspaces":          "use Workspaces.List",
		"/2.0/repositories/?q=x":   "use Repositories.List for each workspace",
		"/2.0/repositories/a/b/c/": "Bitbucket removed this endpoint",
	} {
		wantText(t, gone.Do(t.Context(), "GET", path, nil, nil).Error(), want)
	}
	wantText(t, newClient(t, answering(403, asJSON, `{"type":"error","error":{"message":"Forbidden"}}`)).Do(t.Context(), "GET", "/user", nil, nil).Error(), "a path begins with its version: /2.0/…")
	_, err := newClient(t, answering(404, asJSON, `{"type":"error","error":{"message":"ada"}}`)).Users.Get(t.Context(), "ada")
	wantText(t, err.Error(), "by UUID or Atlassian account ID, not by name")
}

func TestUnauthorizedNamesTheCredential(t *testing.T) {
	refuse := answering(401, asText, "Login failed due to incorrect login credentials or method.")
	for _, tc := range []struct {
		opt  bitbucket.Option
		want string
	}{
		{bitbucket.WithAPIToken("ada@example.com", "t0"), "app passwords ended on 2026-07-28"},
		{bitbucket.WithAccessToken("t0"), "WithAPIToken(email, token)"},
		{bitbucket.WithUserAgent("x"), "no credential was sent"},
	} {
		c, err := bitbucket.NewClient(bitbucket.WithTransport(refuse), tc.opt)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Users.Current(t.Context())
		wantText(t, err.Error(), tc.want)
	}
}

func TestMalformedAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		contentType, body, want string
	}{
		"HTML":       {asHTML, "<html><title>Log in</title>", `it is no JSON but "an HTML page, not an answer of the API: \"Log in\""`},
		"cut":        {asJSON, `{"type":"workspace","slug":"ac`, "it is no JSON but"},
		"empty":      {asJSON, "", "the body is empty"},
		"other type": {asJSON, `{"slug":7}`, "slug"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, answering(200, tc.contentType, tc.body))
			got, err := c.Workspaces.Get(t.Context(), "acme")
			if got != nil || !errors.Is(err, bitbucket.ErrMalformedResponse) {
				t.Errorf("got %v, %v", got, err)
			}
			wantText(t, err.Error(), "GET https://api.bitbucket.org/2.0/workspaces/acme: 200 OK: malformed response", tc.want)
			if e, ok := errors.AsType[*bitbucket.Error](err); !ok || string(e.Body) != tc.body {
				t.Errorf("the body is not kept: %+v", e)
			}
		})
	}
}

func TestMalformedUser(t *testing.T) {
	_, err := newClient(t, answering(200, asJSON, `{"repositories":[]}`)).Users.Current(t.Context())
	e, ok := errors.AsType[*bitbucket.Error](err)
	if !ok || !errors.Is(err, bitbucket.ErrMalformedResponse) || string(e.Body) != `{"repositories":[]}` {
		t.Errorf("error %v", err)
	}
	wantText(t, err.Error(), "GET https://api.bitbucket.org/2.0/user: 200 OK: malformed response")
}

func TestTooLargeAnswer(t *testing.T) {
	big := answering(200, asJSON, `{"type":"workspace","name":"`+strings.Repeat("x", 2000)+`"}`)
	c := newClient(t, big, bitbucket.WithMaxResponseBytes(1000))
	_, err := c.Workspaces.Get(t.Context(), "acme")
	if !errors.Is(err, bitbucket.ErrResponseTooLarge) {
		t.Fatal(err)
	}
	wantText(t, err.Error(), "more than 1000 bytes", "WithMaxResponseBytes")
	if n := len(big.requests()); n != 1 {
		t.Errorf("%d attempts, want 1: asking again brings the same", n)
	}
}

func TestErrorBodyIsBounded(t *testing.T) {
	c := newClient(t, answering(400, asText, strings.Repeat("no ", 5000)))
	_, err := c.Users.Current(t.Context())
	e, _ := errors.AsType[*bitbucket.Error](err)
	if len(e.Body) != 4096 || len([]rune(e.Message)) != 201 || len(err.Error()) > 400 {
		t.Errorf("body %d bytes, message %d runes, text %d bytes", len(e.Body), len([]rune(e.Message)), len(err.Error()))
	}
}

func TestErrorsHoldNoSecrets(t *testing.T) {
	echo := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		answer(w, 400, `{"error":{"message":"you sent `+r.Header.Get("Authorization")+`"}}`)
	}}
	c := newClient(t, echo)
	_, err := c.Users.ListEmails(t.Context(), bitbucket.Query(`email="hidden@example.com"`)).Collect()
	e, _ := errors.AsType[*bitbucket.Error](err)
	for _, shown := range []string{err.Error(), e.Message, e.URL, string(e.Body)} {
		if strings.Contains(shown, "test-token") || strings.Contains(shown, "hidden") {
			t.Errorf("a secret shows: %s", shown)
		}
	}
	wantText(t, e.Message, "you sent Bearer [redacted]")

	broken := newClient(t, failing{errors.New("connection reset")}, bitbucket.WithRetries(0))
	_, err = broken.Users.ListEmails(t.Context(), bitbucket.Query(`email="hidden@example.com"`)).Collect()
	if strings.Contains(err.Error(), "hidden") {
		t.Errorf("the query shows: %v", err)
	}
	wantText(t, err.Error(), "bitbucket: GET https://api.bitbucket.org/2.0/user/emails: connection reset")
}

func TestErrorTellsRetryAfter(t *testing.T) {
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(429)
	}}
	c := newClient(t, rt, bitbucket.WithRetries(0))
	_, err := c.Users.Current(t.Context())
	if e, _ := errors.AsType[*bitbucket.Error](err); e == nil || e.RetryAfter != 2*time.Minute {
		t.Errorf("got %+v", e)
	}
	wantText(t, err.Error(), "(retry after 2m0s)")
}
