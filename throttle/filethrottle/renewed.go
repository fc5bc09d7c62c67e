package filethrottle

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// renewed returns the file with which lost books are made up for: the whole budget rests for as
// long as a slot of the lost ones may be held or rest. For other errors it returns these.
func (f *file) renewed(old *books, known witness, err error) ([]byte, error) {
	now := f.clock().UnixNano()
	before := known != witness{} || f.seen != witness{}
	lost := [...]uint64{known.book, f.seen.book}
	switch {
	case errors.Is(err, errMissing) && !before:
		return f.image(&books{budget: f.budget, head: head{clock: now}}), nil
	case errors.Is(err, errMissing), errors.Is(err, errTruncated) && before:
		b := &books{budget: f.budget, head: head{clock: now, paused: now + int64(f.lease())}}
		b.forget(lost[:]...)
		return f.image(b), nil
	case errors.Is(err, errOld):
		old.paused = max(old.paused, now+int64(f.lease()))
		old.clock = now
		old.forget(append(lost[:], old.book)...)
		return f.image(&books{budget: f.budget, head: old.head}), nil
	case errors.Is(err, errSetBack):
		return f.setBack(old)
	case errors.Is(err, errTruncated):
		return nil, errForeign
	}
	return nil, err
}

// forget notes books whose calls these make up for.
func (h *head) forget(books ...uint64) {
	for _, book := range books {
		if book != 0 && !slices.Contains(h.lost[:], book) {
			copy(h.lost[1:], h.lost[:])
			h.lost[0] = book
		}
	}
}

// image returns a file of new books with these limits and this pause, in which no call is known.
func (f *file) image(b *books) []byte {
	slots := make([]record, f.calls)
	for i := range slots {
		slots[i].prev, slots[i].next = uint32(i-1), uint32(i+1)
	}
	slots[0].prev, slots[f.calls-1].next = none, none
	b.rest, b.leased = chain{0, uint32(f.calls - 1)}, chain{none, none}
	return f.imageOf(b, slots)
}

// imageOf returns a file of books with these records, and with a new name.
func (f *file) imageOf(b *books, slots []record) []byte {
	b.book, b.count, b.desks = rand.Uint64()|1, 1, 0
	out := firstPage(f.budget)
	out = append(out, make([]byte, page)...)
	out = append(out, b.head.encode(nil)...)
	for _, r := range slots {
		data := r.encode()
		out = append(out, data[:]...)
	}
	return append(out, make([]byte, moreDesks*deskSize)...)
}

// setBack returns the books after the clock was set back: all that they know is as far ahead of the
// clock now as it was before, and no farther than it can be.
func (f *file) setBack(old *books) ([]byte, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, plain(err)
	}
	defer file.Close()
	old.file = file
	old.readAll()
	by := old.clock - old.now
	slots := make([]record, f.calls)
	for i := range slots {
		slots[i] = old.slot(uint32(i))
		slots[i].until = min(slots[i].until-by, old.now+int64(f.lease()))
	}
	if old.err != nil {
		return nil, old.err
	}
	b := &books{budget: f.budget, head: old.head}
	b.paused = min(b.paused-by, old.now+int64(longestPause))
	b.clock = old.now
	b.forget(old.book)
	image := f.imageOf(b, slots)
	return image, nil
}

// replace puts a file in the place of the books, so that a reader finds one of the two, whole,
// whatever happens.
func (f *file) replace(image []byte) error {
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(f.path); err == nil {
		mode = info.Mode().Perm()
	}
	name := f.path + ".tmp"
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // of one that died here
		return err
	}
	t, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = t.Write(image)
	err = errors.Join(err, t.Chmod(mode), t.Sync(), t.Close())
	if err == nil {
		err = os.Rename(name, f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return syncFolder(filepath.Dir(f.path))
}

// syncFolder makes a rename last, where folders can be synced.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
