package filethrottle

import (
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 123456789, time.UTC)

// shared is what several processes do with one file, by a clock that stands still until it is set.
type shared struct {
	t    *testing.T
	path string
	of   budget
	now  time.Time
}

func newShared(t *testing.T, calls int, per time.Duration) *shared {
	dir, err := os.MkdirTemp("/dev/shm", "books") // many are synced
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return &shared{t, filepath.Join(dir, "budget"), budget{calls, per}, noon}
}

// process is one more process.
func (s *shared) process() *file {
	return &file{path: s.path, budget: s.of, desk: rand.Uint64(), clock: func() time.Time { return s.now }}
}

// ask is an exchange that must work. It always asks for the status and an Estimate of 1.
func (s *shared) ask(f *file, said *ask) *answer {
	s.t.Helper()
	said.estimates, said.status = append(said.estimates, 1), true
	said.waiting = max(said.waiting, len(said.wait))
	a, err := f.exchange(said)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// acquire asks for a slot, which must be free or not.
func (s *shared) acquire(f *file, want bool) slot {
	s.t.Helper()
	a := s.ask(f, &ask{wait: []*ticket{{id: 1}}})
	if got := len(a.granted) == 1; got != want {
		s.t.Fatalf("a slot is free: %v, want %v", got, want)
	}
	if !want {
		return slot{}
	}
	return a.granted[0]
}

// free checks the status.
func (s *shared) free(f *file, want int, next time.Duration) {
	s.t.Helper()
	got := s.ask(f, new(ask)).status
	if got.Free != want || got.NextFree.Sub(s.now) != next {
		s.t.Errorf("%d free, the next in %v; want %d, in %v", got.Free, got.NextFree.Sub(s.now), want, next)
	}
}

func TestSlotOfTheDeadComesBack(t *testing.T) {
	const per, grace = 30 * time.Minute, 10 * time.Second
	s := newShared(t, 1, per)
	s.acquire(s.process(), true) // and it never says more
	th := s.process()
	s.now = noon.Add(per + grace - 1)
	s.free(th, 0, 1)
	s.now = noon.Add(per + grace)
	s.free(th, 1, 0)
}

func TestRenewalKeepsSlotOfTheLiving(t *testing.T) {
	const per, grace = 30 * time.Minute, 10 * time.Second
	s := newShared(t, 2, per)
	th := s.process()
	under, other := s.acquire(th, true), s.acquire(th, true)
	s.ask(th, &ask{tells: []tell{{other, s.now, true}}})
	for range 8 {
		s.now = s.now.Add(5 * time.Minute)
		s.ask(th, &ask{renew: []slot{under}})
	}
	s.free(th, 1, 0)
	s.ask(th, &ask{tells: []tell{{under, s.now, true}, {other, s.now, true}}}) // the second is old news
	s.free(th, 1, 0)
	s.acquire(th, true)
	s.now = s.now.Add(per - 1)
	s.free(th, 0, 1)
}

// What is told late, again, or by a process that was taken for dead, takes nothing from others.
func TestTold(t *testing.T) {
	const per = 30 * time.Minute
	s := newShared(t, 1, per)
	frozen, other := s.process(), s.process()
	lost := s.acquire(frozen, true)
	s.now = noon.Add(2 * per)
	held := s.acquire(other, true)
	s.ask(frozen, &ask{renew: []slot{lost}, tells: []tell{{lost, noon, true}, {lost, noon, false}}})
	s.free(frozen, 0, per)
	s.ask(other, &ask{tells: []tell{{held, s.now, false}}})
	s.free(frozen, 1, 0)
	s.ask(other, &ask{tells: []tell{{held, s.now, true}}})
	s.free(frozen, 1, 0)
	again := s.acquire(other, true)
	s.ask(other, &ask{tells: []tell{{again, s.now.Add(time.Hour), true}}}) // no rest begins later than now
	s.free(frozen, 0, per)
}

// After the clock was set back, slots and pauses last as long as they would have.
func TestClockSetBack(t *testing.T) {
	const per = 30 * time.Minute
	for _, back := range []time.Duration{2 * time.Second, time.Hour, 24 * time.Hour, 1000 * 24 * time.Hour} {
		s := newShared(t, 3, per)
		th := s.process()
		for range 3 {
			s.ask(th, &ask{tells: []tell{{s.acquire(th, true), s.now, true}}})
			s.now = s.now.Add(time.Minute)
		}
		s.now = s.now.Add(-time.Minute)
		s.now = s.now.Add(-back)
		s.free(s.process(), 0, per-2*time.Minute)
		s.now = s.now.Add(per)
		s.free(th, 3, 0)
		s.ask(th, &ask{pause: time.Minute})
		s.now = s.now.Add(-back)
		s.free(th, 0, time.Minute)
		s.now = s.now.Add(time.Minute)
		s.free(th, 3, 0)
	}
}

func TestClockThatCannotBe(t *testing.T) {
	s := newShared(t, 3, time.Minute)
	s.acquire(s.process(), true)
	for _, now := range []time.Time{time.Unix(0, 0), time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC)} {
		s.now = now
		if _, err := s.process().exchange(new(ask)); err == nil {
			t.Errorf("the year %d was accepted", now.Year())
		}
	}
}

