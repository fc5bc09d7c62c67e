package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A running server is one that the program serves in the background.
type running struct {
	env    map[string]string // the assignments
	lines  []string          // as printed
	stderr *bytes.Buffer     // complete once stop has returned
	stop   func() int        // interrupts, and returns the exit code
}

// start runs the program until it has printed its assignments.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	r := &running{env: map[string]string{}, stderr: &bytes.Buffer{}}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, args, write, r.stderr)
		write.Close()
	}()
	r.stop = func() int {
		cancel()
		return <-code
	}
	lines := bufio.NewScanner(read) // ends since the program closes its standard output
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "=")
		r.env[name] = strings.Trim(value, "'")
		r.lines = append(r.lines, lines.Text())
	}
	if len(r.lines) == 0 {
		t.Fatalf("nothing was printed; exit code %d: %s", r.stop(), r.stderr)
	}
	return r
}

// client is a client of the running server.
func (r *running) client(t *testing.T, opts ...bitbucket.Option) *bitbucket.Client {
	t.Helper()
	opts = append(opts, bitbucket.WithBaseURL(r.env["BASE_URL"]),
		bitbucket.WithTokenURL(r.env["TOKEN_URL"]),
		bitbucket.WithThrottle(throttle.Unlimited), bitbucket.WithRetries(0))
	client, err := bitbucket.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestAssignments(t *testing.T) {
	r := start(t)
	want := strings.Fields(
		"BASE_URL TOKEN_URL TOKEN CLIENT_ID CLIENT_SECRET WORKSPACE REPO USER_ID EMAIL API_TOKEN USER_UUID AUTHORIZE_URL")
	if len(r.lines) != len(want) {
		t.Fatalf("printed %d lines, want %d: %q", len(r.lines), len(want), r.lines)
	}
	assignment := regexp.MustCompile(`^[A-Z_]+=([A-Za-z0-9_./:@%+,-]+|'[^']*')$`)
	for i, line := range r.lines {
		if !strings.HasPrefix(line, want[i]+"=") || !assignment.MatchString(line) {
			t.Errorf("line %d is %q, want an assignment to %s", i+1, line, want[i])
		}
	}
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/2\.0$`).MatchString(r.env["BASE_URL"]) {
		t.Errorf("BASE_URL is %q", r.env["BASE_URL"])
	}
	// A connection that idles is closed in the end. The port itself may be somebody else's by
	// then.
	conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(r.env["BASE_URL"], "/2.0"),
		"http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	idle := bufio.NewReader(conn)
	if _, err := io.WriteString(conn,
		"GET /2.0/user HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(idle, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	if code := r.stop(); code != exitOK || !strings.HasSuffix(r.stderr.String(), "server: stopped\n") {
		t.Errorf("exit code %d, stderr %q", code, r.stderr)
	}
	if _, err := idle.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("the connection still lives: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	r := start(t)
	defer r.stop()
	for name, credential := range map[string]bitbucket.Option{
		"TOKEN":     bitbucket.WithAccessToken(r.env["TOKEN"]),
		"API_TOKEN": bitbucket.WithAPIToken(r.env["EMAIL"], r.env["API_TOKEN"]),
	} {
		client := r.client(t, credential)
		user, err := client.Users.Current(t.Context())
		if err != nil || user.AccountID != r.env["USER_ID"] || user.UUID.String() != r.env["USER_UUID"] {
			t.Errorf("%s: the user is %+v, %v", name, user, err)
		}
		if _, err := client.Users.Get(t.Context(), r.env["USER_ID"]); err != nil {
			t.Errorf("%s: USER_ID: %v", name, err)
		}
		if _, err := client.Permissions.OnRepository(r.env["WORKSPACE"], r.env["REPO"]).
			ListUsers(t.Context()).Collect(); err != nil {
			t.Errorf("%s: REPO: %v", name, err)
		}
	}
	consumer := r.client(t, bitbucket.WithClientCredentials(r.env["CLIENT_ID"],
		r.env["CLIENT_SECRET"]))
	members, err := consumer.Workspaces.ListMembers(t.Context(), r.env["WORKSPACE"],
		bitbucket.PageLen(50)).Collect()
	if err != nil || len(members) < 60 {
		t.Errorf("CLIENT_ID: %d members, %v", len(members), err)
	}
}

func TestWhatIsRemovedNeedsLegacy(t *testing.T) {
	for _, test := range []struct {
		args []string
		want error
	}{{nil, bitbucket.ErrGone}, {[]string{"-legacy"}, nil}} {
		r := start(t, test.args...)
		client := r.client(t, bitbucket.WithAccessToken(r.env["TOKEN"]))
		//lint:ignore SA1019 the removed list is what the test is about
		if _, err := client.Permissions.ListWorkspaces(t.Context()).First(); !errors.Is(err, test.want) {
			t.Errorf("%q: %v, want %v", test.args, err, test.want)
		}
		r.stop()
	}
}

func TestThrottle(t *testing.T) {
	r := start(t, "-throttle", "3/1h")
	defer r.stop()
	client := r.client(t, bitbucket.WithAccessToken(r.env["TOKEN"]))
	for call := range 4 {
		var want error
		if call == 3 {
			want = bitbucket.ErrRateLimited
		}
		if _, err := client.Users.Current(t.Context()); !errors.Is(err, want) {
			t.Errorf("call %d: %v, want %v", call+1, err, want)
		}
	}
}

func TestLog(t *testing.T) {
	r := start(t, "-log")
	client := r.client(t, bitbucket.WithAccessToken(r.env["TOKEN"]))
	if _, err := client.Users.Current(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := client.Workspaces.Get(t.Context(), "nowhere", bitbucket.Param("q", `a="b"`))
	if !errors.Is(err, bitbucket.ErrNotFound) {
		t.Fatal(err)
	}
	r.stop()
	lines := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{3} (.*)$`).
		FindAllStringSubmatch(r.stderr.String(), -1)
	want := []string{"200 GET /2.0/user", "404 GET /2.0/workspaces/nowhere?q=a%3D%22b%22"}
	if len(lines) != 2 || lines[0][1] != want[0] || lines[1][1] != want[1] {
		t.Errorf("logged %q, want %q", lines, want)
	}
	if strings.Contains(r.stderr.String(), r.env["TOKEN"]) {
		t.Error("the log holds the token")
	}
}

