package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/doctor"
)

// examined reads the JSON form of a report.
func examined(t *testing.T, got result) doctor.Report {
	t.Helper()
	var r doctor.Report
	if err := json.Unmarshal([]byte(got.stdout), &r); err != nil {
		t.Fatalf("%v: %.300s%s", err, got.stdout, got.stderr)
	}
	return r
}

func TestDoctor(t *testing.T) {
	b, server := asDemoAdmin(t)
	got := b.call(t.Context(), "doctor", "-json", "-throttle", "none")
	r := examined(t, got)
	if got.code != exitOK || r.Count(doctor.Allowed) != 25 || r.Count(doctor.Gone) != 4 ||
		r.Workspace != "acme" || r.Credential.Account != "Amber Fox" || r.Demo {
		t.Errorf("exit code %d, %+v", got.code, r)
	}
	if r.Calls.Made != 25 || server.Calls() != 25 {
		t.Errorf("%+v, the server counted %d", r.Calls, server.Calls())
	}
	for _, want := range []string{
		"at most 25 calls", "-workspace is not given: acme, the first one listed",
	} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("it does not say %q:\n%s", want, got.stderr)
		}
	}
	server.ResetLog()
	got = b.call(t.Context(),
		"doctor", "-workspace", "acme-labs", "-throttle", "none", "-max-calls", "60")
	if got.code != exitFindings || !strings.Contains(got.stdout, "workspace: acme-labs\n") ||
		strings.Contains(got.stdout, "left out") || server.Calls() < 30 {
		t.Errorf("exit code %d after %d calls:\n%s", got.code, server.Calls(), got.stdout)
	}
	for _, line := range []string{
		" v1.Groups.List 400 This workspace is managed at admin.atlassian.com",
		" Pipelines.UserVariables.List 403 This resource does not support authentication using" +
			" the provided token; it takes an OAuth token",
	} {
		if !strings.Contains(strings.Join(strings.Fields(got.stdout), " "), line) {
			t.Errorf("there is no line %q:\n%s", line, got.stdout)
		}
	}
}

// TestDoctorSpendsWhatItSaid holds that no more calls reach Bitbucket than were announced, whatever
// comes in place of an answer.
func TestDoctorSpendsWhatItSaid(t *testing.T) {
	faults := map[string]bitbuckettest.Fault{
		"401":                  bitbuckettest.Status(401, `{"error":{"message":"no"}}`),
		"403":                  bitbuckettest.Status(403, `{"error":{"message":"no"}}`),
		"404":                  bitbuckettest.Status(404, `{"error":{"message":"no"}}`),
		"429":                  bitbuckettest.Status(429, "Too many requests"),
		"429 of the edge":      bitbuckettest.Status(429, "", "X-Envoy-Ratelimited", "true"),
		"429 for two hours":    bitbuckettest.Status(429, "", "Retry-After", "7200"),
		"500":                  bitbuckettest.ServerError(),
		"502":                  bitbuckettest.BadGateway(),
		"503 for a second":     bitbuckettest.Status(503, "", "Retry-After", "1"),
		"reset":                bitbuckettest.Reset(),
		"refused":              bitbuckettest.Refuse(),
		"stall":                bitbuckettest.Stall(),
		"cut body":             bitbuckettest.CutBody(),
		"lost answer":          bitbuckettest.LoseAnswer(),
		"redirect elsewhere":   bitbuckettest.Redirect(302, "https://login.example/"),
		"redirect to itself":   bitbuckettest.Redirect(302, "/2.0/user?again"),
		"redirect for good":    bitbuckettest.Redirect(308, "/2.0/user?again"),
		"captive portal":       bitbuckettest.Status(200, "<html>welcome</html>"),
		"an empty object":      bitbuckettest.Status(200, "{}"),
		"an error in 200":      bitbuckettest.Status(200, `{"type":"error","error":{"message":"no"}}`),
		"a page of everything": bitbuckettest.Status(200, `{"values":[{"uuid":"{1}","slug":"a"}]}`),
	}
	for name, fault := range faults {
		for _, most := range []int{0, 1, 7} {
			t.Run(name+" "+strconv.Itoa(most), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					today()
					server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
					token := server.IssueAPIToken("amber-fox")
					var sent atomic.Int64
					b := asAdmin(t, server, "amber-fox")
					b.transport = counting{&sent, server}
					server.Fail(bitbuckettest.Any, fault)
					said, args := 25, []string{"doctor", "-workspace", "acme", "-json", "-throttle", "none"}
					if most > 0 {
						said, args = most, append(args, "-max-calls", strconv.Itoa(most))
					}
					got := b.call(t.Context(), args...)
					if n := int(sent.Load()); n > said || n < 1 {
						t.Errorf("%d calls, said %d", n, said)
					}
					announced := "at most " + plural(said, "call", "calls")
					if got.code == exitOK || !strings.Contains(got.stderr, announced) {
						t.Errorf("exit code %d:\n%s", got.code, got.stderr)
					}
					if strings.Contains(got.stdout+got.stderr, token.Token) {
						t.Error("the token is shown")
					}
				})
			})
		}
	}
}

// counting counts what is sent through it.
type counting struct {
	sent *atomic.Int64
	next http.RoundTripper
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent.Add(1)
	return c.next.RoundTrip(r)
}

