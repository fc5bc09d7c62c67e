// Bbaudit prints who may touch what in a workspace of Bitbucket Cloud, and what a security person should look at.
//
//	go run ./cmd/bbaudit
//
// Without credentials in the environment it audits the demo workspace of an in-memory Bitbucket. With credentials it
// talks to Bitbucket:
//
//	export BITBUCKET_EMAIL=you@example.com BITBUCKET_API_TOKEN=…
//	go run ./cmd/bbaudit -workspace acme -format csv -out acme.csv
//
// BITBUCKET_CLIENT_ID with BITBUCKET_CLIENT_SECRET works too, and an OAuth token in BITBUCKET_ACCESS_TOKEN; repository,
// project and workspace access tokens may not ask for permissions. The credential has to be that of an administrator of the
// workspace. An API token needs the scopes read:workspace:bitbucket and read:repository:bitbucket, for -explicit also
// read:project:bitbucket; an OAuth consumer account, for -explicit also repository, repository:admin and project:admin.
//
// It spends a call for each 100 members and for each 100 permissions. With -explicit it also reads what was granted to
// users and groups on every repository and every project: a call for each 100 repositories, and two for each repository
// and each project. It marks the grants of users that exceed what the rest shows:
//
//	no member        the user does not belong to the workspace
//	above effective  the list of effective permissions shows less
//	only source      neither role nor project nor any group that the user can be in gives as much
//
// Bitbucket allows an account 100 calls in any 30 minutes. They are counted in a file in the user's cache folder, so that
// the next run knows what this one has spent; -throttle redis://HOST/KEY counts them for several hosts.
//
// Ctrl-C ends it with what is known so far, marked as partial, and exit code 130; a second one ends it at once. The other
// exit codes are 0 with a report, 1 for a failure and 2 for a wrong call.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	p := program{stdout: os.Stdout, stderr: os.Stderr, demo: bitbuckettest.Demo}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// A program is what the audit needs from outside.
type program struct {
	stdout, stderr io.Writer
	demo           func(...bitbuckettest.Option) *bitbuckettest.Server
	transport      http.RoundTripper // nil for the network
}

// options are the flags.
type options struct {
	workspace string
	explicit  bool
	format    string
	out       string
	limits    limits
	throttle  budget
}

// run audits, and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	o, err := parseFlags(args, p.stdout)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	progress := newProgress(p.stderr)
	if err != nil {
		return fail(progress, err)
	}
	to := output{path: o.out, stdout: p.stdout}
	if err := to.check(); err != nil {
		return fail(progress, err)
	}
	conn, err := p.connect(ctx, o, progress)
	if err != nil {
		return fail(progress, err)
	}
	defer conn.close()
	return conduct(ctx, o, conn, to, progress)
}

// conduct collects, and writes what it has got however that ended.
func conduct(ctx context.Context, o options, conn *connection, to output, progress *progress) int {
	c := newCollector(o, conn, progress)
	c.announce()
	err := c.collect(ctx)
	progress.finish()

	interrupted := err != nil && ctx.Err() != nil
	if err != nil && !interrupted && c.found.empty() {
		return fail(progress, err)
	}
	r := c.report(time.Now())
	switch {
	case interrupted:
		r.markPartial("interrupted")
	case err != nil:
		r.markPartial(err.Error())
	}
	if err := to.write(r, o.format); err != nil {
		return fail(progress, err)
	}
	if o.out != "" {
		progress.say("wrote %s", o.out)
	}
	switch {
	case interrupted:
		progress.say("interrupted after %d calls: the report is partial", r.Calls)
		return exitInterrupted
	case err != nil:
		return fail(progress, err)
	}
	return exitOK
}

// fail says what went wrong on one line, and returns the exit code for it.
func fail(progress *progress, err error) int {
	progress.say("%v", err)
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// A usageError is a mistake in how the program was called.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...) + " (-h shows the flags)"}
}

// parseFlags reads the command line. Help goes to the standard output.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bbaudit", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.workspace, "workspace", "", "slug or UUID of the `workspace`; needed with credentials")
	flags.BoolVar(&o.explicit, "explicit", false, "also read the explicit grants: two calls for each repository and project")
	flags.StringVar(&o.format, "format", "table", "`format` of the report: table, csv or json")
	flags.StringVar(&o.out, "out", "", "write the report to a `file` instead of the standard output")
	limit := flags.String("throttle", "", "where calls are counted: `file:PATH`, redis://HOST/KEY or none;\n"+
		"by default a file for each account in the user's cache folder")
	flags.IntVar(&o.limits.admins, "max-admins", 5, "report repositories with more than `n` admins")
	flags.IntVar(&o.limits.adminOf, "max-admin-of", 10, "report people with admin on more than `n` repositories, owners apart")

	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stdout, "Usage: bbaudit [flags]")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, usagef("%v", err)
	case flags.NArg() > 0:
		return o, usagef("%q is no flag; the workspace is given as -workspace %[1]s", flags.Arg(0))
	case !isFormat(o.format):
		return o, usagef("-format %s: it is table, csv or json", o.format)
	case o.limits.admins < 0 || o.limits.adminOf < 0:
		return o, usagef("-max-admins and -max-admin-of cannot be negative")
	}
	o.throttle, err = parseBudget(*limit)
	return o, err
}