func TestFaults(t *testing.T) {
	r := start(t, "-fail", "GET /2.0/user=503x2", "-fail", "/2.0/workspaces/*=reset", "-fail",
		"GET /2.0/user/emails=429")
	defer r.stop()
	client := r.client(t, bitbucket.WithAccessToken(r.env["TOKEN"]))
	for call := range 3 {
		_, err := client.Users.Current(t.Context())
		if failed := errors.Is(err, bitbucket.ErrServer); failed != (call < 2) {
			t.Errorf("call %d: %v", call+1, err)
		}
	}
	if _, err := client.Workspaces.Get(t.Context(), "acme"); err == nil ||
		errors.Is(err, bitbucket.ErrServer) {
		t.Errorf("reset: %v", err)
	}
	other := r.client(t, bitbucket.WithAccessToken(r.env["TOKEN"]))
	if _, err := other.Users.ListEmails(t.Context()).
		First(); !errors.Is(err, bitbucket.ErrRateLimited) {
		t.Errorf("429: %v", err)
	}
}

func TestPagesAndTokens(t *testing.T) {
	r := start(t, "-page-size", "7", "-token-life", "1ns", "-burst", "1/1h")
	defer r.stop()
	person := r.client(t, bitbucket.WithAPIToken(r.env["EMAIL"], r.env["API_TOKEN"]))
	var page struct {
		PageLen int `json:"pagelen"`
	}
	if err := person.Do(t.Context(), "GET", "/2.0/workspaces/acme/members", nil, &page); err != nil ||
		page.PageLen != 7 {
		t.Errorf("pages of %d, %v", page.PageLen, err)
	}
	if _, err := person.Users.Current(t.Context()); !errors.Is(err, bitbucket.ErrRateLimited) {
		t.Errorf("a burst: %v", err)
	}
	app := r.client(t, bitbucket.WithAccessToken(r.env["TOKEN"]))
	if _, err := app.Users.Current(t.Context()); !errors.Is(err, bitbucket.ErrUnauthorized) {
		t.Errorf("a token that has expired: %v", err)
	}
}

func TestLoad(t *testing.T) {
	r := start(t, "-load", "testdata/acme.json")
	defer r.stop()
	if r.env["WORKSPACE"] != "tiny" || r.env["EMAIL"] != "ada@example.com" {
		t.Errorf("%v", r.env)
	}
	client := r.client(t, bitbucket.WithAPIToken(r.env["EMAIL"], r.env["API_TOKEN"]))
	members, err := client.Workspaces.ListMembers(t.Context(), "tiny").Collect()
	if err != nil || len(members) != 2 {
		t.Errorf("%d members, %v", len(members), err)
	}
}

