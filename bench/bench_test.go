package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// inProcess are the contests against a server in this process.
func inProcess(tb testing.TB) []contest {
	tb.Helper()
	base, err := listen(func(base string) http.Handler { return newService(base) })
	if err != nil {
		tb.Fatal(err)
	}
	all, err := contests(base)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func BenchmarkContests(b *testing.B) {
	for _, c := range inProcess(b) {
		b.Run(c.name, func(b *testing.B) {
			for _, e := range c.entries {
				b.Run(e.name, func(b *testing.B) {
					b.ReportAllocs()
					if c.goroutines > 1 {
						b.SetParallelism(c.goroutines)
						b.RunParallel(func(pb *testing.PB) {
							for pb.Next() {
								if err := c.once(b.Context(), e); err != nil {
									b.Error(err)
									return
								}
							}
						})
						return
					}
					for b.Loop() {
						if err := c.once(b.Context(), e); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

// Every contestant does the work that it is measured by.
func TestContestantsDoTheWork(t *testing.T) {
	for _, c := range inProcess(t) {
		if len(c.entries) < 2 {
			t.Errorf("%s: %d contestants", c.name, len(c.entries))
		}
		for _, e := range c.entries {
			if err := c.once(t.Context(), e); err != nil {
				t.Errorf("%s: %s: %v", c.name, e.name, err)
			}
		}
	}
}

// The structs of the floor keep all that is sent, so that it does not win by dropping things.
func TestPlainStructsKeepWhatIsSent(t *testing.T) {
	for sent, out := range map[string]any{
		wholeUser(7):    new(user),
		permissionOf(7): new(repositoryPermission),
		memberOf(7):     new(membership),
		grantOf(7):      new(userPermission),
		userFrom1(7):    new(eitherUser),
		accountFrom1(7): new(account),
	} {
		if err := json.Unmarshal([]byte(sent), out); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := members(t, again), members(t, []byte(sent)); !reflect.DeepEqual(got, want) {
			t.Errorf("%T keeps\n%v\nof\n%v", out, got, want)
		}
	}
}

// members is a body without what null and the empty text say, and with its times in one form.
func members(t *testing.T, body []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	return condense(v)
}

func condense(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if v[name] = condense(member); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = condense(v[i])
		}
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
		if v == "" {
			return nil
		}
	}
	return v
}

// The client and the floor understand the same.
func TestClientAndFloorAgree(t *testing.T) {
	base, err := listen(func(base string) http.Handler { return newService(base) })
	if err != nil {
		t.Fatal(err)
	}
	c, err := bitbucket.NewClient(bitbucket.WithBaseURL(base))
	if err != nil {
		t.Fatal(err)
	}
	ours, err := c.Permissions.ListWorkspaceRepositories(t.Context(), "acme").Collect()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := listOf[repositoryPermission](t.Context(), newPlain(base, decodeStandard), permissionsPath)
	if err != nil || len(theirs) != len(ours) {
		t.Fatalf("%d and %d permissions, %v", len(ours), len(theirs), err)
	}
	for i, p := range ours {
		f := theirs[i]
		if string(p.User.UUID) != f.User.UUID || p.User.Links.Avatar.Href != f.User.Links.Avatar.Href ||
			p.Repository.FullName != f.Repository.FullName || string(p.Permission) != f.Permission ||
			p.User.DisplayName != name(i) {
			t.Fatalf("permission %d: %+v, and by the floor %+v", i, p, f)
		}
	}
}

// What other services send is as long as what Bitbucket sends, so that nobody has less to read.
func TestFormsAreOfOneLength(t *testing.T) {
	for what, bodies := range map[string][]string{
		"user":       {wholeUser(42), gitHubWholeUser(42), gitLabWholeUser(42)},
		"member":     {memberOf(42), gitHubMember(42), gitLabMember(42), oceanProject(42)},
		"permission": {permissionOf(42), gitHubRepository(42), gitLabProject(42), oceanDroplet(42)},
		"wrapped":    {`{"account":` + wholeUser(42) + `}`, oceanAccount(42)},
	} {
		for i, body := range bodies {
			if len(body) != len(bodies[0]) || !json.Valid([]byte(body)) || strings.Contains(body, filler) {
				t.Errorf("%s %d: %d bytes, want %d of JSON: %s", what, i, len(body), len(bodies[0]), body)
			}
		}
	}
}

// Twenty pages of 50 ms: with the work of 50 ms beside the fetching, each page but the first is there
// when it is wanted; four at a time take six round trips.
func TestFetchingAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, err := virtualPaces(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := paces{
			Prefetch: pace{OneByOne: 40 * latency, Ahead: 21 * latency},
			Parallel: pace{OneByOne: 20 * latency, Ahead: 6 * latency},
		}
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func TestArchivesAreRead(t *testing.T) {
	n := 0
	for record, err := range v1.ReadArchive(strings.NewReader(archiveOf(3, accountFrom1))) {
		if err != nil || record.User.DisplayName != name(n) || record.User.V1.Avatar != avatar(n) {
			t.Errorf("record %d: %+v, %v", n, record.User, err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d records", n)
	}
	failed := errors.New("failed")
	for _, end := range []error{failed, io.ErrUnexpectedEOF} {
		if _, err := recordsOf[account](func(any) error { return end }); !errors.Is(err, end) {
			t.Errorf("the floor swallows %v: %v", end, err)
		}
	}
}
