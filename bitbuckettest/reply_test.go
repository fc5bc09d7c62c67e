package bitbuckettest_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestGzip(t *testing.T) {
	srv := bitbuckettest.Demo()
	admin := srv.Admin()
	c := inProcess(t, srv).as(bitbuckettest.APIToken{Email: admin.Email, Token: admin.APIToken})
	plain := c.get("/2.0/workspaces/acme/members").want(200)
	if plain.header.Get("Content-Encoding") != "" {
		t.Error("compressed without being asked")
	}
	req := c.request("GET", "/2.0/workspaces/acme/members", "")
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Encoding") != "gzip" ||
		!strings.HasPrefix(resp.Header.Get("ETag"), `"gz[`) {
		t.Fatalf("headers %v", resp.Header)
	}
	packed, _ := io.ReadAll(resp.Body)
	unzip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(unzip); string(got) != plain.body {
		t.Errorf("got %d bytes, want %d", len(got), len(plain.body))
	}
	req = c.request("GET", "/2.0/workspaces/acme", "")
	req.Header.Set("Accept-Encoding", "gzip")
	req.URL.RawQuery = "fields=slug"
	if resp, err = c.http.Do(req); err != nil || resp.Header.Get("Content-Encoding") != "" {
		t.Errorf("a short body: %v, %v", resp.Header, err)
	}
}
