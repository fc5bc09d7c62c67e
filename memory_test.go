package bitbucket_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// A stream is a body that costs no memory to send: something repeated up to a size.
type stream struct {
	before, element, after string
	size                   int
}

func (s stream) RoundTrip(r *http.Request) (*http.Response, error) {
	n := max(0, s.size-len(s.before)-len(s.after)) / len(s.element)
	body := io.MultiReader(strings.NewReader(s.before), &repeated{s.element, n * len(s.element), 0}, strings.NewReader(s.after))
	return &http.Response{
		StatusCode: 200, ContentLength: -1, Header: http.Header{"Content-Type": {asJSON}},
		Body: io.NopCloser(body), Request: r,
	}, nil
}

// repeated reads as a text written again and again.
type repeated struct {
	text string
	left int
	at   int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) && r.left > 0 {
		m := copy(p[n:min(len(p), n+r.left)], r.text[r.at:])
		n, r.left, r.at = n+m, r.left-m, (r.at+m)%len(r.text)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Whatever the server sends, what is reachable stays under three times the bound and 8 MiB. Measured
// is the most of HeapAlloc over that of before, read every millisecond, with a collector that lets
// garbage be a twentieth of what is reachable.
func TestMemoryIsBounded(t *testing.T) {
	const most = 8 << 20
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	user := `{"uuid":"{u}","nickname":"ada",`
	for name, s := range map[string]stream{
		"empty objects":          {`{"values":[{}`, `,{}`, `]}`, most},
		"nulls":                  {`{"values":[null`, `,null`, `]}`, most},
		"items":                  {`{"values":[{"email":"a"}`, `,{"email":"a"}`, `]}`, most},
		"numbers":                {user + `"x":[0`, `,0`, `]}`, most},
		"empty arrays":           {user + `"x":[[]`, `,[]`, `]}`, most},
		"arrays in arrays":       {`[`, `[`, `]`, most},
		"objects in objects":     {`{"uuid":"{u}","a":`, `{"a":`, `}`, most},
		"one text":               {user + `"display_name":"`, `x`, `"}`, most},
		"one text of escapes":    {user + `"display_name":"`, `\u00e4`, `"}`, most},
		"one key":                {user + `"`, `x`, `":1}`, most},
		"members":                {user + `"x":0`, `,"x":0`, `}`, most},
		"links":                  {user + `"links":{"x":{"href":"h"}`, `,"x":{"href":"h"}`, `}}`, most},
		"links of one rel":       {user + `"links":{"x":[{"href":"h"}`, `,{"href":"h"}`, `]}}`, most},
		"an unreadable text":     {user + `"created_on":"`, `x`, `"}`, most},
		"unreadable numbers":     {user + `"created_on":[0`, `,0`, `]}`, most},
		"unreadable in depth":    {user + `"created_on":` + strings.Repeat("[", 100) + `"`, `x`, `"` + strings.Repeat("]", 100) + `}`, most},
		"an unreadable object":   {user + `"created_on":{"x":"`, `x`, `"}}`, most},
		"an error":               {`{"type":"error","error":{"message":"`, `x`, `"}}`, most},
		"an error with data":     {`{"type":"error","error":{"message":"no","data":{"x":"`, `x`, `"}}}`, most},
		"an error with fields":   {`{"type":"error","error":{"message":"no","fields":{"x":["a"`, `,"a"`, `]}}}`, most},
		"an error with escapes":  {`{"type":"error","error":{"message":"`, `\u00e4`, `"}}`, most},
		"HTML":                   {`<html><title>`, `x`, `</title>`, most},
		"text":                   {`no `, `x `, ``, most},
		"percent signs":          {`no `, `%25`, ``, most},
		"white space":            {``, ` `, ``, most},
		"zeros":                  {``, "\x00", ``, most},
		"text beyond the bound":  {`no `, `x `, ``, 64 << 20},
		"items beyond the bound": {`{"values":[{}`, `,{}`, `]}`, 64 << 20},
	} {
		part := slices.Contains([]string{"empty objects", "an error with fields", "unreadable in depth", "an unreadable text", "one key"}, name)
		if !part && !wholeMatrix() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c := newClient(t, s, bitbucket.WithMaxResponseBytes(most))
			for call, do := range callsForMemory(t, c) {
				start := time.Now()
				var err error
				grown := highWater(func() { err = do() })
				if limit := uint64(3*most + 8<<20); grown > limit {
					t.Errorf("%s: %d MiB, at most %d MiB are allowed (%.100v)", call, grown>>20, limit>>20, err)
				}
				if took := time.Since(start); took > 20*time.Second { // it takes less than a second
					t.Errorf("%s took %v", call, took)
				}
			}
		})
	}
}

// The bound that nobody asked for is 32 MiB.
func TestDefaultBoundOfAnswers(t *testing.T) {
	for size, want := range map[int]error{32<<20 - 100: nil, 32<<20 + 100: bitbucket.ErrResponseTooLarge} {
		c := newClient(t, stream{`{"uuid":"{u}","nickname":"ada","x":"`, `x`, `"}`, size})
		if me, err := c.Users.Current(t.Context()); !errors.Is(err, want) || want == nil && me.Nickname != "ada" {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
	}
}

func callsForMemory(t *testing.T, c *bitbucket.Client) map[string]func() error {
	return map[string]func() error{
		"a list":       func() error { _, err := c.Users.ListEmails(t.Context()).Collect(); return err },
		"a user":       func() error { _, err := c.Users.Current(t.Context()); return err },
		"a membership": func() error { _, err := c.Workspaces.GetMember(t.Context(), "a", "b"); return err },
		"no result":    func() error { return c.SSHKeys.Delete(t.Context(), "{u}", "{k}") },
		"Do": func() error {
			var out any
			return c.Do(t.Context(), "GET", "/2.0/x", nil, &out)
		},
		"a property": func() error {
			var out any
			return c.Properties.Get(t.Context(), "{u}", "a", "b", &out)
		},
	}
}

// highWater returns by how much the heap grew at the most while something was done.
func highWater(do func()) uint64 {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	most, done := before.HeapAlloc, make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}
	})
	do()
	close(done)
	wg.Wait()
	return most - before.HeapAlloc
}

// A small answer that unpacks into a large one is cut off like one.
func TestBombOfGzip(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 256 {
		_, _ = z.Write(bytes.Repeat([]byte(" "), 1<<20))
	}
	_ = z.Close()
	srv := newProtocolServer(false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	defer srv.Close()
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	c := newClient(t, srv.Client().Transport, bitbucket.WithBaseURL(srv.URL), bitbucket.WithMaxResponseBytes(4<<20))
	var err error
	grown := highWater(func() { _, err = c.Users.Current(t.Context()) })
	if !errors.Is(err, bitbucket.ErrResponseTooLarge) || grown > 3*4<<20+8<<20 {
		t.Errorf("%d MiB, %v", grown>>20, err)
	}
}