// A page in a browser may call it.
func TestBrowsers(t *testing.T) {
	r := start(t)
	defer r.stop()
	req, err := http.NewRequestWithContext(t.Context(), "OPTIONS", r.env["BASE_URL"]+"/user", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://app.example")
	req.Header.Set("Access-Control-Request-Method", "GET")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%d, %v", resp.StatusCode, resp.Header)
	}
}

// What other clients send is not what Go's would.
func TestForeignManners(t *testing.T) {
	r := start(t)
	defer r.stop()
	base := r.env["BASE_URL"]
	for _, test := range []struct{ line, want string }{
		{"GET /2.0/user/ HTTP/1.1", "200 OK"},
		{`GET /2.0/workspaces/acme/members?pagelen=1&q=user.nickname="amber-fox" HTTP/1.1`, "200 OK"},
		{"GET /2.0/users/" + r.env["USER_UUID"] + " HTTP/1.1", "200 OK"},
		{"GET /2.0/workspaces/acme/members?page=2&pagelen=1 HTTP/1.0", "200 OK"},
	} {
		if got := send(t, base, test.line, r.env["TOKEN"]); got != test.want {
			t.Errorf("%s: %s, want %s", test.line, got, test.want)
		}
	}
}

// send writes a request as it stands, and returns the status of the answer.
func send(t *testing.T, base, line, token string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimSuffix(strings.TrimPrefix(base, "http://"),
		"/2.0"), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = io.WriteString(conn,
		line+"\r\nHost: localhost\r\nAuthorization: Bearer "+token+"\r\nConnection: close\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	defer resp.Body.Close()
	return resp.Status
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-h"}, exitOK, ""},
		{[]string{"-port", "1"}, exitUsage, "-port"},
		{[]string{"demo"}, exitUsage, `"demo" is no flag`},
		{[]string{"-throttle", "100"}, exitUsage, "it looks like 100/30m"},
		{[]string{"-throttle", "0/30m"}, exitUsage, "it looks like 100/30m"},
		{[]string{"-throttle", "100/-1s"}, exitUsage, "it looks like 100/30m"},
		{[]string{"-addr", "127.0.0.1:99999"}, exitFailed, "invalid port"},
		{[]string{"-burst", "x"}, exitUsage, "it looks like 100/30m"},
		{[]string{"-latency", "-1s"}, exitUsage, "not negative"},
		{[]string{"-fail", "/2.0/user"}, exitUsage, "it looks like 'GET /2.0/user=503x2'"},
		{[]string{"-fail", "GET /2.0/user=gone"}, exitUsage, "it looks like 'GET /2.0/user=503x2'"},
		{[]string{"-fail", "user=503"}, exitUsage, "it looks like 'GET /2.0/user=503x2'"},
		{[]string{"-fail", "/2.0/user=503xx"}, exitUsage, "a number of times"},
		{[]string{"-load", "testdata/none.json"}, exitFailed, "none.json"},
		{[]string{"-load", "testdata/wrong.json"}, exitFailed, "no user bob (workspaces[0].members[0])"},
		{[]string{"-load", "testdata/nobody.json"}, exitFailed, "it names no admin"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), test.args, &stdout, &stderr)
		if code != test.code || !strings.Contains(stderr.String(), test.want) ||
			strings.Count(stderr.String(), "\n") > 1 {
			t.Errorf("%q: exit code %d, stderr %q, want %d and %q", test.args, code, &stderr, test.code,
				test.want)
		}
		if help := strings.Contains(stdout.String(), "-throttle"); help != (test.code == exitOK) {
			t.Errorf("%q: stdout %q", test.args, &stdout)
		}
	}
}

func TestQuote(t *testing.T) {
	for value, want := range map[string]string{
		"":                           "''",
		"http://127.0.0.1:40123/2.0": "http://127.0.0.1:40123/2.0",
		"{a-b}":                      "'{a-b}'",
		"a b":                        "'a b'",
		"$(rm)":                      "'$(rm)'",
		"it's":                       `'it'\''s'`,
		"~":                          "'~'",
		"a@example.com":              "a@example.com",
	} {
		if got := quote(value); got != want {
			t.Errorf("%q is quoted as %s, want %s", value, got, want)
		}
	}
}

func TestReachable(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:80": "127.0.0.1:80", "[::1]:80": "[::1]:80", "0.0.0.0:80": "127.0.0.1:80",
		"[::]:80": "127.0.0.1:80",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(tcp); got != want {
			t.Errorf("%s is reachable as %s, want %s", addr, got, want)
		}
	}
}
