package redisthrottle

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

//go:embed budget.lua
var source string

// A slot is what a call holds: its name among the members of the key.
type slot string

// name is the name of a caller among the members of the key.
func name(id uint64) string { return strconv.FormatUint(id, 36) }

// exchange lets a desk talk to Redis, in one round trip. An error names the key.
func (t *Throttle) exchange(said *ask) (*answer, error) {
	began := time.Now()
	t.mu.Lock()
	known := t.book
	if age(t.seen) >= t.per+t.grace() { // the key may have vanished by itself
		known = ""
	}
	t.mu.Unlock()
	values, err := t.run(func(loaded int) []any { return t.arguments(said, known, loaded) })
	if err == nil {
		values, err = t.understand(values)
	}
	if err != nil {
		return nil, fmt.Errorf("redisthrottle: key %q: %w", t.key, err)
	}
	book, _ := values[0].(string)
	t.mu.Lock()
	t.book, t.seen = book, began
	t.mu.Unlock()
	a, err := t.answer(said, values[1:], began)
	if err != nil {
		return nil, fmt.Errorf("redisthrottle: key %q: %w", t.key, err)
	}
	return a, nil
}

// arguments are what the script reads.
func (t *Throttle) arguments(said *ask, known string, loaded int) []any {
	now := time.Now()
	args := []any{
		t.calls, micros(t.per), micros(t.grace()), micros(t.look()), micros(t.late()),
		known, rand.Text(), loaded, micros(said.pause),
	}
	args = append(args, len(said.tells))
	for _, tell := range said.tells {
		sent := 0
		if tell.sent {
			sent = 1
		}
		args = append(args, string(tell.slot), max(0, now.Sub(tell.over)).Microseconds(), sent)
	}
	args = append(args, len(said.renew))
	for _, s := range said.renew {
		args = append(args, string(s))
	}
	args = append(args, len(said.gone))
	for _, place := range said.gone {
		args = append(args, name(place.id))
	}
	args = append(args, len(said.wait))
	for _, place := range said.wait {
		args = append(args, name(place.id), place.since)
	}
	args = append(args, len(said.estimates))
	for _, calls := range said.estimates {
		args = append(args, min(max(calls, 1), mostEstimate))
	}
	return args
}

// mostEstimate is how many calls are told apart from more.
const mostEstimate = 1 << 40

// answer reads what the script has said, behind the book.
func (t *Throttle) answer(said *ask, values reply, began time.Time) (*answer, error) {
	if len(values) < 5 {
		return nil, fmt.Errorf("Redis answered %v", values)
	}
	granted := int(values.number(0))
	left := len(said.wait) - granted
	if granted < 0 || left < 0 || len(values) != 5+len(said.wait)+left+len(said.estimates) {
		return nil, fmt.Errorf("Redis answered %v", values)
	}
	a := &answer{taken: began, scarce: values.number(1) == 1}
	a.status = throttle.Status{
		Limit: t.calls, Window: t.per,
		Free: int(values.number(2)), NextFree: began.Add(values.duration(3)),
	}
	ended := time.Now() // from then, so that nobody asks before the slot is there
	a.look = ended.Add(values.duration(4))
	values = values[5:]
	for i, place := range said.wait {
		place.since = values.number(i)
		if i < granted {
			a.granted = append(a.granted, slot(name(place.id)))
		}
	}
	values = values[len(said.wait):]
	for i := range left {
		a.at = append(a.at, ended.Add(values.duration(i)))
	}
	for i := range said.estimates {
		a.estimates = append(a.estimates, values.duration(left+i))
	}
	return a, nil
}

// reply is what the script answers.
type reply []any

func (r reply) number(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

// duration returns a time that the script counts in microseconds, and the longest Duration for the
// most that it can count to.
func (r reply) duration(i int) time.Duration {
	n := r.number(i)
	if n >= 1<<53-1 {
		return math.MaxInt64
	}
	return time.Duration(n) * time.Microsecond
}

// micros returns a duration in microseconds, rounded up.
func micros(d time.Duration) int64 { return int64((d + time.Microsecond - 1) / time.Microsecond) }

// run runs the script by its hash, and sends it once more with its text when the server does not
// know it.
func (t *Throttle) run(args func(loaded int) []any) (reply, error) {
	ctx := context.Background()
	keys := []string{t.key}
	values, err := t.client.EvalSha(ctx, t.script.Hash(), keys, args(0)...).Slice()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		values, err = t.client.Eval(ctx, source, keys, args(1)...).Slice()
	}
	switch {
	case err == nil:
		return values, nil
	case refused(err):
		return nil, fmt.Errorf("Redis refuses: %w; check its version (6.2 or later), the user and what"+
			" the user may run", err)
	default:
		return nil, fmt.Errorf("%w: %w; start it, check its address, or choose FailOpen",
			ErrUnavailable, err)
	}
}

// refused tells whether Redis answered that it will never run the script, rather than that it
// cannot do so now.
func refused(err error) bool {
	for _, code := range []string{"NOAUTH", "WRONGPASS", "NOPERM"} {
		if redis.HasErrorPrefix(err, code) {
			return true
		}
	}
	_, answered := errors.AsType[redis.Error](err)
	return answered && strings.HasPrefix(err.Error(), "ERR ") &&
		!redis.HasErrorPrefix(err, "max number of clients")
}

const damaged = "delete it when no process uses it, and wait for one window before you call again"

// understand returns what is behind the script's word for success, or says what is wrong with the
// key.
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
		return nil, errors.New("it is damaged; " + damaged)
	case "version":
		return nil, fmt.Errorf("it is of version %s and this program knows version %s;"+
			" update the program", word(1), word(2))
	case "limit":
		var calls, per int64
		if _, err := fmt.Sscanf(word(1), "limit %d %d", &calls, &per); err != nil {
			return nil, fmt.Errorf("it is damaged: %q; %s", word(1), damaged)
		}
		return nil, fmt.Errorf("it keeps %d calls in %v, not %d in %v; use the same limits in all"+
			" programs, or another key", calls, time.Duration(per)*time.Microsecond, t.calls, t.per)
	case "clock":
		return nil, errors.New("the clock of the Redis server is before 2020 or after 2070; set it")
	}
	return nil, fmt.Errorf("Redis answered %v", values)
}
