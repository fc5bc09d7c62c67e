package filethrottle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/gofrs/flock"
)

// lock takes the lock file. One that was removed meanwhile locks nothing.
func (f *file) lock(ctx context.Context) (*flock.Flock, error) {
	name := f.path + ".lock"
	for {
		l := flock.New(name)
		if _, err := l.TryLockContext(ctx, lockPoll); err != nil {
			return nil, f.lockError(ctx, err)
		}
		own, err1 := l.Stat()
		there, err2 := os.Stat(name)
		if err1 == nil && err2 == nil && os.SameFile(own, there) {
			return l, nil
		}
		l.Close()
		if ctx.Err() != nil {
			return nil, f.lockError(ctx, errors.Join(err1, err2, ctx.Err()))
		}
	}
}

func (f *file) lockError(ctx context.Context, err error) error {
	err = fmt.Errorf("filethrottle: %s.lock: %w", f.path, plain(err))
	if ctx.Err() != nil {
		return &busyError{fmt.Errorf("%w: other processes hold it", err)}
	}
	return err
}

// lockBooks locks the file of the books itself, where files that are open can be removed. There may
// be none.
func (f *file) lockBooks(ctx context.Context) (*flock.Flock, error) {
	if runtime.GOOS == "windows" {
		return flock.New(f.path), nil
	}
	for {
		l := flock.New(f.path, flock.SetFlag(os.O_RDONLY))
		_, err := l.TryLockContext(ctx, lockPoll)
		if errors.Is(err, fs.ErrNotExist) {
			return l, nil
		}
		if err != nil {
			if ctx.Err() != nil {
				return nil, f.lockError(ctx, err)
			}
			return nil, plain(err)
		}
		own, err1 := l.Stat()
		there, err2 := os.Stat(f.path)
		if err1 == nil && (errors.Is(err2, fs.ErrNotExist) || err2 == nil && os.SameFile(own, there)) {
			return l, nil
		}
		l.Close()
		if err2 != nil {
			return nil, plain(err2)
		}
	}
}
