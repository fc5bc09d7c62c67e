package filethrottle

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 123456789, time.UTC)

// setClock opens a throttle whose clock stands still at noon until it is set.
func setClock(t *testing.T, path string, calls int, per time.Duration) (th *Throttle, set func(time.Time)) {
	t.Helper()
	var mu sync.Mutex
	now := noon
	th, err := Open(path, calls, per)
	if err != nil {
		t.Fatal(err)
	}
	th.clock = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	return th, func(to time.Time) {
		mu.Lock()
		defer mu.Unlock()
		now = to
	}
}

func TestSlotOfTheDeadComesBack(t *testing.T) {
	const per = 30 * time.Minute
	path := filepath.Join(t.TempDir(), "budget")
	dead, _ := setClock(t, path, 1, per)
	if wait, _, err := dead.try(t.Context(), &ticket{id: "x"}); wait != 0 || err != nil { // and it never says more
		t.Fatalf("the first call waits %v, %v", wait, err)
	}
	th, set := setClock(t, path, 1, per)
	const back = per + 5*time.Second
	set(noon.Add(back - 1))
	if s := th.Status(); s.Free != 0 || !s.NextFree.Equal(noon.Add(back)) {
		t.Errorf("Status just before: %+v, want the slot at %v", s, noon.Add(back))
	}
	set(noon.Add(back))
	if s := th.Status(); s.Free != 1 {
		t.Errorf("Status %v after it was taken: %+v, want the slot free", back, s)
	}
}

func TestRenewalKeepsSlotOfTheLiving(t *testing.T) {
	const per = 30 * time.Minute
	th, set := setClock(t, filepath.Join(t.TempDir(), "budget"), 2, per)
	done, err := th.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, err := th.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other(true)
	set(noon.Add(20 * time.Minute))
	th.renew()
	set(noon.Add(40 * time.Minute))
	if s := th.Status(); s.Free != 1 {
		t.Errorf("Status after 40 minutes of a call under way: %+v, want one of two slots free", s)
	}
	done(true)
	if at := th.Estimate(2); at != per {
		t.Errorf("two calls after done: %v, want %v", at, per)
	}
}

func TestClockSetBack(t *testing.T) {
	const per = 30 * time.Minute
	th, set := setClock(t, filepath.Join(t.TempDir(), "budget"), 3, per)
	for range 3 {
		done, err := th.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done(true)
	}
	if wait, _, err := th.try(t.Context(), &ticket{id: "dead"}); wait == 0 || err != nil {
		t.Fatalf("a fourth call: wait %v, %v", wait, err)
	}
	yesterday := noon.AddDate(0, 0, -1)
	set(yesterday)
	if wait := th.Estimate(3); wait != per {
		t.Errorf("Estimate(3) after the clock was set back: %v, want %v with nobody ahead", wait, per)
	}
	if s := th.Status(); s.Free != 0 || s.NextFree.Sub(yesterday) != per {
		t.Errorf("Status after the clock was set back: %+v, want none free before %v", s, yesterday.Add(per))
	}
	th.Pause(yesterday) // writes the books, with what is known now
	set(yesterday.Add(per + 5*time.Second))
	if s := th.Status(); s.Free != 3 {
		t.Errorf("Status a window later: %+v, want 3 free", s)
	}
}

func TestDeadWaiterLosesItsPlace(t *testing.T) {
	const per = 30 * time.Minute
	path := filepath.Join(t.TempDir(), "budget")
	th, set := setClock(t, path, 1, per)
	done, err := th.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done(true)
	for _, id := range []string{"first", "second"} { // never look again
		if wait, _, err := th.try(t.Context(), &ticket{id: id}); err != nil || wait != time.Minute {
			t.Fatalf("%s: wait %v, %v, want to look after 1m0s", id, wait, err)
		}
	}
	if wait := th.Estimate(1); wait != 3*per {
		t.Errorf("Estimate(1) behind two: %v, want %v", wait, 3*per)
	}
	set(noon.Add(4*time.Minute + 5*time.Second)) // as long as they promised, and a little
	if wait := th.Estimate(1); wait != 3*per-4*time.Minute-5*time.Second {
		t.Errorf("Estimate(1) is %v, as if the waiters had been given up before they broke their promise", wait)
	}
	set(noon.Add(4*time.Minute + 5*time.Second + 1))
	if wait := th.Estimate(1); wait != per-4*time.Minute-5*time.Second-1 {
		t.Errorf("Estimate(1) behind two dead: %v, want the slot itself", wait)
	}
}

func TestLateWaiterKeepsItsTurn(t *testing.T) {
	th, set := setClock(t, filepath.Join(t.TempDir(), "budget"), 1, 30*time.Minute)
	done, err := th.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done(true)
	first, second := ticket{id: "z"}, ticket{id: "a"}
	th.try(t.Context(), &first)
	set(noon.Add(time.Minute))
	th.try(t.Context(), &second)
	set(noon.Add(29 * time.Minute)) // both have slept too long
	th.try(t.Context(), &second)
	th.try(t.Context(), &first)
	set(noon.Add(30 * time.Minute))
	if wait, _, err := th.try(t.Context(), &second); wait == 0 || err != nil {
		t.Errorf("the second in the queue got the slot of the first: %v", err)
	}
	if wait, _, err := th.try(t.Context(), &first); wait != 0 || err != nil {
		t.Errorf("the first in the queue waits %v, %v", wait, err)
	}
}

