package redisthrottle_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/throttle/redisthrottle"
)

func TestKeyThatIsNoBudget(t *testing.T) {
	ctx := t.Context()
	server := startRedis(t)
	client := server.client()
	budget := func(key string) {
		mustAcquire(t, mustNew(t, client, key, 100, 30*time.Minute))(true)
	}
	for _, test := range []struct {
		key     string
		prepare func(key string)
		calls   int
		per     time.Duration
		want    string
	}{
		{"string", func(key string) { client.Set(ctx, key, "x", 0) }, 100, 30 * time.Minute, "it holds a string, not a budget of calls; choose another key"},
		{"hash", func(key string) { client.HSet(ctx, key, "a", "b") }, 100, 30 * time.Minute, "it holds a hash, not a budget"},
		{"foreign", func(key string) { client.ZAdd(ctx, key, redis.Z{Score: 7, Member: "x"}) }, 100, 30 * time.Minute, "it holds a sorted set that is not a budget of calls; choose another key"},
		{"newer", func(key string) {
			budget(key)
			client.ZRem(ctx, key, "bitbucket call budget 1")
			client.ZAdd(ctx, key, redis.Z{Score: 0, Member: "bitbucket call budget 2"})
		}, 100, 30 * time.Minute, "it is of version 2 and this program knows version 1; update the program"},
		{"no limit", func(key string) {
			budget(key)
			client.ZRem(ctx, key, "limit 100 1800000000")
		}, 100, 30 * time.Minute, "it is damaged; delete it when no process uses it, and wait for one window"},
		{"no book", func(key string) {
			budget(key)
			client.ZRemRangeByScore(ctx, key, "2", "2")
		}, 100, 30 * time.Minute, "it is damaged; delete it when no process uses it, and wait for one window"},
		{"other calls", budget, 50, 30 * time.Minute, "it keeps 100 calls in 30m0s, not 50 in 30m0s; use the same limits"},
		{"other window", budget, 100, time.Hour, "it keeps 100 calls in 30m0s, not 100 in 1h0m0s; use the same limits"},
	} {
		test.prepare(test.key)
		before := client.Dump(ctx, test.key).Val()
		th := mustNew(t, client, test.key, test.calls, test.per, redisthrottle.FailOpen(throttle.Unlimited))
		_, err := th.Acquire(ctx)
		if want := `redisthrottle: key "` + test.key + `": ` + test.want; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if after := client.Dump(ctx, test.key).Val(); after != before {
			t.Errorf("the key %q was changed", test.key)
		}
		if s := th.Status(); s.Free != 0 || s.Limit != test.calls {
			t.Errorf("Status of %q: %+v, want none free", test.key, s)
		}
	}
}

