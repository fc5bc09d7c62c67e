package filethrottle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A file is where the books of a budget are, and what this process knows of them.
type file struct {
	path string
	budget
	desk  uint64           // the name of this process in the queue
	clock func() time.Time // the wall clock
	seen  witness          // what this process saw last
}

const (
	// lockPatience is how long one exchange waits for other processes. They have the file for less
	// than a millisecond, unless they are frozen in the middle.
	lockPatience = 2 * time.Second
	lockPoll     = time.Millisecond
	// setBack is by how much a clock has to go back to have been set back.
	setBack = time.Second
)

// exchange lets a desk talk to the books, which nobody else has meanwhile.
func (f *file) exchange(said *ask) (*answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	lock, err := f.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	a, err := f.exchangeLocked(ctx, said)
	if _, busy := errors.AsType[*busyError](err); err != nil && !busy {
		err = fmt.Errorf("filethrottle: %s: %w", f.path, err)
	}
	return a, err
}

func (f *file) exchangeLocked(ctx context.Context, said *ask) (*answer, error) {
	memory, err := os.OpenFile(f.path+".lock", os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &busyError{err} // it was removed just now
	}
	if err != nil {
		return nil, plain(err)
	}
	defer memory.Close()
	known, err := readWitness(memory)
	if err != nil {
		return nil, err
	}
	b, release, err := f.open(ctx, known)
	if err != nil {
		return nil, err
	}
	defer release()
	a := b.exchange(f.desk, said)
	if b.changed {
		b.commit()
	}
	if b.err != nil {
		return nil, plain(b.err)
	}
	now := witness{b.book, b.count}
	if now != known {
		err = now.write(memory)
	}
	f.seen = now
	return a, err
}

// open opens the books, and makes new ones where they are lost or too old. Besides the lock file it
// locks the books themselves, so that two processes cannot have them when the lock file is removed.
func (f *file) open(ctx context.Context, known witness) (b *books, release func(), err error) {
	for range 5 {
		lock, err := f.lockBooks(ctx)
		if err != nil {
			return nil, nil, err
		}
		b, err := f.load()
		if err == nil {
			err = f.recognize(b, known)
		}
		if err == nil {
			return b, func() { b.file.Close(); lock.Close() }, nil
		}
		if b != nil {
			b.file.Close()
		}
		image, imageErr := f.renewed(b, known, err)
		if imageErr == nil {
			imageErr = f.replace(image)
		}
		lock.Close()
		if imageErr != nil {
			return nil, nil, imageErr
		}
	}
	return nil, nil, errors.New("it is replaced again and again by something else")
}

var (
	errMissing = errors.New("there is no file")
	errOld     = errors.New("it is older than what was known of it")
	errSetBack = errors.New("the clock was set back")
)

// load opens and reads the books, without the records.
func (f *file) load() (*books, error) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMissing
	}
	if err != nil {
		return nil, plain(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file; choose another path")
	}
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if err != nil {
		return nil, plain(err)
	}
	now := f.clock()
	b := &books{budget: f.budget, file: file, time: now, now: now.UnixNano()}
	b.err = b.load(info.Size())
	if b.err != nil {
		file.Close()
		return nil, b.err
	}
	return b, nil
}

// load reads the pages.
func (b *books) load(size int64) error {
	pages := make([]byte, slotsAt)
	n, err := b.file.ReadAt(pages, 0)
	if err != nil && err != io.EOF {
		return plain(err)
	}
	if err := checkFirst(pages[:min(n, page)], size, b.budget); err != nil {
		return err
	}
	first, firstJournal, ok1 := decodeHead(pages[page : 2*page])
	second, secondJournal, ok2 := decodeHead(pages[2*page:])
	switch {
	case !ok1 && !ok2:
		return errDamaged
	case !ok1 || ok2 && second.count > first.count:
		b.head, b.last = second, secondJournal
		if ok1 && first.count == second.count-1 {
			b.before = firstJournal
		}
	default:
		b.head, b.last = first, firstJournal
		if ok2 && second.count == first.count-1 {
			b.before = secondJournal
		}
	}
	return nil
}

// recognize compares the books with what the lock file and this process know of them.
func (f *file) recognize(b *books, known witness) error {
	for _, w := range [...]witness{known, f.seen} {
		if w.book == b.book && w.count > b.count ||
			w.book != 0 && w.book != b.book && !slices.Contains(b.lost[:], w.book) {
			return errOld
		}
	}
	switch year := time.Unix(0, b.now).UTC().Year(); {
	case year < 2020 || year > 2200:
		return fmt.Errorf("the clock of this host is in the year %d; set it", year)
	case b.clock-b.now > int64(setBack):
		return errSetBack
	}
	return nil
}

// resolve makes the folder of a path, and returns the one name that all processes have for the
// file, whatever links lead to it.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	return filepath.Join(dir, filepath.Base(path)), err
}

// plain takes the path out of an error, since the caller names it.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