func TestQueueOfProcesses(t *testing.T) {
	const per = 30 * time.Minute
	s := newShared(t, 1, per)
	th, first, second := s.process(), s.process(), s.process()
	s.ask(th, &ask{tells: []tell{{s.acquire(th, true), s.now, true}}})
	one, two := &ticket{id: 1}, &ticket{id: 2}
	if a := s.ask(first, &ask{wait: []*ticket{one}}); len(a.at) != 1 || a.at[0].Sub(noon) != per {
		t.Fatalf("the first can have its slot at %v", a.at)
	}
	s.now = s.now.Add(time.Second)
	if a := s.ask(second, &ask{wait: []*ticket{two}}); len(a.at) != 1 || a.at[0].Sub(noon) != 2*per {
		t.Fatalf("the second can have its slot at %v", a.at)
	}
	if a := s.ask(th, new(ask)); a.estimates[0] != 3*per-time.Second {
		t.Errorf("Estimate(1) behind two: %v", a.estimates[0])
	}
	for range 31 { // both look once a minute
		s.now = s.now.Add(time.Minute)
		if a := s.ask(second, &ask{wait: []*ticket{two}}); len(a.granted) > 0 {
			t.Fatal("the second got the slot of the first")
		}
		if s.now.Sub(noon) < per {
			s.ask(first, &ask{wait: []*ticket{one}})
		}
	}
	if a := s.ask(first, &ask{wait: []*ticket{one}}); len(a.granted) != 1 {
		t.Error("the first got no slot")
	}
	s.now = s.now.Add(3 * time.Minute) // the second does not look any more
	if a := s.ask(th, new(ask)); a.estimates[0] > per {
		t.Errorf("Estimate(1) behind a dead: %v", a.estimates[0])
	}
}

// Those who wait elsewhere are taken to have come evenly between the first and the last.
func TestAhead(t *testing.T) {
	q := &queue{own: 1, places: []place{{first: 100, last: 200, waiting: 11}, {first: 1, last: 1000, waiting: 99}, {first: 150, last: 150, waiting: 1}}}
	for since, want := range map[int64]int{99: 0, 100: 1, 110: 2, 149: 5, 150: 7, 199: 11, 200: 12, 5000: 12} {
		if got := q.ahead(since); got != want {
			t.Errorf("ahead(%d) = %d, want %d", since, got, want)
		}
	}
	if got := q.elsewhere(); got != 12 {
		t.Errorf("elsewhere() = %d", got)
	}
}

// dying is a disk that fails after some writes, of which it may make the last one in part.
type dying struct {
	disk
	writes int
}

var errDied = errors.New("died")

func (d *dying) WriteAt(b []byte, at int64) (int, error) {
	if d.writes--; d.writes < 0 {
		return 0, errDied
	}
	return d.disk.WriteAt(b, at)
}

// A process that dies at any write leaves books in which every slot is in one chain, in order, and
// no slot is handed out twice.
func TestDeathAtEveryWrite(t *testing.T) {
	const calls, per = 7, time.Minute
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newShared(t, calls, per)
	f := s.process()
	s.ask(f, new(ask))
	var held []slot
	deaths := 0
	for range 3000 {
		b, err := f.load()
		if err != nil {
			t.Fatal(err)
		}
		d := &dying{disk: b.file, writes: random.IntN(60)}
		b.file = d
		said := &ask{}
		for range random.IntN(4) {
			said.wait = append(said.wait, &ticket{id: random.Uint64()})
		}
		said.waiting = len(said.wait)
		for _, h := range held {
			switch random.IntN(4) {
			case 0:
				said.renew = append(said.renew, h)
			case 1:
				said.tells = append(said.tells, tell{h, s.now, random.IntN(2) == 0})
			}
		}
		a := b.exchange(uint64(1+random.IntN(3)), said)
		if b.changed {
			b.commit()
		}
		d.disk.Close()
		if b.err != nil {
			if !errors.Is(b.err, errDied) {
				t.Fatal(b.err)
			}
			deaths++
		} else {
			for _, x := range said.tells {
				held = slices.DeleteFunc(held, func(h slot) bool { return h == x.slot })
			}
			held = append(held, a.granted...)
		}
		s.sound(f)
		s.now = s.now.Add(rand.N(20 * time.Second))
	}
	if deaths < 100 {
		t.Errorf("only %d deaths", deaths)
	}
}

