package bitbuckettest_test

import (
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

func TestStartEndsWithTheTest(t *testing.T) {
	srv := small()
	var base string
	t.Run("serving", func(t *testing.T) {
		c := overLoopback(t, srv)
		base = c.base
		if !strings.HasPrefix(base, "http://127.0.0.1:") {
			t.Errorf("base URL %q", base)
		}
		c.get("/2.0/user").want(401)
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err == nil {
		conn.Close()
		t.Error("the server still listens")
	}
}

func TestListenAndClose(t *testing.T) {
	srv := small()
	base, err := srv.Listen()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	c := &client{t: t, http: direct(transport), base: base}
	c.get("/2.0/user").want(401)
	srv.Close()
	if _, err := c.http.Get(base + "/2.0/user"); err == nil {
		t.Error("it still answers")
	}
	inProcess(t, srv).get("/2.0/user").want(401)
	srv.Close()
}

// Programs that show a demo do not link the package testing.
func TestProgramsDoNotLinkTesting(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if dep == "testing" || dep == "net/http/httptest" || strings.HasPrefix(dep, "testing/") {
			t.Errorf("it imports %s", dep)
		}
	}
}
