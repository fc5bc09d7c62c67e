package throttletest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// Main is what TestMain calls in a package that uses [NewFleet] or [RunProcesses]. It runs the
// tests, or, in a process of a fleet, the calls of that process. It does not return.
//
// The tests wait far more than they compute, so 16 parallel ones run at once unless -parallel says
// otherwise, however few cores there are.
func Main(m *testing.M, open Open) {
	if os.Getenv("THROTTLETEST_SERVER") == "" {
		err := errors.Join(
			flag.Set("test.parallel", "16"), // before m.Run parses the command line
			os.Setenv(mainCalled, strconv.Itoa(os.Getpid())),
		)
		if err != nil {
			panic(err)
		}
		os.Exit(m.Run())
	}
	if err := member(open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// mainCalled is the variable in which Main notes its process. Without Main each process of a fleet
// would run all tests again, and start a fleet of its own.
const mainCalled = "THROTTLETEST_MAIN"

// Fleet is a server that counts calls, and processes that call it through one budget, each with
// four goroutines. The server counts at a random moment within the up to 20 milliseconds that a
// call takes, and notes how long the call was on its way since Acquire let it go.
type Fleet struct {
	t       *testing.T
	env     []string
	members sync.WaitGroup
	ready   chan struct{}
	begin   chan struct{}
	stop    chan struct{}
	callers chan int // pid of each call that arrives, while somebody asks

	mu     sync.Mutex
	errors []error
	calls  []call
	stall  time.Duration // for how long the machine did not let this process run
}

// call is one that was counted.
type call struct {
	at   time.Time     // when it was counted
	held time.Duration // how long after Acquire that was
}

// Process is one process of a fleet.
type Process struct {
	cmd    *exec.Cmd
	exited chan struct{}
}

// NewFleet starts the server of a fleet. All ends with the test. The package that calls it has a
// TestMain that calls [Main].
func NewFleet(t *testing.T, budget string, calls int, per time.Duration) *Fleet {
	if os.Getenv(mainCalled) != strconv.Itoa(os.Getpid()) {
		t.Fatal("throttletest: processes are the test binary, started again: " +
			"give the package a TestMain that calls throttletest.Main")
	}
	f := &Fleet{
		t:       t,
		ready:   make(chan struct{}),
		begin:   make(chan struct{}),
		stop:    make(chan struct{}),
		callers: make(chan int),
	}
	go f.watch()
	routes := http.NewServeMux()
	routes.HandleFunc("/ready", f.serveReady)
	routes.HandleFunc("/call", f.serveCall)
	routes.HandleFunc("/error", f.serveError)
	server := httptest.NewServer(routes)
	t.Cleanup(func() {
		f.members.Wait() // killed as the context of the test ends
		server.CloseClientConnections()
		server.Close()
	})
	f.env = append(os.Environ(), "THROTTLETEST_SERVER="+server.URL, "THROTTLETEST_BUDGET="+budget,
		"THROTTLETEST_CALLS="+strconv.Itoa(calls), "THROTTLETEST_PER="+per.String())
	return f
}

// Start starts a process that makes that many calls, or goes on until [Fleet.Stop] or
// [Process.Kill] for 0. It makes none before [Fleet.Ready].
func (f *Fleet) Start(jobs int) *Process {
	p := &Process{cmd: exec.CommandContext(f.t.Context(), os.Args[0]), exited: make(chan struct{})}
	p.cmd.Env = append(slices.Clone(f.env), "THROTTLETEST_JOBS="+strconv.Itoa(jobs))
	var stderr strings.Builder
	p.cmd.Stderr = &stderr
	if err := p.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.members.Go(func() {
		defer close(p.exited)
		if err := p.cmd.Wait(); err != nil && stderr.Len() > 0 {
			f.fail(fmt.Errorf("a process of the fleet: %w: %s", err, stderr.String()))
		}
	})
	return p
}

// Kill ends the process with SIGKILL, and waits for it.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may be over
	<-p.exited
}

// Ready waits until that many processes have opened the budget, and lets all begin, also those
// that start later.
func (f *Fleet) Ready(processes int) {
	for range processes {
		select {
		case <-f.ready:
		case <-time.After(patience):
			f.t.Fatalf("the processes of the fleet do not start: %v", f.Errors())
		}
	}
	close(f.begin)
}

// NextCaller waits for a call of one of the processes, and returns which it is.
func (f *Fleet) NextCaller(of []*Process) int {
	for {
		select {
		case pid := <-f.callers:
			if i := slices.IndexFunc(of, func(p *Process) bool { return p.cmd.Process.Pid == pid }); i >= 0 {
				return i
			}
		case <-time.After(patience):
			f.t.Fatalf("no process of the fleet calls: %v", f.Errors())
		}
	}
}

// Stop tells the processes to end after their next call.
func (f *Fleet) Stop() { close(f.stop) }

// Wait waits until all processes have ended.
func (f *Fleet) Wait() { f.members.Wait() }

// Errors returns the errors that the processes got from Acquire. They go on after an error.
func (f *Fleet) Errors() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.errors)
}

