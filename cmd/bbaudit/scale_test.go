package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// A sheaf serves a large workspace page by page without holding it.
type sheaf struct{ users, repositories, permissions int }

func (s sheaf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/2.0/")
	switch path {
	case "user":
		s.user(w, 0)
	case "workspaces/big":
		fmt.Fprint(w, `{"type":"workspace","slug":"big","uuid":"{00000000-0000-4000-8000-000000000000}"}`)
	case "user/workspaces/big/permission":
		fmt.Fprint(w, `{"type":"workspace_membership","permission":"owner","user":{"uuid":"{1}"}}`)
	case "workspaces/big/permissions":
		s.page(w, r, s.users, func(i int) {
			fmt.Fprint(w, `{"type":"workspace_membership","permission":"member","user":`)
			s.user(w, i)
			fmt.Fprint(w, `}`)
		})
	case "repositories/big":
		s.page(w, r, s.repositories, func(i int) { s.repository(w, i) })
	case "workspaces/big/permissions/repositories":
		s.page(w, r, s.permissions, func(i int) {
			fmt.Fprint(w, `{"type":"repository_permission","permission":"write","user":`)
			s.user(w, (i/s.repositories*53+i%s.repositories)%s.users)
			fmt.Fprint(w, `,"repository":`)
			s.repository(w, i%s.repositories)
			fmt.Fprint(w, `}`)
		})
	default:
		s.page(w, r, 0, nil)
	}
}

func (s sheaf) user(w http.ResponseWriter, i int) {
	fmt.Fprintf(w, `{"type":"user","uuid":"{%08d-0000-4000-8000-000000000001}","account_id":"%024d","display_name":"Person Number %d","nickname":"person-%d","has_2fa_enabled":true}`, i, i, i, i)
}

func (s sheaf) repository(w http.ResponseWriter, i int) {
	fmt.Fprintf(w, `{"type":"repository","uuid":"{%08d-0000-4000-8000-000000000002}","full_name":"big/repository-%d","name":"Repository %d","is_private":true,"project":{"key":"P%d"}}`, i, i, i, i%20)
}

func (s sheaf) page(w http.ResponseWriter, r *http.Request, size int, item func(int)) {
	number := 1
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &number)
	next := ""
	if number*100 < size {
		scheme := cmp.Or(r.URL.Scheme, "http") // in process it is that of the request
		next = fmt.Sprintf(`"next":"%s://%s%s?pagelen=100&page=%d",`, scheme, r.Host, r.URL.Path, number+1)
	}
	fmt.Fprintf(w, `{%s"size":%d,"page":%d,"pagelen":100,"values":[`, next, size, number)
	for i := (number - 1) * 100; i < min(number*100, size); i++ {
		if i > (number-1)*100 {
			fmt.Fprint(w, ",")
		}
		item(i)
	}
	fmt.Fprint(w, `]}`)
}

// TestMemory audits 200,000 permissions in a process of its own, and asks the system how much memory
// that took.
func TestMemory(t *testing.T) {
	big := sheaf{users: 2000, repositories: 5000, permissions: 200_000}
	web := httptest.NewServer(big)
	defer web.Close()
	token := bitbuckettest.APIToken{Email: "a@example.com", Token: "x"}
	saved := filepath.Join(t.TempDir(), "checkpoint")
	if _, code := finish(t, process(t, web.URL, token, "-workspace", "big", "-throttle", "none", "-max-calls", "2000", "-resume", saved)); code != exitIncomplete {
		t.Fatalf("exit code %d", code)
	}
	for i, format := range []string{"json", "table", "csv"} { // the first one is resumed
		out := filepath.Join(t.TempDir(), "report")
		cmd := process(t, web.URL, token, "-workspace", "big", "-throttle", "none",
			"-format", format, "-out", out, "-fail-on", "none", "-resume", saved)
		var said strings.Builder
		cmd.Stderr = &said
		err := cmd.Run()
		if err != nil {
			t.Fatalf("%v: %s", err, said.String())
		}
		if resumed := strings.Contains(said.String(), "resumed: 2000 calls"); resumed != (i == 0) {
			t.Errorf("resumed: %v", resumed)
		}
		var peak int
		if _, text, ok := strings.Cut(said.String(), "peak memory:"); ok {
			_, _ = fmt.Sscan(text, &peak)
			t.Logf("%s: %d kB", format, peak)
		}
		if peak > 150_000 {
			t.Errorf("%s took %d kB, and 150 MB are allowed", format, peak)
		}
		if format != "json" {
			continue
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, p := range decode(t, string(data)).Access.Workspaces[0].People {
			for _, h := range p.Permissions {
				n += len(h.Repositories)
			}
		}
		if n != big.permissions {
			t.Errorf("%d permissions in the report, want %d", n, big.permissions)
		}
	}
}

// A counted transport answers in process, and knows when it was asked.
type counted struct {
	handler http.Handler
	asked   []time.Time
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.asked = append(c.asked, time.Now())
	time.Sleep(200 * time.Millisecond) // of virtual time
	w := httptest.NewRecorder()
	r.Host = r.URL.Host
	c.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// TestLargeWorkspaceInVirtualTime makes exactly the planned calls, and never more than 100 in any 30
// minutes.
func TestLargeWorkspaceInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today()
		c := &counted{handler: sheaf{users: 2000, repositories: 5000, permissions: 200_000}}
		b := bench{transport: c, env: environment{"BITBUCKET_EMAIL=a@example.com", "BITBUCKET_API_TOKEN=x", "XDG_CACHE_HOME=" + t.TempDir()}}
		plan := b.call(t.Context(), "plan", "-workspace", "big")
		spent := len(c.asked)
		began := time.Now()
		got := b.call(t.Context(), "run", "-workspace", "big", "-format", "json", "-now", "2026-11-25")
		made := len(c.asked) - spent
		if want := fmt.Sprintf("%d calls: ", made); !strings.HasPrefix(plan.stdout, want) || decode(t, got.stdout).Run.Calls.Planned != made {
			t.Errorf("%d calls made, planned:\n%s", made, plan.stdout)
		}
		for i := 100; i < len(c.asked); i++ {
			if c.asked[i].Sub(c.asked[i-100]) < 30*time.Minute {
				t.Fatalf("call %d comes %v after the hundredth before it", i, c.asked[i].Sub(c.asked[i-100]))
			}
		}
		if took, least := time.Since(began), time.Duration((made+spent-1)/100)*30*time.Minute; took > least+10*time.Minute {
			t.Errorf("it took %v, and %v are enough", took, least)
		}
		if !strings.Contains(got.stderr, "1978 more calls to come: about 10h under the throttle") {
			t.Errorf("how long it takes was not said:\n%.500s", got.stderr)
		}
	})
}
