package ledger

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// job is how many calls one caller makes, one after the other.
const job = 1000

// shortest is how long they take at the least: ten budgets, of which the last one is spent as fast as
// the answers come.
const shortest = (job/budget-1)*window + budget*latency

// A keeper is a way of keeping to the budget.
type keeper struct {
	name     string
	throttle func() throttle.Throttle
}

// keepers are those of the ledger. What is refused all the same is sent again, after 1 s, 2 s, 4 s and
// so on up to 30 s, as go-retryablehttp does by default, but without an end; each attempt passes the
// throttle.
var keepers = []keeper{
	{"exact window, `throttle.Window(100, 30*time.Minute)`", func() throttle.Throttle {
		return throttle.Window(budget, window)
	}},
	bucket("token bucket, 100 in 30 minutes, burst 100", budget, 100),
	bucket("token bucket, 100 in 30 minutes, burst 50", budget, 50),
	bucket("token bucket, 100 in 30 minutes, burst 1", budget, 1),
	bucket("token bucket that is never over, 50 in 30 minutes, burst 50", 50, 50),
	{"none", func() throttle.Throttle { return throttle.Unlimited }},
}

// bucket is a token bucket that fills by so many tokens in a window.
func bucket(name string, tokens, burst int) keeper {
	return keeper{name, func() throttle.Throttle {
		return throttle.FromLimiter(rate.NewLimiter(rate.Every(window/time.Duration(tokens)), burst))
	}}
}

// A toll is what a job took under a keeper.
type toll struct {
	took    time.Duration
	refused int // calls, by 429
}

// tollOf does the job in virtual time.
func tollOf(t *testing.T, k keeper) (paid toll) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := bitbuckettest.New(
			bitbuckettest.Throttle(budget, window),
			bitbuckettest.Latency(func() time.Duration { return latency }),
		)
		server.AddUser(bitbuckettest.User{Nickname: owner})
		token := server.IssueAPIToken(owner)
		transport := &paced{k.throttle(), server}
		began := time.Now()
		for range job {
			for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.bitbucket.org/2.0/user", nil)
				must(t, err)
				r.SetBasicAuth(token.Email, token.Token)
				resp, err := transport.RoundTrip(r)
				must(t, err)
				must(t, resp.Body.Close())
				if resp.StatusCode == http.StatusOK {
					break
				}
				if resp.StatusCode != http.StatusTooManyRequests {
					t.Fatalf("status %d", resp.StatusCode)
				}
				paid.refused++
				time.Sleep(pause) // of the bubble
			}
		}
		paid.took = time.Since(began)
		if calls := server.Calls(); calls != job+paid.refused {
			t.Errorf("%d calls, %d refused", calls, paid.refused)
		}
	})
	return paid
}

// The exact window is refused nothing, and is later than the shortest time by no more than the answers
// take that it waits for before the budget's next round.
func TestExactWindowWastesNothing(t *testing.T) {
	paid := tollOf(t, keepers[0])
	if late := paid.took - shortest; paid.refused != 0 || late < 0 || late > (job/budget-1)*latency {
		t.Errorf("%d refused, %v over %v", paid.refused, late, shortest)
	}
}
