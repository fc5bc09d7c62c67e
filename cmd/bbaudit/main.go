// Bbaudit tells who may touch what in workspaces of Bitbucket Cloud, and shuts a gate when somebody
// may who should not.
//
//	bbaudit run -workspace acme      audits, and writes a report
//	bbaudit plan -workspace acme     says how many calls that takes, and how long
//	bbaudit gate -policy FILE        fails a build when access is not as the policy says
//	bbaudit init -workspace acme     writes a policy to begin with
//	bbaudit accept REPORT -rule …    writes what of a report somebody accepts
//	bbaudit diff OLD NEW             says what changed from one report to a later one
//	bbaudit explain REPORT USER      says why somebody has a permission
//	bbaudit review export -dir q4    has access decided on; review close shows that it is gone
//	bbaudit doctor                   says what a credential is and may do
//
// Without any argument, and without any variable whose name begins with BITBUCKET_, it audits the
// demo workspace of an in-memory Bitbucket; elsewhere that takes -demo. Each subcommand explains
// itself with -h: its environment, the scopes that it needs, its exit codes, and an example.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// The exit codes. A run and a gate use them as the comments say; of several that apply the one that
// is further down the list of a run wins, and 2 wins over 3 at a gate and at the end of a review.
const (
	exitOK          = 0   // run: complete, and no finding at or above -fail-on; gate: open
	exitFailed      = 1   // run: no report
	exitUsage       = 2   // wrong call; gate, review: it could not tell
	exitFindings    = 3   // run: findings at or above -fail-on; gate: shut; review: open, still there
	exitIncomplete  = 4   // run, review, diff, explain: something is missing in what was read
	exitInterrupted = 130 // by a signal; run: there may be a report of what was read
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	frugal()
	os.Exit(Run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// frugal keeps the memory of large audits near what they hold: they wait for the throttle, not for
// the collector of garbage.
func frugal() { debug.SetGCPercent(50) }

// Run is the program: it reads its environment as KEY=value, and returns the exit code.
func Run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{
		env:    environment(env),
		stdin:  stdin,
		stdout: stdout,
		stderr: stderr,
		demo:   bitbuckettest.Demo,
	}
	return p.run(ctx, args)
}

// A program is what the subcommands need from outside.
type program struct {
	env            environment
	stdin          io.Reader
	stdout, stderr io.Writer
	demo           func(...bitbuckettest.Option) *bitbuckettest.Server
	transport      http.RoundTripper // nil for the network
	progress       *progress
}

func (p *program) run(ctx context.Context, args []string) int {
	p.progress = newProgress(p.stderr)
	command, err := parse(args, p)
	if errors.Is(err, errHelp) {
		return exitOK
	}
	if err != nil {
		return p.fail(err)
	}
	return command.run(ctx, p)
}

// fail says what went wrong, and returns the exit code for it.
func (p *program) fail(err error) int {
	p.progress.say("%v", err)
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// A usageError is a mistake in how the program was called.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...) + " (-h explains)"}
}