// count counts a call that Acquire let go at a time.
func (f *Fleet) count(acquired time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.calls = append(f.calls, call{now, now.Sub(acquired)})
}

// Total returns how many calls were counted.
func (f *Fleet) Total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// Last returns when the last call was counted; zero when none was.
func (f *Fleet) Last() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		return time.Time{}
	}
	return f.calls[len(f.calls)-1].at
}

// watch measures for how long the machine does not let this process run, until the test ends.
func (f *Fleet) watch() {
	const pause = 5 * time.Millisecond
	for last := time.Now(); f.t.Context().Err() == nil; {
		<-time.After(pause)
		now := time.Now()
		f.mu.Lock()
		f.stall = max(f.stall, now.Sub(last)-pause)
		f.mu.Unlock()
		last = now
	}
}

// Stall returns the longest time for which the machine did not let the process of the test run.
func (f *Fleet) Stall() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stall
}

// Most returns the most calls counted in any stretch of per, without those that were held up for
// longer than that between Acquire and the server, how many these were, and how long the longest
// was on its way.
func (f *Fleet) Most(per, held time.Duration) (most, heldUp int, longest time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var c Counter
	for _, call := range f.calls {
		longest = max(longest, call.held)
		if call.held > held {
			heldUp++
		} else {
			c.times = append(c.times, call.at)
		}
	}
	return c.Most(per), heldUp, longest
}

func (f *Fleet) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, err)
}

func (f *Fleet) serveReady(_ http.ResponseWriter, r *http.Request) {
	select {
	case f.ready <- struct{}{}:
	case <-f.begin:
	case <-r.Context().Done():
	}
	select {
	case <-f.begin:
	case <-r.Context().Done():
	}
}

func (f *Fleet) serveCall(w http.ResponseWriter, r *http.Request) {
	pid, _ := strconv.Atoi(r.URL.Query().Get("pid"))
	acquired, _ := strconv.ParseInt(r.URL.Query().Get("at"), 10, 64)
	select {
	case f.callers <- pid:
	default:
	}
	<-time.After(rand.N(10 * time.Millisecond))
	f.count(time.Unix(0, acquired)) // also when the caller is dead by now
	<-time.After(rand.N(10 * time.Millisecond))
	select {
	case <-f.stop:
		w.WriteHeader(http.StatusGone)
	default:
	}
}

func (f *Fleet) serveError(_ http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	f.fail(errors.Join(err, errors.New(string(text))))
}

// member makes the calls of a process of a fleet.
func member(open Open) error {
	server := os.Getenv("THROTTLETEST_SERVER")
	calls, err1 := strconv.Atoi(os.Getenv("THROTTLETEST_CALLS"))
	per, err2 := time.ParseDuration(os.Getenv("THROTTLETEST_PER"))
	jobs, err3 := strconv.Atoi(os.Getenv("THROTTLETEST_JOBS"))
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	th, err := open(os.Getenv("THROTTLETEST_BUDGET"), calls, per)
	if err != nil {
		return err
	}
	if err := ask(server+"/ready", ""); err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(context.Background())
	defer end(nil)
	queue := make(chan int)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range queue {
				if err := memberCall(ctx, th, server); err != nil {
					end(err)
				}
			}
		})
	}
	for job := 0; (jobs == 0 || job < jobs) && ctx.Err() == nil; job++ {
		select {
		case queue <- job:
		case <-ctx.Done():
		}
	}
	close(queue)
	workers.Wait()
	if err := context.Cause(ctx); err != errStop {
		return err
	}
	return nil
}

// errStop is the server's wish that the process ends.
var errStop = errors.New("stop")

// memberCall makes one call. It reports each error of Acquire to the server, and tries again.
func memberCall(ctx context.Context, th throttle.Throttle, server string) error {
	for {
		done, err := th.Acquire(ctx)
		if err == nil {
			defer done(true)
			return ask(fmt.Sprintf("%s/call?pid=%d&at=%d", server, os.Getpid(), time.Now().UnixNano()), "")
		}
		if ctx.Err() != nil {
			return err
		}
		if err := ask(server+"/error", err.Error()); err != nil {
			return err
		}
		<-time.After(20 * time.Millisecond)
	}
}

// ask sends a text to the server of the fleet.
func ask(url, text string) error {
	resp, err := http.Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode == http.StatusGone {
		return errStop
	}
	return nil
}
