package redisthrottle_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/throttle/redisthrottle"
	"github.com/seed-9213fc64/bitbucket/throttle/throttletest"
)

var (
	_ throttle.Throttle  = (*redisthrottle.Throttle)(nil)
	_ throttle.Pauser    = (*redisthrottle.Throttle)(nil)
	_ throttle.Estimator = (*redisthrottle.Throttle)(nil)
	_ throttle.Reporter  = (*redisthrottle.Throttle)(nil)
)

func TestConformance(t *testing.T) {
	for _, program := range programs(t) {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			server := startServer(t, program)
			newShared := func(t *testing.T, calls int, per time.Duration) func() throttle.Throttle {
				key := rand.Text()
				return func() throttle.Throttle { return mustNew(t, server.client(), key, calls, per) }
			}
			throttletest.RunShared(t, newShared)
		})
	}
}

// A call with a free slot takes one round trip, however many there are, and so does a whole crowd
// of callers that waits.
func TestRoundTrips(t *testing.T) {
	server := startRedis(t)
	client := server.client()
	mustAcquire(t, mustNew(t, client, "load the script", 1, time.Hour))
	var trips roundTrips
	client.AddHook(&trips)
	th := mustNew(t, client, "team", 1000, time.Hour)
	for range 500 {
		mustAcquire(t, th)(true)
	}
	if n := trips.Swap(0); n > 550 {
		t.Errorf("500 calls took %d round trips, want at most 1.1 each", n)
	}
	for _, processes := range []int{1, 30} {
		t.Run(fmt.Sprint(processes), func(t *testing.T) {
			t.Parallel()
			for run := 1; ; run++ {
				n := crowd(t, server, processes)
				t.Logf("30 callers of %d processes waited for a window: %d round trips", processes, n)
				if n <= 63 {
					break
				}
				// On a busy machine some have not told of their calls when others ask for their turn.
				if run == 5 {
					t.Errorf("30 callers took %d round trips, want at most 2.1 each", n)
					break
				}
			}
		})
	}
}

// crowd counts the round trips of 30 callers that wait for a window, spread over some processes.
func crowd(t *testing.T, server *redisServer, processes int) int64 {
	client := server.client()
	var dialed sync.WaitGroup
	for range 30 { // what dials is late
		dialed.Go(func() { client.Ping(t.Context()) })
	}
	dialed.Wait()
	var trips roundTrips
	client.AddHook(&trips)
	key := rand.Text()
	var ths []*redisthrottle.Throttle
	for range processes {
		ths = append(ths, mustNew(t, client, key, 30, 2*time.Second))
	}
	for i := range 30 {
		mustAcquire(t, ths[i%processes])(true)
	}
	<-time.After(500 * time.Millisecond) // until all is told
	trips.Store(0)
	var callers sync.WaitGroup
	for i := range 30 {
		callers.Go(func() { mustAcquire(t, ths[i%processes])(true) })
	}
	callers.Wait()
	return trips.Load()
}

// roundTrips counts what goes to the server.

type roundTrips struct{ atomic.Int64 }

func (r *roundTrips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (r *roundTrips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		r.Add(1)
		return next(ctx, cmd)
	}
}

func (r *roundTrips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		r.Add(1)
		return next(ctx, cmds)
	}
}

