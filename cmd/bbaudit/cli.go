package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// A command is a subcommand with its flags.
type command interface {
	run(context.Context, *program) int
}

// commands are the subcommands.
type commands struct {
	Run     runCommand       `cmd:"" help:"Audit workspaces and write a report."`
	Plan    planCommand      `cmd:"" help:"Say how many calls an audit takes, and how long."`
	Gate    gateCommand      `cmd:"" help:"Judge repositories by a policy: open, shut, or cannot tell."`
	Init    initCommand      `cmd:"" help:"Write a policy to begin with."`
	Accept  acceptCommand    `cmd:"" help:"Write what of a report somebody accepts."`
	Diff    diffCommand      `cmd:"" help:"Say what changed from one report to a later one."`
	Explain explainCommand   `cmd:"" help:"Say why somebody has a permission."`
	Review  reviewCommand    `cmd:"" help:"Have every access decided on, and show that what was to go is gone."`
	Doctor  doctorCommand    `cmd:"" help:"Say what a credential is and may do, and whether Bitbucket answers as expected."`
	Version kong.VersionFlag `help:"Say which version of the program this is."`
}

// errHelp says that help was shown.
var errHelp = errors.New("help")

// parse reads the command line. Flags have one dash or two.
func parse(args []string, p *program) (command, error) {
	if len(args) == 0 && p.env.untouched() {
		return &runCommand{
			auditFlags:     auditFlags{connectFlags: connectFlags{Demo: true}},
			Format:         "table",
			FailOn:         "high",
			thresholdFlags: defaultThresholdFlags(),
		}, nil
	}
	var grammar commands
	parser, err := kong.New(
		&grammar,
		kong.Name("bbaudit"),
		kong.Vars{"version": render.Tool(thisTool())},
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(
			func(int) { panic(errHelp) },
		),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Description("Who may touch what in workspaces of Bitbucket Cloud. Exit codes: "+exitCodes),
	)
	if err != nil {
		return nil, err
	}
	args, err = normalize(args)
	if err != nil {
		return nil, err
	}
	return parseWith(parser, &grammar, args)
}

func parseWith(parser *kong.Kong, grammar *commands, args []string) (c command, err error) {
	defer func() {
		switch r := recover(); {
		case r == errHelp:
			err = errHelp
		case r != nil:
			panic(r)
		}
	}()
	parsed, err := parser.Parse(args)
	if err != nil {
		return nil, usagef("%s", strings.ReplaceAll(err.Error(), "--", "-"))
	}
	if err := onlyOnce(parsed); err != nil {
		return nil, err
	}
	return map[string]command{
		"run": &grammar.Run, "plan": &grammar.Plan, "gate": &grammar.Gate, "init": &grammar.Init,
		"accept": &grammar.Accept, "diff": &grammar.Diff, "explain": &grammar.Explain,
		"export": &grammar.Review.Export, "import": &grammar.Review.Import, "close": &grammar.Review.Close,
		"doctor": &grammar.Doctor,
	}[parsed.Selected().Name], nil
}

var oneDash = regexp.MustCompile(`^-[a-z][a-z0-9-]+(=|$)`)

// normalize writes every flag with two dashes and puts the default subcommand in its place. An
// empty argument is a variable that was not set, and what it was to say must not be guessed.
func normalize(args []string) ([]string, error) {
	var all []string
	for _, arg := range args {
		name, value, assigned := strings.Cut(arg, "=")
		switch {
		case arg == "":
			return nil, usagef("an argument is empty: is a variable not set?")
		case assigned && value == "" && strings.HasPrefix(name, "-"):
			return nil, usagef("%s is empty: is a variable not set?", name)
		case oneDash.MatchString(arg):
			arg = "-" + arg
		}
		all = append(all, arg)
	}
	help := len(all) > 0 && slices.Contains([]string{"-h", "--help", "--version"}, all[0])
	if len(all) == 0 || strings.HasPrefix(all[0], "-") && !help {
		all = slices.Insert(all, 0, "run")
	}
	return all, nil
}

// onlyOnce refuses a flag that was given twice and takes one value: which one was meant is not
// guessed.
func onlyOnce(parsed *kong.Context) error {
	seen := map[string]bool{}
	for _, part := range parsed.Path {
		if part.Flag == nil || part.Flag.Target.Kind() == reflect.Slice {
			continue
		}
		if seen[part.Flag.Name] {
			return usagef("-%s is there twice", part.Flag.Name)
		}
		seen[part.Flag.Name] = true
	}
	return nil
}

// clock reads -now.
func clock(text string) (time.Time, error) {
	if text == "" {
		return time.Now().UTC().Truncate(time.Second), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usagef("-now %s: write it as 2026-12-31 or 2026-12-31T12:00:00Z", text)
}

// day reads a day from a flag.
func day(flag, text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, usagef("-%s %s: write a day as 2026-12-31", flag, text)
	}
	return t, nil
}

// oneOf checks a word.
func oneOf(flag, word string, words ...string) error {
	if !slices.Contains(words, word) {
		return usagef("-%s %s: it is %s", flag, word, strings.Join(words, ", "))
	}
	return nil
}

// plural writes a number with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