func TestTakenTooSlowly(t *testing.T) {
	const per = 2 * time.Second
	path := filepath.Join(t.TempDir(), "budget")
	th, err := Open(path, 1, per)
	if err != nil {
		t.Fatal(err)
	}
	now, step := noon, time.Second // each look at the clock is a second after the one before
	th.clock = func() time.Time { now = now.Add(step); return now }
	if _, err = th.Acquire(t.Context()); err == nil || !strings.Contains(err.Error(), path+": writing it takes 1s") {
		t.Errorf("Acquire on a slow disk: %v", err)
	}
	step = 0
	if s := th.Status(); s.Free != 1 {
		t.Errorf("Status after it: %+v, want the slot given back", s)
	}
}

func TestLostBooksAreMadeUpFor(t *testing.T) {
	const per = 30 * time.Minute
	path := filepath.Join(t.TempDir(), "budget")
	first, _ := setClock(t, path, 2, per)
	second, setSecond := setClock(t, path, 2, per)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if s := first.Status(); s.Free != 0 {
		t.Errorf("Status after the file was removed: %+v, want none free", s)
	}
	first.Pause(noon) // writes
	setSecond(noon.Add(10 * time.Minute))
	if s := second.Status(); s.Free != 0 || s.NextFree.Sub(noon) != per+5*time.Second {
		t.Errorf("Status of another process: %+v, want the same rest", s)
	}
	setSecond(noon.Add(per + 5*time.Second))
	if s := second.Status(); s.Free != 2 {
		t.Errorf("Status a window later: %+v, want 2 free", s)
	}
}

func TestDecodeWhatWasEncoded(t *testing.T) {
	b := full()
	got, err := decode(string(b.encode()), b.budget)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.encode(), b.encode()) {
		t.Errorf("got\n%s\nwant\n%s", got.encode(), b.encode())
	}
	want := `bitbucket call budget, version 1
id BOOK
limit 3 30m0s
pause 2026-05-04T12:00:00.123456789Z
replaces OLD
slot A 2026-05-04T12:01:00.123456789Z
slot B 2026-05-04T12:02:00.123456789Z
wait C 2026-05-04T12:00:00.123456789Z 2026-05-04T12:01:00.123456789Z
colour blue
end ` + checksum(string(b.encode()[:bytes.LastIndex(b.encode(), []byte("end "))])) + "\n"
	if string(got.encode()) != want {
		t.Errorf("got\n%s\nwant\n%s", got.encode(), want)
	}
	if got.paused != noon || got.slots["B"] != noon.Add(2*time.Minute) || got.queue[0].looks != noon.Add(time.Minute) {
		t.Errorf("times changed on the way: %+v", got)
	}
}

// Every cut and every flipped bit is noticed.
func TestDecodeDamage(t *testing.T) {
	b := full()
	whole := b.encode()
	check := func(what string, at int, data []byte) {
		t.Helper()
		if _, err := decode(string(data), b.budget); !errors.Is(err, errDamaged) && !errors.Is(err, errForeign) {
			if at < len(title) || at > len(title)+1 { // the digits of the version say so themselves
				t.Errorf("%s at %d: %v", what, at, err)
			} else if err == nil {
				t.Errorf("%s of the version at %d went unnoticed", what, at)
			}
		}
	}
	for at := range whole {
		check("cut", at, whole[:at])
		for bit := range 8 {
			flipped := slices.Clone(whole)
			flipped[at] ^= 1 << bit
			check("flipped bit", at, flipped)
		}
	}
	check("doubled", -1, append(slices.Clone(whole), whole...))
}

func full() *books {
	return &books{
		budget: budget{3, 30 * time.Minute}, id: "BOOK", replaces: []string{"OLD"}, paused: noon,
		slots:  map[string]time.Time{"B": noon.Add(2 * time.Minute), "A": noon.Add(time.Minute)},
		queue:  []ticket{{"C", noon, noon.Add(time.Minute)}},
		others: []string{"colour blue"},
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(string(full().encode()))
	f.Add("")
	f.Add(title + "1\nend 00000000\n")
	f.Fuzz(func(t *testing.T, body string) {
		of := budget{3, 30 * time.Minute}
		for _, text := range []string{body, title + "1\n" + body + "end " + checksum(title+"1\n"+body) + "\n"} {
			b, err := decode(text, of)
			if err != nil {
				continue
			}
			again, err := decode(string(b.encode()), of)
			if err != nil || !bytes.Equal(again.encode(), b.encode()) {
				t.Errorf("%q is read, and then written as\n%s\n%v", text, b.encode(), err)
			}
		}
	})
}