func TestNewRefuses(t *testing.T) {
	client := newClient(t, "127.0.0.1:1")
	for _, test := range []struct {
		client redis.UniversalClient
		key    string
		calls  int
		per    time.Duration
		want   string
	}{
		{nil, "team", 1, time.Hour, "redisthrottle: the client is nil; make one with redis.NewClient"},
		{client, "", 1, time.Hour, "redisthrottle: the key is empty; give each account a key of its own"},
		{client, "team", 0, time.Hour, "redisthrottle: 0 calls in 1h0m0s: give 1 to 1000000000 calls and 1ms to 87600h0m0s"},
		{client, "team", math.MaxInt, time.Hour, "redisthrottle: 9223372036854775807 calls in 1h0m0s: give 1 to 1000000000 calls and 1ms to 87600h0m0s"},
		{client, "team", 1, time.Microsecond, "redisthrottle: 1 calls in 1µs: give 1 to 1000000000 calls and 1ms to 87600h0m0s"},
		{client, "team", 1, math.MaxInt64, "redisthrottle: 1 calls in 2562047h47m16.854775807s: give 1 to 1000000000 calls and 1ms to 87600h0m0s"},
	} {
		if _, err := redisthrottle.New(test.client, test.key, test.calls, test.per); err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

func TestRedisAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there
	client := newClient(t, l.Addr().String())
	th := mustNew(t, client, "team", 100, 30*time.Minute)
	_, err = th.Acquire(t.Context())
	if !errors.Is(err, redisthrottle.ErrUnavailable) || !strings.HasPrefix(err.Error(), `redisthrottle: key "team": Redis is not available: `) ||
		!strings.HasSuffix(err.Error(), "start it, check its address, or choose FailOpen") {
		t.Errorf("Acquire: %v, want an ErrUnavailable that names the key and says what to do", err)
	}
	if _, err := th.Inspect(t.Context()); !errors.Is(err, redisthrottle.ErrUnavailable) {
		t.Errorf("Inspect: %v, want ErrUnavailable", err)
	}
	if s := th.Status(); s.Free != 0 || s.Limit != 100 || s.Window != 30*time.Minute {
		t.Errorf("Status: %+v, want none free", s)
	}
	if wait := th.Estimate(101); wait != time.Hour {
		t.Errorf("Estimate(101): %v, want 1h0m0s, as if the budget had just been spent", wait)
	}
	local := throttle.Window(2, time.Hour)
	open := mustNew(t, client, "team", 100, 30*time.Minute, redisthrottle.FailOpen(local))
	mustAcquire(t, open)(true)
	if s := local.Status(); s.Free != 1 {
		t.Errorf("the local throttle has %d of 2 calls free, want 1", s.Free)
	}
	// A pause reaches it, also one that cannot pause by itself.
	open.Pause(time.Now().Add(time.Hour))
	if wait := local.Estimate(1); wait < 59*time.Minute {
		t.Errorf("in a pause of an hour the local throttle lets a call start in %v", wait)
	}
	any := mustNew(t, client, "team", 100, 30*time.Minute, redisthrottle.FailOpen(throttle.Unlimited))
	any.Pause(time.Now().Add(time.Hour))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := any.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Acquire in a pause of an hour: %v, want a WaitError", err)
	}
}

func TestPassword(t *testing.T) {
	server := startRedis(t, "--requirepass", "secret")
	wrong := redis.NewClient(&redis.Options{Addr: server.addr, Password: "wrong"})
	t.Cleanup(func() { wrong.Close() })
	for name, client := range map[string]*redis.Client{"no password": server.client(), "a wrong password": wrong} {
		th := mustNew(t, client, "team", 1, time.Hour, redisthrottle.FailOpen(throttle.Unlimited))
		if _, err := th.Acquire(t.Context()); err == nil || !strings.HasPrefix(err.Error(), `redisthrottle: key "team": Redis refuses: `) {
			t.Errorf("Acquire with %s: %v, want that Redis refuses", name, err)
		}
	}
}

// What is told late is not lost: a done while Redis is away, and a pause.

func TestToldLater(t *testing.T) {
	const per = time.Hour
	server := startRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	th := mustNew(t, server.client(), "team", 1, per)
	done := mustAcquire(t, th)
	server.kill()
	done(true)
	answered := time.Now()
	until := answered.Add(2 * per)
	th.Pause(until)
	server.start()
	s, err := th.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if early := until.Sub(s.NextFree); s.Free != 0 || early > time.Second || early < -time.Minute {
		t.Errorf("Inspect: %+v, want the end of the pause at %v", s, until)
	}
	other, err := mustNew(t, server.client(), "team", 1, per).Inspect(t.Context())
	if err != nil || other.NextFree.Before(until.Add(-time.Second)) {
		t.Errorf("Inspect by another process: %+v, %v, want the end of the pause at %v", other, err, until)
	}
}

