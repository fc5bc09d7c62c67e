// Archive reads stored answers of Bitbucket, of the 1.0 and the 2.0 API in any mixture, and prints
// one table of the people in them.
//
//	go run ./examples/archive
//	go run ./examples/archive -format csv backup-2014.json.gz backup-2018.json audit-2026.jsonl
//
// Without files it reads a sample that is part of the program; a dash is the standard input. A file
// may be compressed with gzip; the bodies in it stand one on a line or one after another, and may
// be users, accounts, memberships, or lists of them.
//
// A person is one person, however many bodies tell of them: what has the same UUID, account ID or
// user name belongs together. User names come from the body or from its links, since the 2.0 API
// stopped sending them in 2019; a body that has both a name and a UUID ties the 1.0 bodies before
// it to the 2.0 bodies after it. Two UUIDs are two people, also when both had the same user name,
// which may be given away.
//
// The newest knowledge wins: that of the later body in a file, and of the later file. Give files
// from old to new.
//
// Bad records are named on the standard error, and the rest is printed all the same. The exit codes
// are 0 when every record was read, 1 when something was not, and 2 for a wrong call.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// mostErrors is how many bad records are named one by one.
const mostErrors = 10

// sample is what -make prints.
//
//go:embed sample.jsonl
var sample string

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	format string
	make   bool
	files  []string
}

// run reads and prints, and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "archive: %v (-h shows the flags)\n", err)
		return exitUsage
	}
	say := func(format string, args ...any) {
		fmt.Fprintf(stderr, "archive: %s\n", clean(fmt.Sprintf(format, args...)))
	}
	if o.make {
		if err := makeSample(stdout); err != nil {
			say("%v", err)
			return exitFailed
		}
		return exitOK
	}
	r := reading{known: newDirectory(), say: say}
	r.all(o.files, stdin)
	people := r.known.people()
	if len(people) == 0 && r.bad > 0 {
		return exitFailed
	}
	if err := write(stdout, o.format, people); err != nil {
		say("%v", err)
		return exitFailed
	}
	if r.bad > 0 {
		return exitFailed
	}
	return exitOK
}

// parseFlags reads the command line. Help goes to the standard output.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("archive", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.format, "format", "table", "`format` of the output: table, csv or json")
	flags.BoolVar(&o.make, "make", false, "print the sample archive anew instead, as an in-memory Bitbucket answers")
	err := flags.Parse(args)
	o.files = flags.Args()
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stdout, "Usage: archive [flags] [file ...]\nWithout a file it reads a sample; - is the standard input.")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
	case err != nil:
	case !slices.Contains([]string{"table", "csv", "json"}, o.format):
		err = fmt.Errorf("-format %s: it is table, csv or json", o.format)
	case o.make && len(o.files) > 0:
		err = errors.New("-make reads no files")
	}
	return o, err
}

// A reading goes through archives.
type reading struct {
	known *directory
	say   func(format string, args ...any)
	bad   int // records and files that could not be read
}

// all reads the files, or the sample when there are none.
func (r *reading) all(files []string, stdin io.Reader) {
	if len(files) == 0 {
		r.one("the sample", strings.NewReader(sample))
	}
	for _, name := range files {
		if name == "-" {
			r.one("the standard input", stdin)
			continue
		}
		file, err := os.Open(name)
		if err != nil {
			r.fail("%v", err)
			continue
		}
		r.one(name, file)
		file.Close()
	}
	if r.bad > mostErrors {
		r.say("%d errors in all", r.bad)
	}
}

// one reads an archive.
func (r *reading) one(name string, archive io.Reader) {
	others := 0
	for record, err := range v1.ReadArchive(archive) {
		switch {
		case err == nil:
			r.known.learn(record.User, record.Version)
		case errors.Is(err, bitbucket.ErrNoUser):
			others++ // a body of something else, such as a plan
		default:
			r.fail("%s: %s", name, strings.TrimPrefix(err.Error(), "bitbucket: "))
		}
	}
	if others > 0 {
		r.say("%s: %d of the records hold something else than users", name, others)
	}
}

// fail counts an error, and names it unless there were many.
func (r *reading) fail(format string, args ...any) {
	if r.bad++; r.bad <= mostErrors {
		r.say(format, args...)
	}
}
