// Package store holds what an in-memory Bitbucket knows: its records, the indexes that find them,
// and the rules of who may do what. It knows nothing of HTTP and of JSON.
//
// A Store is not safe for concurrent use: its owner locks. Slices that it returns must not be
// changed, and are good until the next write.
package store

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// New returns an empty store.
func New() *Store {
	return &Store{
		usernames: map[string]*User{}, nicknames: map[string]*User{}, addresses: map[string]*User{},
		sshKeys: map[string]*User{}, gpgKeys: map[string]*User{},
	}
}

// Version changes with every write.
func (s *Store) Version() uint64 { return s.version }

func (s *Store) wrote() { s.version++ }

// Users lists the accounts in the order in which they were added.
func (s *Store) Users() []*User { return s.users.all }

// Workspaces lists the workspaces in the order in which they were added.
func (s *Store) Workspaces() []*Workspace { return s.workspaces.all }

// NextUUID makes up a UUID. Every run of a program gets the same ones.
func (s *Store) NextUUID(kind string) string {
	s.made++
	return madeUUID(kind, fmt.Sprint(s.made))
}

// Secret makes up n characters that begin with a prefix. Every run of a program gets the same
// ones.
func (s *Store) Secret(prefix string, n int) string {
	plain := strings.NewReplacer("{", "", "}", "", "-", "")
	for len(prefix) < n {
		prefix += plain.Replace(s.NextUUID("secret"))
	}
	return prefix[:n]
}

// madeUUID derives a UUID from a kind of thing and its name.
func madeUUID(kind, name string) string {
	h := sha256.Sum256([]byte(kind + "\x00" + name))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	return fmt.Sprintf("{%x-%x-%x-%x-%x}", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// orDefault is a time, or the day on which things begin when it is zero.
func orDefault(t time.Time) time.Time {
	if t.IsZero() {
		return time.Date(2018, 3, 14, 13, 17, 5, 196003000, time.UTC)
	}
	return t
}

// changed says that a right in the workspace is another one.
func (w *Workspace) changed() { w.rights++ }

// changedWidely says so of one that reaches every repository.
func (w *Workspace) changedWidely() {
	w.rights++
	w.wide++
}
