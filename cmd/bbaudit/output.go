package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// An output is where the report goes.
type output struct {
	path   string // empty or a dash for the standard output
	stdout io.Writer
	flag   string // that names the path; -out when it is empty
}

// standard reports whether the report goes to the standard output.
func (o output) standard() bool { return o.path == "" || o.path == "-" }

// failed says which output it is that cannot be written.
func (o output) failed(err error) error {
	return fmt.Errorf("%s %s: %w", cmp.Or(o.flag, "-out"), o.path, err)
}

// check finds out before any call whether the report can be written in the end, and refuses to
// write over a file that is also read, or written as something else.
func (o output) check(others ...string) error {
	if o.standard() {
		return nil
	}
	for _, other := range others {
		if other != "" && sameFile(o.path, other) {
			return usagef("%v", o.failed(fmt.Errorf("it is the same file as %s; name another one", other)))
		}
	}
	path, replace, _, err := o.resolve()
	switch {
	case err != nil:
		return o.failed(err)
	case !replace:
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return o.failed(plain(err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// write puts the text where it belongs, whole or not at all.
func (o output) write(text []byte) error {
	if o.standard() {
		_, err := o.stdout.Write(text)
		return err
	}
	if err := o.save(text); err != nil {
		return o.failed(plain(err))
	}
	return nil
}

// resolve finds the file behind links, and whether it may be replaced: a device or a pipe is
// written to instead.
func (o output) resolve() (path string, replace bool, mode fs.FileMode, err error) {
	path = o.path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		if to, err := os.Readlink(path); err == nil {
			return "", false, 0, fmt.Errorf("it is a link to %s, which is not there", to)
		}
		return path, true, 0o600, nil // who may do what is nobody else's business
	case err != nil:
		return "", false, 0, plain(err)
	case info.IsDir():
		return "", false, 0, errors.New("it is a folder; give the name of a file")
	default:
		return path, info.Mode().IsRegular(), info.Mode().Perm(), nil
	}
}

// save replaces the file by a whole one.
func (o output) save(data []byte) (err error) {
	path, replace, mode, err := o.resolve()
	if err != nil {
		return err
	}
	if !replace {
		return os.WriteFile(path, data, mode)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// sameFile reports whether two names are of one file, be it there or not.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	y, errB := os.Stat(b)
	if err == nil && errB == nil {
		return x.Mode().IsRegular() && os.SameFile(x, y)
	}
	a, err = filepath.Abs(a)
	b, errB = filepath.Abs(b)
	return err == nil && errB == nil && a == b
}

// plain takes the path out of an error, since the flag names it.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// fileError names the file once.
func fileError(name string, err error) error { return fmt.Errorf("%s: %w", name, plain(err)) }

// mostInput bounds what is read from the standard input.
const mostInput = 256 << 20

func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, mostInput+1))
	if err == nil && len(data) > mostInput {
		err = errors.New("the standard input is too large")
	}
	return data, err
}

// absent refuses to write over a file that is there.
func (o output) absent() error {
	if o.standard() {
		return nil
	}
	if _, err := os.Lstat(o.path); err == nil {
		return usagef("%v", o.failed(errors.New("it is there already; name another file")))
	}
	return o.check()
}
