// Server serves the demo workspace of an in-memory Bitbucket Cloud over HTTP, so that programs in any language can be
// tried against it.
//
//	go build -o /tmp/bitbucket-server ./examples/server
//	eval "$(/tmp/bitbucket-server &)"
//	curl -H "Authorization: Bearer $TOKEN" "$BASE_URL/user"
//
// It prints what a client needs on the standard output, as shell assignments, one a line, and then closes it:
//
//	BASE_URL       root of the API with its version, such as http://127.0.0.1:40123/2.0
//	TOKEN_URL      where OAuth clients get tokens
//	TOKEN          OAuth access token of an administrator, for Authorization: Bearer; it lasts a day. Together with EMAIL
//	               it also goes as an API token, for Authorization: Basic
//	CLIENT_ID      OAuth consumer, for the grant client_credentials
//	CLIENT_SECRET
//	WORKSPACE      slug of the workspace
//	REPO           slug of one of its repositories
//	USER_ID        Atlassian account ID of the administrator
//	EMAIL          address of the administrator, the user name beside the API token
//	API_TOKEN      API token of the administrator, for Basic
//	USER_UUID      UUID of the administrator, with braces
//	AUTHORIZE_URL  where OAuth clients send a browser; it agrees for the administrator, and leads to http://127.0.0.1…
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

	tokenLife = 24 * time.Hour  // so that TOKEN works as long as somebody tries things out
	patience  = 5 * time.Second // with calls under way at the end
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	addr     string
	legacy   bool
	requests bool // log them
	throttle budget
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

// parseFlags reads the command line. Help goes to the standard output.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "`host:port` to listen on; port 0 is any free one")
	flags.BoolVar(&o.legacy, "legacy", false, "also serve what Bitbucket has removed: cross-workspace lists and the 1.0 API")
	flags.BoolVar(&o.requests, "log", false, "write one line a request to the standard error")
	flags.Var(&o.throttle, "throttle", "`calls/time` that the owner of a credential has, such as 100/30m, or none")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stdout, "Usage: server [flags]")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	return o, err
}

// A budget is the value of the flag -throttle. The zero budget is none.
type budget struct {
	calls int
	per   time.Duration
}

// String writes the budget as Set reads it.
func (b *budget) String() string {
	if b.calls == 0 {
		return "none"
	}
	return fmt.Sprintf("%d/%v", b.calls, b.per)
}

// Set reads calls and time with a slash between them, or none.
func (b *budget) Set(text string) error {
	if text == "none" {
		*b = budget{}
		return nil
	}
	calls, per, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(calls)
	d, wrong := time.ParseDuration(per)
	if err != nil || wrong != nil || n < 1 || d <= 0 {
		return errors.New("it looks like 100/30m, or none")
	}
	*b = budget{n, d}
	return nil
}

// serve listens, says where and with which credentials, and answers.
func serve(ctx context.Context, o options, stdout io.Writer, out *log.Logger) error {
	demo := bitbuckettest.Demo(o.forDemo(out)...)
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

// forDemo are the options of the in-memory Bitbucket.
func (o options) forDemo(out *log.Logger) []bitbuckettest.Option {
	opts := []bitbuckettest.Option{
		bitbuckettest.Throttle(o.throttle.calls, o.throttle.per),
		bitbuckettest.TokenLife(tokenLife),
	}
	if o.legacy {
		opts = append(opts, bitbuckettest.Legacy())
	}
	if o.requests {
		opts = append(opts, bitbuckettest.Log(func(r bitbuckettest.Request) {
			out.Printf("%s %d %s %s", r.Time.Format("15:04:05.000"), r.Status, r.Method, target(r))
		}))
	}
	return opts
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

// announce prints the assignments, and closes the standard output, so that a shell that reads them to their end goes on.
// Nothing is written there afterwards.
func announce(addr net.Addr, admin bitbuckettest.Credentials, stdout io.Writer, out *log.Logger) error {
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
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-./:@%+,", r)
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
