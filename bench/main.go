package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

// What the program does when it has started itself, by its only argument.
const (
	roleServe   = "serve"
	roleVirtual = "virtual"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch strings.Join(args, " ") {
	case roleServe:
		return serve()
	case roleVirtual:
		printVirtualPaces() // and exit
	}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	rounds := flags.Int("rounds", 7, "how many `times` each contestant does its work")
	only := flags.String("only", "", "run only the contests whose names contain the `text`")
	check := flags.Bool("check", false, "fail when a goal is missed in bytes, allocations or virtual time")
	toReadme := flags.Bool("write", false, "put the tables into "+readme)
	_ = flags.Parse(args) // it exits
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("it takes flags alone, not %q", flags.Args())
	case *rounds < 1:
		return fmt.Errorf("-rounds %d: give at least 1", *rounds)
	case *toReadme && *only != "":
		return errors.New("-write needs all contests: leave -only out")
	}
	if *toReadme {
		if err := atHome(); err != nil {
			return err
		}
	}
	r, err := measureAll(context.Background(), *rounds, *only)
	if err != nil {
		return err
	}
	r.command = strings.Join(append([]string{"go run ."}, args...), " ")
	section := r.section()
	fmt.Print(section)
	if *toReadme {
		if err := write(section); err != nil {
			return err
		}
	}
	if missed := r.missed(); *check && len(missed) > 0 {
		errs := []error{fmt.Errorf("goals missed: %d", len(missed))}
		for _, v := range missed {
			errs = append(errs, errors.New(v.String()))
		}
		return errors.Join(errs...)
	}
	return nil
}

// measureAll measures the contests whose names contain only, and with all of them the paces.
func measureAll(ctx context.Context, rounds int, only string) (r report, err error) {
	servers, stop, err := startServers()
	if err != nil {
		return r, err
	}
	defer stop()
	all, err := contests(servers.fast)
	if err != nil {
		return r, err
	}
	for _, c := range all {
		if !strings.Contains(c.name, only) {
			continue
		}
		results, err := c.measure(ctx, rounds)
		if err != nil {
			return r, err
		}
		r.outcomes = append(r.outcomes, outcome{c, results})
	}
	if only != "" {
		if len(r.outcomes) == 0 {
			return r, fmt.Errorf("-only %q: no contest has that in its name", only)
		}
		return r, nil
	}
	p, err := measurePaces(ctx, servers.slow, rounds)
	r.paces = &p
	return r, err
}
