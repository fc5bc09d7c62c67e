package redisthrottle

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed budget.lua
var source string

// reply is what the script answers, behind the book: numbers.
type reply []any

func (r reply) number(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

// duration returns a time that the script counts in microseconds.
func (r reply) duration(i int) time.Duration { return time.Duration(r.number(i)) * time.Microsecond }

// ask runs an operation of the script, and tells it what this process owes. An error names the key.
func (t *Throttle) ask(ctx context.Context, op string, args ...any) (reply, error) {
	began := time.Now()
	known, paused, settled := t.owed(began)
	values, err := t.run(ctx, func(loaded int) []any {
		all := []any{op, t.calls, micros(t.per), micros(t.grace()), micros(t.promise()), micros(t.late()),
			known, rand.Text(), loaded, micros(max(0, time.Until(paused))), len(settled)}
		for _, id := range slices.Sorted(maps.Keys(settled)) {
			all = append(all, id, time.Since(settled[id]).Microseconds())
		}
		return append(all, args...)
	})
	if err == nil {
		values, err = t.understand(values)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("redisthrottle: key %q: %w", t.key, err)
	}
	book, _ := values[0].(string)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.book, t.seen = book, began
	for id := range settled {
		delete(t.settled, id)
	}
	if len(t.held)+len(t.settled) == 0 && t.renewal != nil {
		t.renewal.Stop()
	}
	return values[1:], nil
}

// owed returns the book that this process still vouches for, and what Redis may not have been told of.
func (t *Throttle) owed(now time.Time) (book string, paused time.Time, settled map[string]time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.seen) < t.per { // later the key may have vanished by itself
		book = t.book
	}
	return book, t.paused, maps.Clone(t.settled)
}

// run runs the script by its hash, and sends it once more with its text when the server does not know it.
func (t *Throttle) run(ctx context.Context, args func(loaded int) []any) (reply, error) {
	keys := []string{t.key}
	values, err := t.client.EvalSha(ctx, t.script.Hash(), keys, args(0)...).Slice()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		values, err = t.client.Eval(ctx, source, keys, args(1)...).Slice()
	}
	switch {
	case err == nil:
		return values, nil
	case refused(err):
		return nil, fmt.Errorf("Redis refuses: %w; check its version (6.2 or later), the user and what the user may run", err)
	default:
		return nil, fmt.Errorf("%w: %w; start it, check its address, or choose FailOpen", ErrUnavailable, err)
	}
}

// refused tells whether Redis answered that it will never run the script, rather than that it cannot do so now.
func refused(err error) bool {
	for _, code := range []string{"NOAUTH", "WRONGPASS", "NOPERM"} {
		if redis.HasErrorPrefix(err, code) {
			return true
		}
	}
	_, answered := errors.AsType[redis.Error](err)
	return answered && strings.HasPrefix(err.Error(), "ERR ") && !redis.HasErrorPrefix(err, "max number of clients")
}

// understand returns what is behind the script's word for success, or says what is wrong with the key.
func (t *Throttle) understand(values reply) (reply, error) {
	word := func(i int) string {
		if i >= len(values) {
			return ""
		}
		s, _ := values[i].(string)
		return s
	}
	switch word(0) {
	case "ok":
		return values[1:], nil
	case "type":
		return nil, fmt.Errorf("it holds a %s, not a budget of calls; choose another key", word(1))
	case "foreign":
		return nil, errors.New("it holds a sorted set that is not a budget of calls; choose another key")
	case "damaged":
		return nil, errors.New("it is damaged; delete it when no process uses it, and wait for one window before you call again")
	case "version":
		return nil, fmt.Errorf("it is of version %s and this program knows version %s; update the program", word(1), word(2))
	case "limit":
		var calls, per int64
		if _, err := fmt.Sscanf(word(1), "limit %d %d", &calls, &per); err != nil {
			return nil, fmt.Errorf("it is damaged: %q; delete it when no process uses it, and wait for one window before you call again", word(1))
		}
		return nil, fmt.Errorf("it keeps %d calls in %v, not %d in %v; use the same limits in all programs, or another key",
			calls, time.Duration(per)*time.Microsecond, t.calls, t.per)
	case "clock":
		return nil, errors.New("the clock of the Redis server is before 2020; set it")
	}
	return nil, fmt.Errorf("Redis answered %v", values)
}

// micros returns a duration in microseconds, rounded up.
func micros(d time.Duration) int64 { return int64((d + time.Microsecond - 1) / time.Microsecond) }