func TestRestartWithOldSnapshot(t *testing.T) {
	const per = time.Hour
	for _, first := range []string{"old process", "new process"} {
		t.Run(first, func(t *testing.T) {
			server := startRedis(t)
			th := mustNew(t, server.client(), "team", 3, per)
			mustAcquire(t, th)(true)
			if err := server.client().Save(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			mustAcquire(t, th)(true)
			mustAcquire(t, th)(true)
			server.kill()
			server.start()
			if n := server.client().ZCard(t.Context(), "team").Val(); n == 0 {
				t.Fatal("the snapshot was not loaded")
			}
			if first == "new process" {
				th = mustNew(t, server.client(), "team", 3, per)
			}
			resting(t, th, per)
			resting(t, mustNew(t, server.client(), "team", 3, per), per)
		})
	}
}

func TestLostKey(t *testing.T) {
	const per = time.Hour
	server := startRedis(t)
	client := server.client()
	first, second := mustNew(t, client, "team", 2, per), mustNew(t, client, "team", 2, per)
	mustAcquire(t, first)(true)
	mustAcquire(t, second)(true)
	client.Del(t.Context(), "team")
	resting(t, first, per)
	before := client.ZScore(t.Context(), "team", "pause").Val()
	resting(t, second, per)
	if after := client.ZScore(t.Context(), "team", "pause").Val(); before == 0 || after != before {
		t.Errorf("the second process that noticed moved the rest from %v to %v", before, after)
	}
	client.Del(t.Context(), "team")
	stranger := mustNew(t, client, "team", 2, per) // knows of no calls
	mustAcquire(t, stranger)(true)
	resting(t, first, per)
	resting(t, stranger, per)
}

func TestClockSetBack(t *testing.T) {
	const per = time.Hour
	server := startRedis(t)
	client := server.client()
	th := mustNew(t, client, "team", 1, per)
	if s := th.Status(); s.Free != 1 {
		t.Fatalf("Status of a new budget: %+v", s)
	}
	tomorrow := serverTime(t, client) + float64((24 * time.Hour).Microseconds())
	wait(client, "x", tomorrow, tomorrow)
	if s := th.Status(); s.Free != 1 {
		t.Errorf("Status with a promise for tomorrow: %+v, want the slot free", s)
	}
	client.ZAdd(t.Context(), "team", redis.Z{Score: tomorrow, Member: "s:x"})
	resting(t, th, per)
	if rests := client.ZScore(t.Context(), "team", "s:x").Val() - serverTime(t, client); rests > float64((per + 10*time.Second).Microseconds()) {
		t.Errorf("the slot rests %.0f µs more, want a window and a grace", rests)
	}
}

func TestQueue(t *testing.T) {
	server := startRedis(t)
	client := server.client()
	th := mustNew(t, client, "team", 1, time.Hour)
	if s := th.Status(); s.Free != 1 {
		t.Fatalf("Status of a new budget: %+v", s)
	}
	now := serverTime(t, client)
	wait(client, "first", now-1e6, now+10e6)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	_, err := th.Acquire(ctx)
	if _, ok := errors.AsType[*throttle.WaitError](err); !ok {
		t.Errorf("Acquire behind another that has not taken its slot yet: %v, want a WaitError", err)
	}
	eventually(t, "the other waits alone", func() bool {
		got := client.ZRange(t.Context(), "team", 0, 0).Val()
		return got[0] == "t:first" && waiting(t, client) == 1
	})
	wait(client, "first", now-1e6, now-6e6) // it was to look 6 s ago
	mustAcquire(t, th)(true)
	if s := th.Status(); s.Free != 0 {
		t.Errorf("Status: %+v, want none free", s)
	}
	rests := client.ZRangeByScoreWithScores(t.Context(), "team", &redis.ZRangeBy{Min: "10", Max: "(2251799813685248"}).Val()
	if len(rests) != 1 || rests[0].Score <= now+float64(time.Hour.Microseconds()) {
		t.Errorf("slots %v, want one that rests for an hour from done, after %.0f", rests, now)
	}
}

func TestSlotRestsFromDone(t *testing.T) {
	server := startRedis(t)
	client := server.client()
	th := mustNew(t, client, "team", 1, time.Hour)
	done := mustAcquire(t, th)
	before := serverTime(t, client)
	done(true)
	if s := th.Status(); s.Free != 0 { // tells what is owed, too
		t.Errorf("Status: %+v, want none free", s)
	}
	slots := client.ZRangeByScoreWithScores(t.Context(), "team", &redis.ZRangeBy{Min: "10", Max: "(2251799813685248"}).Val()
	if len(slots) != 1 {
		t.Fatalf("slots %v, want one", slots)
	}
	if rest := slots[0].Score - before; rest <= 3600e6 || rest > 3602e6 {
		t.Errorf("the slot rests %.0f µs from just before done, want a little more than an hour", rest)
	}
}

func TestKeyExpires(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	th := mustNew(t, server.client(), "team", 100, 30*time.Minute)
	mustAcquire(t, th)(true)
	ttl := server.client().PTTL(t.Context(), "team").Val()
	if ttl < 30*time.Minute+4*time.Second || ttl > 30*time.Minute+15*time.Second {
		t.Errorf("the key lives %v more, want 30m and a few seconds", ttl)
	}
	th.Pause(time.Now().Add(2 * time.Hour))
	if wait := th.Estimate(1); wait < 119*time.Minute {
		t.Errorf("Estimate in a pause of 2h: %v", wait)
	}
	ttl = server.client().PTTL(t.Context(), "team").Val()
	if ttl < 2*time.Hour || ttl > 2*time.Hour+10*time.Second {
		t.Errorf("the key of a paused budget lives %v more, want 2h and a few seconds", ttl)
	}
	short := mustNew(t, server.client(), "short", 1, 50*time.Millisecond)
	mustAcquire(t, short)(true)
	for server.client().Exists(t.Context(), "short").Val() == 1 {
		<-time.After(50 * time.Millisecond)
	}
	if s := short.Status(); s.Free != 1 {
		t.Errorf("Status after the key vanished by itself: %+v, want the slot free", s)
	}
}

// waiting is how many calls wait.
func waiting(t *testing.T, client *redis.Client) int64 {
	return client.ZCount(t.Context(), "team", "-inf", "(0").Val()
}

// eventually waits until something has happened that needs nobody any more.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for began := time.Now(); !happened(); <-time.After(time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}

func serverTime(t *testing.T, client *redis.Client) float64 {
	t.Helper()
	now, err := client.Time(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return float64(now.Sub(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)).Microseconds())
}

func wait(client *redis.Client, id string, since, looks float64) {
	const zone = 1 << 51
	client.ZAdd(context.Background(), "team", redis.Z{Score: since - 2*zone, Member: "t:" + id}, redis.Z{Score: looks + zone, Member: "w:" + id})
}

func resting(t *testing.T, th *redisthrottle.Throttle, per time.Duration) {
	t.Helper()
	s, err := th.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if rest := time.Until(s.NextFree); s.Free != 0 || rest < per-time.Minute || rest > per+10*time.Second {
		t.Errorf("Inspect: %+v, %v from now, want none free for %v", s, rest, per)
	}
}

// After the clock of the server was set back, a pause lasts as long as it would have.
func TestPauseAndClockSetBack(t *testing.T) {
	server := startRedis(t)
	client := server.client()
	th := mustNew(t, client, "team", 1, time.Hour)
	th.Pause(time.Now().Add(10 * time.Minute))
	if wait := th.Estimate(1); wait < 9*time.Minute || wait > 10*time.Minute {
		t.Fatalf("Estimate in a pause of ten minutes: %v", wait)
	}
	const zone, day = 1 << 51, float64(24 * 3600 * 1e6)
	client.ZIncrBy(t.Context(), "team", day, "pause") // as if all this had been tomorrow
	client.ZAdd(t.Context(), "team", redis.Z{Score: 3*zone + serverTime(t, client) + day, Member: "clock"})
	for range 2 {
		if wait := th.Estimate(1); wait < 9*time.Minute || wait > 10*time.Minute+time.Second {
			t.Errorf("Estimate after the clock was set back by a day: %v, want ten minutes", wait)
		}
	}
}

// Those who wait behind the dead find out as soon as these can be known to be dead, and not at the
// end of the next window.
func TestBehindTheDead(t *testing.T) {
	t.Parallel()
	const per = 2 * time.Second
	server := startRedis(t)
	client := server.client()
	th := mustNew(t, client, "team", 1, per)
	mustAcquire(t, th)(true)
	if s := th.Status(); s.Free != 0 {
		t.Fatalf("Status after the only call: %+v", s)
	}
	began := time.Now()
	now := serverTime(t, client)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		wait(client, id, now, now+1.9e6) // and never ask again
	}
	mustAcquire(t, th)(true)
	if waited := time.Since(began); waited < 1900*time.Millisecond || waited > 3500*time.Millisecond {
		t.Errorf("the call behind five dead waited %v, want a window and a little more", waited)
	}
}