// A call that gives up leaves nothing behind: no place in the queue, and no slot that it got too
// late.

func TestGiveUp(t *testing.T) {
	server := startRedis(t)
	client := server.client()
	th := mustNew(t, client, "team", 1, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	slow := server.client()
	slow.AddHook(afterCommand(cancel)) // it ends as Redis answers
	if _, err := mustNew(t, slow, "team", 1, time.Hour).Acquire(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Acquire with a context that ends: %v, want context.Canceled", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	eventually(t, "the slot is given back", func() bool {
		done, err := th.Acquire(soon)
		if err == nil {
			done(true)
		}
		return err == nil
	})
	patient, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := th.Acquire(patient); !errors.Is(err, context.Canceled) {
		t.Errorf("Acquire with a context that ends: %v, want context.Canceled", err)
	}
	eventually(t, "nobody waits", func() bool { return waiting(t, client) == 0 })
}

// Whatever is asked, an estimate is a time that can be, and a pause is a year at most.
func TestSaturates(t *testing.T) {
	server := startRedis(t)
	th := mustNew(t, server.client(), "team", 3, 10*365*24*time.Hour)
	for _, calls := range []int{math.MinInt, -1, 0, 3, 4, 1000, math.MaxInt - 1, math.MaxInt} {
		got := th.Estimate(calls)
		if got < 0 || calls > 3 && got < 10*365*24*time.Hour || calls <= 3 && got != 0 {
			t.Errorf("Estimate(%d) = %v", calls, got)
		}
	}
	for _, until := range []time.Time{{}, time.Unix(-1<<62, 0), time.Unix(1<<62, 0)} {
		th.Pause(until)
	}
	if wait := th.Estimate(1); wait < 365*24*time.Hour || wait > 367*24*time.Hour {
		t.Errorf("an endless pause lasts %v, want a year", wait)
	}
	away := mustNew(t, newClient(t, "127.0.0.1:1"), "team", 3, 10*365*24*time.Hour)
	if got := away.Estimate(math.MaxInt); got != math.MaxInt64 {
		t.Errorf("Estimate(MaxInt) without a server: %v", got)
	}
}

// A slot that comes late is asked for again, since its lease has begun already.

func TestSlowServer(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	client := server.client()
	var late atomic.Int64
	late.Store(1)
	client.AddHook(afterCommand(func() {
		if late.Add(-1) >= 0 {
			<-time.After(300 * time.Millisecond)
		}
	}))
	th := mustNew(t, client, "team", 2, 2*time.Second)
	mustAcquire(t, th)
	slots := client.ZRangeByScoreWithScores(t.Context(), "team", &redis.ZRangeBy{Min: "10", Max: "(2251799813685248"}).Val()
	if len(slots) != 1 || slots[0].Score-serverTime(t, client) < 2.2e6 {
		t.Errorf("slots %v, want one with a lease that began just now", slots)
	}
	late.Store(1000)
	impatient, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := th.Acquire(impatient); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Acquire from a server that is always slow: %v", err)
	}
	late.Store(0)
	eventually(t, "the slot is given back", func() bool { return th.Status().Free == 1 })
}

// afterCommand is a hook that runs after each command to the server.

type afterCommand func()

func (f afterCommand) DialHook(next redis.DialHook) redis.DialHook { return next }

func (f afterCommand) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		defer f()
		return next(ctx, cmd)
	}
}

func (f afterCommand) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// serverTime returns the time of the server as the script counts it: microseconds since 2020.

func mustNew(t testing.TB, client redis.UniversalClient, key string, calls int, per time.Duration, opts ...redisthrottle.Option) *redisthrottle.Throttle {
	t.Helper()
	th, err := redisthrottle.New(client, key, calls, per, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return th
}

func mustAcquire(t testing.TB, th throttle.Throttle) (done func(bool)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done, err := th.Acquire(ctx)
	if err != nil {
		t.Fatalf("Acquire: %v", err)
	}
	return done
}
