package filethrottle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// largest is the most bytes that books can have; a budget of 10,000 calls with as many waiting has a tenth of it.
const largest = 16 << 20

// update reads the books, brings them up to date, lets fn see and change them, and writes them back when fn says that it
// has changed them or this process owed something. Nobody else has the file meanwhile.
func (t *Throttle) update(ctx context.Context, fn func(b *books, now time.Time) (changed bool)) error {
	return t.updateIf(ctx, func() bool { return true }, fn)
}

// updateIf does what update does, if that is still needed when the other goroutines of this process are through.
func (t *Throttle) updateIf(ctx context.Context, needed func() bool, fn func(b *books, now time.Time) (changed bool)) (err error) {
	select {
	case <-t.turn:
		defer func() { t.turn <- struct{}{} }()
	case <-ctx.Done():
		return t.lockError(ctx.Err())
	}
	if !needed() {
		return nil
	}
	if _, err := t.file.TryLockContext(ctx, time.Millisecond); err != nil {
		return t.lockError(err)
	}
	defer t.file.Unlock() // fails only for a file that is not open
	defer func() {
		if err != nil {
			err = fmt.Errorf("filethrottle: %s: %w", t.path, err)
		}
	}()

	now := t.now()
	b, mode, err := t.load()
	if err != nil {
		return err
	}
	made := t.recognize(b, now)
	settled, entered := t.enter(b)
	b.tidy(now)
	if fn(b, now) || entered || made {
		if err := t.replace(b, mode); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.book = b.id
	for id := range settled {
		delete(t.settled, id)
	}
	if len(t.held)+len(t.settled) == 0 && t.renewal != nil {
		t.renewal.Stop()
	}
	return nil
}

func (t *Throttle) lockError(err error) error {
	return fmt.Errorf("filethrottle: %s.lock: waiting for other processes: %w", t.path, err)
}

// load reads the books, or makes new ones where there is no file.
func (t *Throttle) load() (*books, fs.FileMode, error) {
	info, err := os.Stat(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return newBooks(t.budget), 0o600, nil
	}
	if err != nil {
		return nil, 0, plain(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errors.New("it is not a file; choose another path")
	}
	if info.Size() > largest {
		return nil, 0, fmt.Errorf("it is not a budget of calls: it has %d bytes; choose another path", info.Size())
	}
	data, err := os.ReadFile(t.path)
	if err != nil {
		return nil, 0, plain(err)
	}
	b, err := decode(string(data), t.budget)
	return b, info.Mode().Perm(), err
}

// recognize compares the books with those that this process has seen before. When they are others, the old ones were lost,
// and with them what was spent; then the whole budget rests, unless another process has seen to that.
func (t *Throttle) recognize(b *books, now time.Time) (changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.book == "" {
		return b.made
	}
	if b.id == t.book || slices.Contains(b.replaces, t.book) {
		return false
	}
	b.exhaust(now)
	b.replaces = append(b.replaces, t.book)
	b.replaces = b.replaces[max(0, len(b.replaces)-8):]
	return true
}

// owes tells whether there is something that this process could not write before.
func (t *Throttle) owes() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.settled) > 0 || !t.paused.IsZero()
}

// busy tells whether this process has calls under way, or owes something.
func (t *Throttle) busy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.held)+len(t.settled) > 0
}

// enter enters in the books what this process could not write before. It returns the calls that are over; a pause stays
// known to this process, should the books be lost.
func (t *Throttle) enter(b *books) (settled map[string]time.Time, changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	settled = maps.Clone(t.settled)
	for id, over := range settled {
		b.slots[id] = over.Add(t.per)
	}
	changed = len(settled) > 0
	if t.paused.After(b.paused) {
		b.paused, changed = t.paused, true
	}
	return settled, changed
}

// replace puts the books in the place of the old ones, so that a reader finds one of the two, whole, whatever happens.
func (t *Throttle) replace(b *books, mode fs.FileMode) error {
	name := t.path + ".tmp"
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a process that died here
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b.encode())
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(name, t.path)
}

// resolve makes the folder of a path, and returns the one name that all processes have for the file, whatever links lead
// to it.
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