// sound checks the chains of the books.
func (s *shared) sound(f *file) {
	s.t.Helper()
	b, err := f.load()
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.file.Close()
	seen := 0
	for name, c := range map[string]chain{"rest": b.rest, "leased": b.leased} {
		before, until := none, int64(0)
		for at := c.first; at != none; at = b.slot(at).next {
			r := b.slot(at)
			if r.prev != before || r.until < until || b.err != nil {
				s.t.Fatalf("slot %d of %s: %+v behind %d, %d, %v", at, name, r, before, until, b.err)
			}
			before, until = at, r.until
			if seen++; seen > b.calls {
				s.t.Fatal("the chains are longer than the budget")
			}
		}
		if before != c.last {
			s.t.Fatalf("the last of %s is %d, want %d", name, before, c.last)
		}
	}
	if seen != b.calls {
		s.t.Fatalf("the chains have %d slots of %d", seen, b.calls)
	}
}

// A page that was written in part, as the power failed, is not believed: the change has not
// happened.
func TestTornHead(t *testing.T) {
	s := newShared(t, 3, time.Minute)
	th := s.process()
	s.acquire(th, true)
	s.acquire(th, true)
	whole, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := decodeHead(whole[page : 2*page])
	second, _, _ := decodeHead(whole[2*page : 3*page])
	newest, older := page, &second
	if second.count > first.count {
		newest, older = 2*page, &first
	}
	torn := slices.Clone(whole)
	clear(torn[newest+headSize : newest+page])
	if err := os.WriteFile(s.path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := s.process().load()
	if err != nil {
		t.Fatal(err)
	}
	defer b.file.Close()
	if b.count != older.count {
		t.Errorf("read change %d, want %d", b.count, older.count)
	}
	s.sound(s.process())
}

// Every flipped bit of the file is noticed where it is read.
func TestFlippedBits(t *testing.T) {
	s := newShared(t, 2, time.Minute)
	s.acquire(s.process(), true)
	whole, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	used := slotsAt + 2*slotSize
	for at := range used {
		if at > 100 && at < page { // nothing is there
			continue
		}
		flipped := slices.Clone(whole)
		flipped[at] ^= 1 << (at % 8)
		if err := os.WriteFile(s.path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := s.process().exchange(&ask{wait: []*ticket{{id: 1}, {id: 2}}, waiting: 2})
		if err == nil && len(a.granted) > 1 {
			t.Fatalf("byte %d: %d slots of a budget of which one was left", at, len(a.granted))
		}
	}
}

// A change of many slots is several changes of the file, each whole.
func TestManyAtOnce(t *testing.T) {
	const calls = 1000
	s := newShared(t, calls, time.Hour)
	th := s.process()
	var held []slot
	for len(held) < calls {
		said := new(ask)
		for range batch {
			said.wait = append(said.wait, &ticket{id: rand.Uint64()})
		}
		a := s.ask(th, said)
		if len(a.granted) == 0 {
			t.Fatalf("no slot after %d", len(held))
		}
		held = append(held, a.granted...)
	}
	s.sound(th)
	said := new(ask)
	for _, h := range held {
		said.tells = append(said.tells, tell{h, s.now, false})
	}
	s.ask(th, said)
	s.sound(th)
	s.free(th, calls, 0)
}

func FuzzLoad(f *testing.F) {
	s := &shared{of: budget{3, time.Minute}, now: noon}
	p := &file{budget: s.of}
	image := p.image(&books{budget: s.of, head: head{clock: noon.UnixNano()}})
	f.Add(image[page:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := newShared(t, 3, time.Minute)
		all := append(firstPage(s.of), data...)
		for at := page; at+page <= len(all) && at < slotsAt; at += page { // right checksums for what else is wrong
			copy(all[at+page-4:], checksum(all[at:at+page-4]))
		}
		for at := slotsAt; at+slotSize <= len(all) && at < slotsAt+3*slotSize; at += slotSize {
			copy(all[at+28:], checksum(all[at:at+28]))
		}
		if err := os.WriteFile(s.path, all, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := s.process().exchange(&ask{
			wait: []*ticket{{id: 1}, {id: 2}, {id: 3}, {id: 4}}, waiting: 4, status: true, estimates: []int{1, 1 << 40},
		})
		if err != nil {
			return
		}
		if len(a.granted) > 3 || a.status.Free > 3 || a.estimates[0] < 0 || a.estimates[1] < 0 {
			t.Errorf("%s", fmt.Sprint(a))
		}
	})
}

func checksum(b []byte) []byte {
	sum := make([]byte, 4)
	order.PutUint32(sum, crc32.ChecksumIEEE(b))
	return sum
}