// TestDoctorOverTheNetwork counts what arrives at a real server that closes, redirects and refuses
// in turn.
func TestDoctorOverTheNetwork(t *testing.T) {
	server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	var arrived atomic.Int64
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := arrived.Add(1); {
		case n%5 == 3:
			panic(http.ErrAbortHandler)
		case n%5 == 4 && !r.URL.Query().Has("again"):
			http.Redirect(w, r, r.URL.Path+"?again=1&"+r.URL.RawQuery, http.StatusTemporaryRedirect)
		case n%7 == 6:
			w.WriteHeader(http.StatusForbidden)
		default:
			server.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(at.Close)
	admin := server.IssueAPIToken("amber-fox")
	b := bench{env: environment{
		"BITBUCKET_EMAIL=" + admin.Email, "BITBUCKET_API_TOKEN=" + admin.Token,
		"BITBUCKET_BASE_URL=" + at.URL, "XDG_CACHE_HOME=" + t.TempDir(),
	}}
	got := b.call(t.Context(), "doctor", "-workspace", "acme", "-max-calls", "12", "-json")
	if r := examined(t, got); arrived.Load() != 12 || r.Calls.Made != 12 {
		t.Errorf("%d calls arrived, %+v", arrived.Load(), r.Calls)
	}
}

// TestDoctorExitCodes has one of each.
func TestDoctorExitCodes(t *testing.T) {
	const path = "/2.0/workspaces/acme"
	for _, test := range []struct {
		name  string
		path  string
		fault bitbuckettest.Fault
		want  int
		says  string
	}{
		{
			"a new member", path, bitbuckettest.Edit(func(d map[string]any) { d["new"] = 1 }), exitOK,
			"unknown to the library: new",
		},
		{
			"a missing member", path, bitbuckettest.Edit(func(d map[string]any) { delete(d, "name") }),
			exitFindings, "missing: name",
		},
		{
			"a refusal", path, bitbuckettest.Status(403, `{"error":{"message":"No."}}`), exitFindings,
			"403 No",
		},
		{
			"a removal", path, bitbuckettest.Status(410, `{"error":{"message":"gone"}}`), exitFindings,
			"410 gone",
		},
		{
			"no answer to it", path, bitbuckettest.ServerError(), exitIncomplete,
			"500 Something went wrong",
		},
		{
			"no more answers", path, bitbuckettest.Status(429, "Too many"), exitIncomplete,
			"stopped: Bitbucket takes no more calls",
		},
		{"no answer to anything", "", bitbuckettest.Refuse(), exitFailed, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				today()
				server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
				b := asAdmin(t, server, "amber-fox")
				on := bitbuckettest.Any
				if test.path != "" {
					on = bitbuckettest.On("GET", test.path)
				}
				server.Fail(on, test.fault)
				got := b.call(t.Context(), "doctor", "-throttle", "none")
				if got.code != test.want || !strings.Contains(got.stdout, test.says) {
					t.Errorf("exit code %d, want %d:\n%s%s", got.code, test.want, got.stdout, got.stderr)
				}
			})
		})
	}
	for _, wrong := range [][]string{
		{"doctor", "-workspace", "a/b"},
		{"doctor", "-max-calls", "-1"},
		{"doctor", "-format", "json"},
		{"doctor", "acme"},
		{"doctor", "-throttle", "sometimes"},
	} {
		b, server := asDemoAdmin(t)
		if got := b.call(t.Context(), wrong...); got.code != exitUsage || server.Calls() > 0 {
			t.Errorf("%q: exit code %d after %d calls", wrong, got.code, server.Calls())
		}
	}
	b, server := asDemoAdmin(t)
	if got := b.call(t.Context(), "doctor", "-workspace", ".."); got.code != exitFailed ||
		server.Calls() > 0 || got.stdout != "" {
		t.Errorf("no workspace: exit code %d after %d calls: %s", got.code, server.Calls(), got.stderr)
	}
	if got := (bench{}).call(t.Context(), "doctor"); got.code != exitUsage || got.stdout != "" {
		t.Errorf("without a credential: exit code %d: %s", got.code, got.stdout)
	}
}

// TestDoctorShowsNoSecret plants the token wherever the server has a say.
func TestDoctorShowsNoSecret(t *testing.T) {
	b, server := asDemoAdmin(t)
	token := b.env.get("BITBUCKET_API_TOKEN")
	plant := func(path string, fault bitbuckettest.Fault) {
		server.Fail(bitbuckettest.On("GET", path), fault)
	}
	plant("/2.0/user", bitbuckettest.Edit(func(d map[string]any) {
		d["display_name"], d[token[:20]], d["note"] = token, token, token
	}))
	refusal := bitbuckettest.Status(403, `{"error":{"message":"not for `+token+`"}}`,
		"X-OAuth-Scopes", token)
	plant("/2.0/workspaces/acme", refusal)
	plant("/2.0/repositories/acme", bitbuckettest.Status(200, `{"values":"`+token+`"}`,
		"X-RateLimit-Resource", token))
	for _, form := range []string{"-json=false", "-json"} {
		got := b.call(t.Context(), "doctor", "-throttle", "none", form)
		if strings.Contains(got.stdout+got.stderr, token) || !strings.Contains(got.stdout, "[redacted]") {
			t.Errorf("it is shown:\n%s%s", got.stdout, got.stderr)
		}
	}
}
