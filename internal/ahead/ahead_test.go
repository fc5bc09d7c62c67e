package ahead_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/internal/ahead"
)

// number is what is fetched here.
type number int

func (n number) String() string { return strconv.Itoa(int(n)) }

// slow makes a fetcher that takes a second for each number, and doubles it.
func slow(ctx context.Context, fetched *[]string) *ahead.Fetcher[number, string] {
	return &ahead.Fetcher[number, string]{Context: ctx, Fetch: func(ctx context.Context, n number) string {
		*fetched = append(*fetched, n.String())
		select {
		case <-time.After(time.Second):
			return (2 * n).String()
		case <-ctx.Done():
			return ctx.Err().Error()
		}
	}}
}

func TestTakeWaitsForWhatWasStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched []string
		f := slow(t.Context(), &fetched)
		began := time.Now()
		f.Start(1)
		f.Start(1)
		synctest.Wait()
		if got := f.Take(1) + f.Take(2); got != "24" || time.Since(began) != 2*time.Second {
			t.Errorf("got %s after %v", got, time.Since(began))
		}
		if got := strings.Join(fetched, " "); got != "1 2" {
			t.Errorf("fetched %s", got)
		}
		if got := f.Take(1); got != "2" || len(fetched) != 3 {
			t.Errorf("what was taken once is kept: %s, %v", got, fetched)
		}
	})
}

func TestDropEndsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched []string
		f := slow(t.Context(), &fetched)
		f.Drop() // of nothing
		f.Start(1)
		synctest.Wait()
		began := time.Now()
		f.Drop()
		if time.Since(began) != 0 {
			t.Errorf("dropping took %v", time.Since(began))
		}
		f.Start(1)
		if got := f.Take(1); got != "2" {
			t.Errorf("after dropping: %s", got)
		}
	})
}

func TestPanicIsRaisedWhereItIsTaken(t *testing.T) {
	f := &ahead.Fetcher[number, int]{Context: t.Context(), Fetch: func(context.Context, number) int {
		panic("on purpose")
	}}
	f.Start(1)
	defer func() {
		if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "on purpose\n\ngoroutine ") {
			t.Errorf("recovered %.60s", text)
		}
	}()
	f.Take(1)
	t.Error("the panic is lost")
}

// What is kept is not fetched again; the others are.
func TestDropOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched []string
		f := slow(t.Context(), &fetched)
		f.DropOthers(1) // of nothing
		f.Start(1)
		synctest.Wait()
		f.Start(2)
		synctest.Wait()
		began := time.Now()
		f.DropOthers(1)
		if time.Since(began) != 0 {
			t.Errorf("dropping took %v", time.Since(began))
		}
		if got := f.Take(1) + f.Take(2); got != "24" || time.Since(began) != 2*time.Second {
			t.Errorf("got %s after %v", got, time.Since(began))
		}
		if got := strings.Join(fetched, " "); got != "1 2 2" {
			t.Errorf("fetched %s", got)
		}
	})
}
