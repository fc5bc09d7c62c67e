package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A checkpoint holds what a run has read, so that another one can take it up: a line that says
// which run it is, then one for each call, each on the disk before the next call is made.
type checkpoint struct {
	file    *os.File
	head    checkpointHead
	resumed []time.Time
	replay  func(access.Entry) error // takes what earlier runs have read
	calls   int                      // of earlier runs, as far as they are known
}

// A checkpointHead says which run a checkpoint is of. Another run must not take it up.
type checkpointHead struct {
	Kind    string       `json:"kind"`
	Version int          `json:"version"`
	ID      string       `json:"id"` // of the report
	Started time.Time    `json:"started"`
	BaseURL string       `json:"base_url"`
	Account string       `json:"account"` // whose calls are counted
	Scope   access.Scope `json:"scope"`
}

// A checkpointLine is any line after the first.
type checkpointLine struct {
	Resumed time.Time     `json:"resumed,omitzero"`
	Entry   *access.Entry `json:"entry,omitzero"`
}

const (
	checkpointKind    = "bbaudit checkpoint"
	checkpointVersion = 1
	checkpointLife    = 24 * time.Hour
)

// openCheckpoint begins a checkpoint, or takes one up and replays what it holds.
func openCheckpoint(
	path string,
	head checkpointHead,
	replay func(access.Entry) error,
) (*checkpoint, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("-resume %w", fileError(path, err))
	}
	c := &checkpoint{file: f, head: head, replay: replay}
	err = c.load()
	if err == nil && c.head.ID == head.ID {
		err = c.write(head)
	} else if err == nil {
		c.resumed = append(c.resumed, head.Started)
		err = c.write(checkpointLine{Resumed: head.Started})
	}
	if err != nil {
		_ = f.Close()
		if _, wrong := errors.AsType[usageError](err); !wrong {
			err = fmt.Errorf("-resume %w", fileError(path, err))
		}
		return nil, err
	}
	return c, nil
}

// load reads what is there, and cuts off a last line that was not written to its end.
func (c *checkpoint) load() error {
	in := bufio.NewReaderSize(c.file, 1<<16)
	var whole int64
	for n := 0; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := c.take(n, line); err != nil {
			return err
		}
		whole += int64(len(line))
	}
	if err := c.file.Truncate(whole); err != nil {
		return err
	}
	_, err := c.file.Seek(whole, io.SeekStart)
	return err
}

// take reads one line.
func (c *checkpoint) take(n int, line []byte) error {
	if n == 0 {
		return c.takeHead(line)
	}
	var l checkpointLine
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return usagef(
			"-resume: line %d of the checkpoint is damaged: remove the file and begin anew",
			n+1,
		)
	}
	if l.Entry == nil {
		c.resumed = append(c.resumed, l.Resumed)
		return nil
	}
	if err := c.replay(*l.Entry); err != nil {
		return usagef("-resume: line %d of the checkpoint is damaged: %v", n+1, err)
	}
	c.calls++
	return nil
}

// takeHead compares what a checkpoint is of with what is to be run.
func (c *checkpoint) takeHead(line []byte) error {
	var had checkpointHead
	if err := json.Unmarshal(line, &had); err != nil || had.Kind != checkpointKind {
		return usagef("-resume: the file is no checkpoint of this program; name another one")
	}
	want := c.head
	switch age := want.Started.Sub(had.Started); {
	case had.Version != want.Version:
		return usagef(
			"-resume: the checkpoint is of another version of this program: remove it and begin anew",
		)
	case had.BaseURL != want.BaseURL || had.Account != want.Account:
		return usagef(
			"-resume: the checkpoint was made with another credential: use that, or remove the file",
		)
	case !sameScope(had.Scope, want.Scope):
		return usagef(
			"-resume: the checkpoint is of another audit (other workspaces, places or sources): use the same flags, or remove the file",
		)
	case age > checkpointLife:
		return usagef(
			"-resume: the checkpoint is %s old, and what it holds is not true any more: remove it and begin anew",
			short(age),
		)
	}
	c.head = had
	return nil
}

// sameScope compares scopes as they are written.
func sameScope(a, b access.Scope) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && reflect.DeepEqual(x, y)
}

// keep writes an entry, and returns when it is on the disk.
func (c *checkpoint) keep(e access.Entry) error { return c.write(checkpointLine{Entry: &e}) }

func (c *checkpoint) write(line any) error {
	data, err := json.Marshal(line)
	if err == nil {
		_, err = c.file.Write(append(data, '\n'))
	}
	if err == nil {
		err = c.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("the checkpoint cannot be written: %w", plain(err))
	}
	return nil
}

// end closes the checkpoint, and removes it when nothing of it is needed any more.
func (c *checkpoint) end(done bool) error {
	err := c.file.Close()
	if done {
		if gone := os.Remove(c.file.Name()); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
