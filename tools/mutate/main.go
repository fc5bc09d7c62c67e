// Command mutate asks what the tests would not notice. It changes one place of the given files at a
// time, in a copy of the repository, runs tests, and prints the changes that no test failed on:
//
//	cd tools && GOWORK=off go run ./mutate -repo .. -test . -test ./internal/wire judge.go internal/wire/retry.go
//
// A survivor is either a place without a test, or a change that changes nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	var r runner
	flag.StringVar(&r.repo, "repo", "..", "the repository")
	flag.Func("test", "a package to test; may be repeated", func(s string) error {
		r.packages = append(r.packages, s)
		return nil
	})
	flag.StringVar(&r.run, "run", "", "the tests to run, as go test has it")
	flag.StringVar(&r.skip, "skip", "", "the tests to leave out, as go test has it")
	flag.DurationVar(&r.limit, "limit", 2*time.Minute, "how long the tests of one change may take")
	flag.IntVar(&r.every, "every", 1, "try only every n-th change")
	flag.IntVar(&r.first, "first", 0, "the number of the first change to try")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := r.all(ctx, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// A runner tries changes.
type runner struct {
	repo, scratch string
	packages      []string
	run, skip     string
	limit         time.Duration
	every, first  int

	tried, survived, unbuilt int
}

// all tries the changes of some files.
func (r *runner) all(ctx context.Context, files []string) (err error) {
	if len(files) == 0 {
		return errors.New("name the files to change, from the root of the repository")
	}
	if len(r.packages) == 0 {
		r.packages = []string{"."}
	}
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	r.scratch = scratch
	if err := r.copy(ctx); err != nil {
		return err
	}
	if out, err := r.test(ctx); err != nil {
		return fmt.Errorf("the tests fail as they are: %w\n%s", err, out)
	}
	for _, file := range files {
		if err := r.file(ctx, file); err != nil {
			return err
		}
	}
	fmt.Printf("%d changes tried, %d of them do not build, %d survived\n", r.tried, r.unbuilt, r.survived)
	return nil
}

// copy makes a copy of what git knows of, changes that are not committed included.
func (r *runner) copy(ctx context.Context) error {
	list := exec.CommandContext(ctx, "git", "ls-files", "-co", "--exclude-standard", "-z")
	list.Dir = r.repo
	names, err := list.Output()
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(r.repo, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		to := filepath.Join(r.scratch, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// file tries the changes of one file.
func (r *runner) file(ctx context.Context, name string) (err error) {
	path := filepath.Join(r.scratch, name)
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changes, err := changesOf(name, source)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.WriteFile(path, source, 0o644)) }()
	for i := r.first; i < len(changes); i += max(1, r.every) {
		if err := os.WriteFile(path, changes[i].apply(source), 0o644); err != nil {
			return err
		}
		if err := r.one(ctx, changes[i]); err != nil {
			return err
		}
	}
	return nil
}

// one tries a change that was made.
func (r *runner) one(ctx context.Context, c change) error {
	r.tried++
	out, err := r.test(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		r.survived++
		fmt.Println("survived:", c)
	case strings.Contains(out, "[build failed]"):
		r.unbuilt++
	}
	return nil
}

// test runs the tests. Those that take too long have failed.
func (r *runner) test(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limit+time.Minute)
	defer cancel()
	args := []string{"test", "-vet=off", "-failfast", "-timeout", r.limit.String()}
	if r.run != "" {
		args = append(args, "-run", r.run)
	}
	if r.skip != "" {
		args = append(args, "-skip", r.skip)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, r.packages...)...)
	cmd.Dir = r.scratch
	out, err := cmd.CombinedOutput()
	return string(out), err
}
