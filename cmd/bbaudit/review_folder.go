package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// vacant refuses a folder that holds anything.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usagef("-dir %v", fileError(dir, err))
	case len(entries) > 0:
		return usagef("-dir %s: it holds %s already; name another folder", dir, entries[0].Name())
	}
	return nil
}

// saveReview writes the files of a review, the manifest last, and none over another. When that
// fails, it takes away what it wrote.
func saveReview(dir string, manifest []byte, sheets map[string][]byte) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil { // who may do what is nobody else's business
		return fileError("-dir "+dir, err)
	}
	var written []string
	defer func() {
		if err != nil {
			for _, path := range written {
				_ = os.Remove(path)
			}
		}
	}()
	save := func(name string, data []byte) error {
		path := filepath.Join(dir, name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fileError(path, err)
		}
		written = append(written, path)
		_, err = f.Write(data)
		if err = errors.Join(err, f.Close()); err != nil {
			return fileError(path, err)
		}
		return nil
	}
	for name, data := range sheets {
		if err := save(name, data); err != nil {
			return err
		}
	}
	return save(manifestFile, manifest)
}

// sheetsIn reads the CSVs in a folder. What programs leave beside them while they are open is none.
func sheetsIn(p *program, dir string) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fileError(dir, err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.EqualFold(filepath.Ext(name), ".csv") ||
			strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") {
			continue
		}
		if files[name], err = p.read(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// saveAs writes a file as a whole.
func saveAs(path string, data []byte) error {
	if err := (output{path: path}).save(data); err != nil {
		return fileError(path, err)
	}
	return nil
}

// within reports whether a file lies in a folder, or would.
func within(path, dir string) bool {
	if (output{path: path}).standard() {
		return false
	}
	in, err := os.Stat(dir)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link elsewhere may lead into the folder
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err == nil {
		parent, err = filepath.Abs(parent)
	}
	for err == nil {
		if at, err := os.Stat(parent); err == nil && os.SameFile(at, in) {
			return true
		}
		if parent == filepath.Dir(parent) {
			break
		}
		parent = filepath.Dir(parent)
	}
	return false
}
