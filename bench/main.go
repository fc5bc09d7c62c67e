package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
)

// What the program does when it has started itself, by its only argument.
const roleServe = "serve"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 1 && args[0] == roleServe {
		return serve()
	}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	rounds := flags.Int("rounds", 7, "how many `times` each contestant does its work")
	only := flags.String("only", "", "run the contests whose names contain the `text`")
	_ = flags.Parse(args)
	servers, stop, err := startServers()
	if err != nil {
		return err
	}
	defer stop()
	all, err := contests(servers.fast)
	if err != nil {
		return err
	}
	ctx := context.Background()
	for _, c := range all {
		if !strings.Contains(c.name, *only) {
			continue
		}
		results, err := c.measure(ctx, *rounds)
		if err != nil {
			return err
		}
		fmt.Printf("%s (goal %.2f %.2f %.2f)\n", c.name, c.goal.cpu, c.goal.bytes, c.goal.allocs)
		for _, r := range results {
			fmt.Printf("\t%-26s %10.0f ns %10.0f B %8.1f allocs  %.2f %.3f %.3f\n", r.entry, r.usage.cpu, r.usage.bytes, r.usage.allocs, r.ratio.cpu, r.ratio.bytes, r.ratio.allocs)
		}
	}
	return nil
}
