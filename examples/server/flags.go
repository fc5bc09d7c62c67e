package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// options are the flags.
type options struct {
	addr      string
	file      string
	legacy    bool
	requests  bool // log them
	throttle  budget
	burst     budget
	tokenLife time.Duration
	latency   time.Duration
	pageSize  int
	faults    faults
}

// parseFlags reads the command line. Help goes to the standard output.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "`host:port` to listen on; port 0 is any free one")
	flags.StringVar(&o.file, "load", "",
		"serve the workspaces of a JSON `file`, as bitbuckettest.Load "+
			"documents it, in place of the demo")
	flags.BoolVar(&o.legacy, "legacy", false,
		"also serve what Bitbucket has removed: cross-workspace lists and the 1.0 API")
	flags.BoolVar(&o.requests, "log", false, "write one line a request to the standard error")
	flags.Var(&o.throttle, "throttle",
		"`calls/time` that the owner of a credential has, such as 100/30m, or none")
	flags.Var(&o.burst, "burst",
		"`calls/time` above which the edge refuses a burst, such as 10/1s, or none")
	flags.DurationVar(&o.tokenLife, "token-life", 24*time.Hour, "`time` that OAuth access tokens last")
	flags.DurationVar(&o.latency, "latency", 0, "`time` that every answer waits")
	flags.IntVar(&o.pageSize, "page-size", 0,
		"`items` on a page when a call does not say; 0 is what each list has")
	flags.Var(&o.faults, "fail", "`[METHOD ]PATH=FAULT[xTIMES]`, such as 'GET /2.0/user=503x2': lets "+
		"calls fail; PATH may end in *, and FAULT is a status, reset, stall, cut or lose; may be given again")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stdout, "Usage: server [flags]")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
	}
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("%q is no flag", flags.Arg(0))
	case o.tokenLife <= 0 || o.latency < 0 || o.pageSize < 0:
		err = errors.New("-token-life, -latency and -page-size are not negative")
	}
	return o, err
}

// bitbucket makes the in-memory Bitbucket that the flags describe.
func (o options) bitbucket(out *log.Logger) (*bitbuckettest.Server, error) {
	srv, err := o.load(o.settings(out))
	if err != nil {
		return nil, err
	}
	for _, f := range o.faults {
		srv.Fail(f.match, f.fault, f.times)
	}
	return srv, nil
}

// load reads the file, or takes the demo.
func (o options) load(opts []bitbuckettest.Option) (*bitbuckettest.Server, error) {
	if o.file == "" {
		return bitbuckettest.Demo(opts...), nil
	}
	file, err := os.Open(o.file)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	srv, err := bitbuckettest.Load(file, opts...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.file, err)
	}
	if srv.Admin() == (bitbuckettest.Credentials{}) {
		return nil, fmt.Errorf("%s: it names no admin, whose credentials would be printed", o.file)
	}
	return srv, nil
}

func (o options) settings(out *log.Logger) []bitbuckettest.Option {
	opts := []bitbuckettest.Option{
		bitbuckettest.Throttle(o.throttle.calls, o.throttle.per),
		bitbuckettest.Burst(o.burst.calls, o.burst.per),
		bitbuckettest.TokenLife(o.tokenLife),
		bitbuckettest.DefaultPageLen(o.pageSize),
		bitbuckettest.Latency(func() time.Duration { return o.latency }),
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

// A budget is the value of the flags -throttle and -burst. The zero budget is none.
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

// faults is the value of the flag -fail, which may be given several times.
type faults []fault

// A fault lets calls fail: so many times, or for ever with -1.
type fault struct {
	match bitbuckettest.Match
	fault bitbuckettest.Fault
	times int
}

// String is empty: no calls fail when nothing is said.
func (f *faults) String() string { return "" }

// Set reads one fault and adds it.
func (f *faults) Set(text string) error {
	where, what, found := strings.Cut(text, "=")
	method, path, both := strings.Cut(where, " ")
	if !both {
		method, path = "", where
	}
	what, times, counted := strings.Cut(what, "x")
	n := -1
	if counted {
		var err error
		if n, err = strconv.Atoi(times); err != nil || n < 1 {
			return errors.New("it ends in x and a number of times, such as 503x2")
		}
	}
	injected, err := faultNamed(what)
	if err != nil || !found || !strings.HasPrefix(path, "/") {
		return errors.New("it looks like 'GET /2.0/user=503x2', with a status, reset, stall, cut or lose")
	}
	*f = append(*f, fault{bitbuckettest.On(method, path), injected, n})
	return nil
}

// faultNamed is a fault by its name, or by the status that it answers.
func faultNamed(name string) (bitbuckettest.Fault, error) {
	switch name {
	case "reset":
		return bitbuckettest.Reset(), nil
	case "stall":
		return bitbuckettest.Stall(), nil
	case "cut":
		return bitbuckettest.CutBody(), nil
	case "lose":
		return bitbuckettest.LoseAnswer(), nil
	case "429":
		return bitbuckettest.Status(429, "Rate limit for this resource has been exceeded"), nil
	case "500":
		return bitbuckettest.ServerError(), nil
	case "502":
		return bitbuckettest.BadGateway(), nil
	}
	status, err := strconv.Atoi(name)
	if err != nil || status < 400 || status > 599 {
		return bitbuckettest.Fault{}, fmt.Errorf("%q is no fault", name)
	}
	return bitbuckettest.Status(status,
		`{"type":"error","error":{"message":"The server was told to fail."}}`), nil
}
