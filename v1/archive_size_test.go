package v1_test

import (
	"fmt"
	"io"
	"runtime/metrics"
	"testing"

	"github.com/seed-9213fc64/bitbucket/v1"
)

// ReadArchive needs no more memory for a long archive than for a short one. When
// anything of the records stays, 20 MB of them show.
func TestReadArchiveInConstantMemory(t *testing.T) {
	const records, bound = 50_000, 16 << 20
	users, peak := readAll(t, &mixedArchive{records: records})
	if want := records + records/5; users != want {
		t.Errorf("%d users, want %d", users, want)
	}
	if peak > bound {
		t.Errorf("the heap grew to %d MB, want at most %d", peak>>20, bound>>20)
	}
}

// 500,000 records of 200 MB in all, which nobody stores.
func BenchmarkReadArchive(b *testing.B) {
	b.ReportAllocs()
	var top uint64
	for b.Loop() {
		archive := &mixedArchive{records: 500_000}
		_, peak := readAll(b, archive)
		b.SetBytes(archive.size)
		top = max(top, peak)
	}
	b.ReportMetric(float64(top)/(1<<20), "heap-MB")
	if top > 64<<20 {
		b.Errorf("the heap grew to %d MB", top>>20)
	}
}

// readAll reads an archive without errors, and looks at the heap now and then.
func readAll(t testing.TB, archive io.Reader) (users int, peak uint64) {
	t.Helper()
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for record, err := range v1.ReadArchive(archive) {
		if err != nil {
			t.Fatal(err)
		}
		if record.User.DisplayName == "" || record.Version != 1+record.Number%2 {
			t.Fatalf("record %d: version %d, %+v", record.Number, record.Version, record.User)
		}
		if users++; users%1000 == 0 {
			metrics.Read(heap)
			peak = max(peak, heap[0].Value.Uint64())
		}
	}
	return users, peak
}

// A mixedArchive is an archive that is made while it is read: odd records are of the
// 2.0 API, even ones of 1.0, and of each ten records two are lists of two users.
type mixedArchive struct {
	records int
	size    int64 // of what was read

	made   int
	unread []byte
	text   []byte
}

func (a *mixedArchive) Read(p []byte) (int, error) {
	if len(a.unread) == 0 {
		if a.made == a.records {
			return 0, io.EOF
		}
		a.text = a.text[:0]
		for range min(100, a.records-a.made) {
			a.made++
			a.text = a.record(a.text, a.made)
		}
		a.unread = a.text
	}
	n := copy(p, a.unread)
	a.unread = a.unread[n:]
	a.size += int64(n)
	return n, nil
}

func (a *mixedArchive) record(text []byte, i int) []byte {
	switch i % 10 {
	case 1, 3, 5:
		text = appendV2(text, i)
	case 7:
		text = append(appendV2(append(text, `{"type":"workspace_membership","user":`...), i), `,"workspace":{"type":"workspace","slug":"acme"}}`...)
	case 9:
		text = append(appendV2(append(appendV2(append(text, `{"pagelen":2,"values":[`...), i), ','), i), `]}`...)
	case 2, 4, 6:
		text = append(appendV1(append(text, `{"repositories":[{"scm":"git","owner":"u","slug":"s","fork_of":null,"website":"","size":1198,"created_on":"2012-07-12 01:50:25","utc_created_on":"2012-07-11 23:50:25+00:00"}],"user":`...), i), '}')
	case 8:
		text = appendV1(text, i)
	case 0:
		text = append(appendV1(append(appendV1(append(text, `{"count":2,"followers":[`...), i), ','), i), `]}`...)
	}
	if i%3 > 0 { // else the next one follows without a space
		text = append(text, '\n')
	}
	return text
}

func appendV2(text []byte, i int) []byte {
	return fmt.Appendf(text, `{"type":"user","uuid":"{11111111-1111-1111-1111-%012d}","account_id":"557058:%d","display_name":"User %d","nickname":"user%d",`+
		`"account_status":"active","is_staff":false,"has_2fa_enabled":null,"created_on":"2018-03-14T13:17:05.196003+00:00","location":null,`+
		`"links":{"self":{"href":"https://api.bitbucket.org/2.0/users/%d"},"avatar":{"href":"https://secure.example/%d.png"}}}`, i, i, i, i, i, i)
}

func appendV1(text []byte, i int) []byte {
	return fmt.Appendf(text, `{"username":"user%d","first_name":"User","last_name":"%d","is_team":false,"avatar":"https://secure.example/%d.png","resource_uri":"/1.0/users/user%d"}`, i, i, i, i)
}
