package redisthrottle_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"strings"
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
	server := startRedis(t)
	throttletest.RunShared(t, func(t *testing.T, calls int, per time.Duration) func() throttle.Throttle {
		key := rand.Text()
		return func() throttle.Throttle { return mustNew(t, server.client(), key, calls, per) }
	})
}

// One key is all that is used, so a Cluster is served as well.

func TestCluster(t *testing.T) {
	t.Parallel()
	server := startRedis(t, "--cluster-enabled", "yes")
	node := server.client()
	if err := node.ClusterAddSlotsRange(t.Context(), 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	for node.ClusterInfo(t.Context()).Val(); !strings.Contains(node.ClusterInfo(t.Context()).Val(), "cluster_state:ok"); {
		<-time.After(10 * time.Millisecond)
	}
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{server.addr}})
	t.Cleanup(func() { client.Close() })
	th := mustNew(t, client, "team", 2, time.Hour)
	mustAcquire(t, th)(true)
	mustAcquire(t, th)
	if s, err := th.Inspect(t.Context()); err != nil || s.Free != 0 {
		t.Errorf("Inspect: %+v, %v, want both slots spent", s, err)
	}
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	client := server.client()
	mustAcquire(t, mustNew(t, client, "load the script", 1, time.Hour))
	var trips roundTrips
	client.AddHook(&trips)
	th := mustNew(t, client, "team", 3, time.Hour)
	for i := range 3 { // the key is new at first
		trips.Store(0)
		done := mustAcquire(t, th)
		if n := trips.Swap(0); n != 1 {
			t.Errorf("call %d: Acquire took %d round trips, want 1", i, n)
		}
		done(true)
		if n := trips.Swap(0); n != 1 {
			t.Errorf("call %d: done took %d round trips, want 1", i, n)
		}
		done(true)
		if n := trips.Swap(0); n != 0 {
			t.Errorf("call %d: done again took %d round trips, want 0", i, n)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := th.Acquire(ctx); err == nil || trips.Swap(0) != 1 {
		t.Errorf("a WaitError took more than 1 round trip, or none came: %v", err)
	}
	waits := mustNew(t, client, "waits", 1, time.Second)
	mustAcquire(t, waits)(true)
	trips.Store(0)
	mustAcquire(t, waits)
	if n := trips.Load(); n > 15 {
		t.Errorf("a wait of a second took %d round trips, want about 11", n)
	}
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
		{client, "team", 0, time.Hour, "redisthrottle: 0 calls in 1h0m0s: give at least 1 call and 1 ms"},
		{client, "team", 1, time.Microsecond, "redisthrottle: 1 calls in 1µs: give at least 1 call and 1 ms"},
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

// Whoever comes first after a restart notices that an old state was loaded, also when it has never called before.

// A slot or a promise that lies too far ahead is of a clock that was set back.

// A call that gives up leaves nothing behind: no place in the queue, and no slot that it got too late.

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
	if s := th.Status(); s.Free != 1 {
		t.Errorf("Status: %+v, want the slot given back", s)
	}
	mustAcquire(t, th)(true)
	waiting, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := th.Acquire(waiting); !errors.Is(err, context.Canceled) {
		t.Errorf("Acquire with a context that ends: %v, want context.Canceled", err)
	}
	if n := client.ZCount(t.Context(), "team", "-inf", "(0").Val(); n != 0 {
		t.Errorf("%d calls wait, want none", n)
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
			<-time.After(60 * time.Millisecond)
		}
	}))
	th := mustNew(t, client, "team", 2, 2*time.Second)
	mustAcquire(t, th)
	slots := client.ZRangeByScoreWithScores(t.Context(), "team", &redis.ZRangeBy{Min: "10", Max: "(2251799813685248"}).Val()
	if len(slots) != 1 || slots[0].Score-serverTime(t, client) < 2.08e6 {
		t.Errorf("slots %v, want one with a lease that began just now", slots)
	}
	late.Store(100)
	if _, err := th.Acquire(t.Context()); err == nil || !strings.Contains(err.Error(), "too long for 2 calls in 2s; use one that is nearer") {
		t.Errorf("Acquire from a server that is always slow: %v", err)
	}
	late.Store(0)
	if s := th.Status(); s.Free != 1 {
		t.Errorf("Status: %+v, want the slot given back", s)
	}
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

// wait puts a call of another process into the queue.

// resting checks that the whole budget rests for a window, or a little longer.

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
