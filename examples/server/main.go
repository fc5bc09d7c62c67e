// Server serves the demo workspace of an in-memory Bitbucket Cloud over HTTP, so that programs in
// any language can be tried against it.
//
//	go build -o /tmp/bitbucket-server ./examples/server
//	/tmp/bitbucket-server >/tmp/server.env &
//	until grep -q AUTHORIZE_URL /tmp/server.env; do sleep 0.1; done
//	. /tmp/server.env
//	curl -H "Authorization: Bearer $TOKEN" "$BASE_URL/user"
//	kill $!
//
// It prints what a client needs on the standard output, as shell assignments, one a line, and
// then closes it:
//
//	BASE_URL       root of the API with its version, such as http://127.0.0.1:40123/2.0
//	TOKEN_URL      where OAuth clients get tokens
//	TOKEN          OAuth access token of an administrator, for Authorization: Bearer; it lasts
//	               a day. Together with EMAIL it also goes as an API token, for Basic
//	CLIENT_ID      OAuth consumer, for the grant client_credentials
//	CLIENT_SECRET
//	WORKSPACE      slug of the workspace
//	REPO           slug of one of its repositories
//	USER_ID        Atlassian account ID of the administrator
//	EMAIL          address of the administrator, the user name beside the API token
//	API_TOKEN      API token of the administrator, for Basic
//	USER_UUID      UUID of the administrator, with braces
//	AUTHORIZE_URL  where OAuth clients send a browser; it agrees for the administrator, and
//	               leads to http://127.0.0.1…
//
// Programs of browsers can use it from any page. Flags set its throttle and its bursts, make it
// slow or let calls fail, and let it serve a workspace of one's own:
//
//	server -throttle 100/30m -burst 10/1s -latency 200ms -page-size 5 -token-life 1m
//	server -fail 'GET /2.0/user=503x2' -fail '/2.0/workspaces/*=reset'
//	server -load acme.json
//
// It serves until it is interrupted, and then ends with exit code 0.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2

	patience = 5 * time.Second // with calls under way at the end
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := log.New(stderr, "", 0)
	o, err := parseFlags(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		out.Printf("server: %v (-h shows the flags)", err)
		return exitUsage
	}
	if err := serve(ctx, o, stdout, out); err != nil {
		out.Printf("server: %v", err)
		return exitFailed
	}
	return exitOK
}

// serve listens, says where and with which credentials, and answers.
func serve(ctx context.Context, o options, stdout io.Writer, out *log.Logger) error {
	demo, err := o.bitbucket(out)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           demo,
		ReadHeaderTimeout: 10 * time.Second,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	if err := announce(listener.Addr(), demo.Admin(), stdout, out); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	return shutDown(server, out)
}

// target is what a request asked for, fit for a terminal.
func target(r bitbuckettest.Request) string {
	text := r.Path
	if r.RawQuery != "" {
		text += "?" + r.RawQuery
	}
	return strings.Map(func(c rune) rune {
		if !strconv.IsPrint(c) {
			return '?'
		}
		return c
	}, text)
}

// announce prints the assignments, and closes the standard output, so that a shell that reads
// them to their end goes on. Nothing is written there afterwards.
func announce(addr net.Addr, admin bitbuckettest.Credentials, stdout io.Writer,
	out *log.Logger,
) error {
	root := "http://" + reachable(addr)
	for _, line := range []struct{ name, value string }{
		{"BASE_URL", root + "/2.0"},
		{"TOKEN_URL", root + "/site/oauth2/access_token"},
		{"TOKEN", admin.AccessToken},
		{"CLIENT_ID", admin.ClientID},
		{"CLIENT_SECRET", admin.ClientSecret},
		{"WORKSPACE", admin.Workspace},
		{"REPO", admin.Repository},
		{"USER_ID", admin.AccountID},
		{"EMAIL", admin.Email},
		{"API_TOKEN", admin.APIToken},
		{"USER_UUID", admin.UserUUID},
		{"AUTHORIZE_URL", root + "/site/oauth2/authorize"},
	} {
		if _, err := fmt.Fprintf(stdout, "%s=%s\n", line.name, quote(line.value)); err != nil {
			return err
		}
	}
	out.Printf("server: the demo is at %s until Ctrl-C", root)
	if closer, ok := stdout.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// reachable is an address that clients on this host can use.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr.String()
}

// quote writes a value so that a shell takes it as it is.
func quote(value string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("_-./:@%+,", r)
	}
	if value != "" && strings.IndexFunc(value, func(r rune) bool { return !plain(r) }) < 0 {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// shutDown lets calls under way finish.
func shutDown(server *http.Server, out *log.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	out.Print("server: stopped")
	return nil
}
