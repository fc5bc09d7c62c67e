package v1

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
)

// A Record is a user that an archive holds, and where.
type Record struct {
	User    *bitbucket.User // in the shape of the 2.0 API; what only 1.0 knew is in V1
	Version int             // of the API that the user came from: 1 or 2
	Offset  int64           // of the record's first byte, in the archive without compression
	Line    int             // of the record's first byte, from 1
	Number  int             // of the record, from 1; bad ones count too
	Index   int             // of the element in a record that is a list, from 0

	// Raw is the body that the user was read from: the whole record, or a part of it in a record
	// that is a list. [ParseAccount] finds the repositories in it.
	Raw json.RawMessage
}

// A RecordError says that a record, or one element of a record that is a list, could not be read.
// The archive goes on after it.
type RecordError struct {
	Offset int64 // of the record's first byte, in the archive without compression
	Line   int   // of the record's first byte, from 1
	Number int   // of the record, from 1
	Index  int   // of the element in a record that is a list, from 0
	Err    error // why it could not be read
}

// Error says which record is bad, and why.
func (e *RecordError) Error() string {
	where := fmt.Sprintf("record %d on line %d, at offset %d", e.Number, e.Line, e.Offset)
	if e.Index > 0 {
		where += fmt.Sprintf(", element %d", e.Index)
	}
	return "bitbucket: " + where + ": " + strings.TrimPrefix(e.Err.Error(), "bitbucket: ")
}

// Unwrap returns why the record could not be read: [bitbucket.ErrNoUser], which is a
// [bitbucket.ErrMalformedResponse] too, any other of these, or [ErrRecordTooLarge].
func (e *RecordError) Unwrap() error { return e.Err }

// ErrRecordTooLarge says that a record is larger than [MaxRecordBytes] allows.
var ErrRecordTooLarge = errors.New("the record is too large")

// An ArchiveOption changes how [ReadArchive] reads.
type ArchiveOption func(*archive)

// MaxRecordBytes sets how large a record may be. The default is 8 MiB, enough for an account with
// some 8,000 repositories. It bounds the memory that reading takes.
func MaxRecordBytes(n int) ArchiveOption {
	return func(a *archive) { a.max = max(n, 1) }
}

// ReadArchive yields the users of an archive in their order, in constant memory. The archive is
// compressed with gzip or not, which is seen from its first bytes. It is a stream of JSON bodies of
// either API in any mixture: one on a line, or one after another with or without white space
// between them. Commas between them are skipped, so the lines of an array may be read too.
//
// A record may be a user in any of the shapes that [bitbucket.ParseUser] reads; an object that
// holds a user as its member "user", such as an account of 1.0 or a membership of 2.0; an account
// that was made, as POST /1.0/newuser/ answers; or a list of them: an array, a page of 2.0,
// followers, events or the members of a group of 1.0, or an array of such lists. A list yields each
// user; its elements that hold no user are passed over unless all of them are so.
//
// A bad record comes as a [*RecordError], and the loop goes on: after a record that is JSON but no
// user, right behind it; after any other, at the next line that begins with a brace or a bracket,
// searched for from the line after the one that the bad record begins on. So a line that was cut
// off costs no other line. Every other error is one of reading r, and ends the loop. r is read as
// the loop goes on, so the sequence can be ranged over once.
func ReadArchive(r io.Reader, opts ...ArchiveOption) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		a := &archive{max: 8 << 20, buf: make([]byte, 0, readBytes)}
		for _, opt := range opts {
			opt(a)
		}
		err := a.open(r)
		for more := err == nil; more; {
			more, err = a.next(yield)
		}
		if err != nil {
			yield(Record{}, fmt.Errorf("bitbucket: the archive cannot be read beyond offset %d: %w",
				a.base+int64(len(a.buf)), err))
		}
	}
}

// readBytes is how much is read at once.
const readBytes = 64 << 10

// An archive is a stream and the part of it that is in memory.
type archive struct {
	src    io.Reader
	buf    []byte // buf[at:] is not read yet
	at     int
	base   int64 // the offset of buf[0]
	lines  int   // ended before buf[seen]
	seen   int
	number int // of the record
	max    int // bytes in a record
}

// open looks whether the stream is compressed.
func (a *archive) open(r io.Reader) error {
	plain := bufio.NewReader(r) // which large reads pass by
	a.src = plain
	if magic, _ := plain.Peek(2); string(magic) != "\x1f\x8b" {
		return nil
	}
	zip, err := gzip.NewReader(plain)
	a.src = zip
	return err
}

// next reads a record. It reports whether another one may follow; an error is one
// of the stream.
func (a *archive) next(yield func(Record, error) bool) (more bool, err error) {
	if err := a.skip(); err != nil {
		return false, notEOF(err)
	}
	a.number++
	record := Record{Offset: a.base + int64(a.at), Line: a.line(), Number: a.number}
	body, err := a.record()
	if bad, ok := errors.AsType[badRecord](err); ok {
		if !yield(record, record.failed(bad.error)) {
			return false, nil
		}
		return true, a.resume()
	}
	if err != nil {
		return false, err
	}
	more = record.users(body, yield)
	a.at += len(body)
	return more, nil
}

// line is the number of the line that a.at is on.
func (a *archive) line() int {
	a.lines += bytes.Count(a.buf[a.seen:a.at], []byte{'\n'})
	a.seen = a.at
	return a.lines + 1
}

// A badRecord is an error that the archive goes on after.
type badRecord struct{ error }

// record finds the record that begins here. It is good until the buffer moves.
func (a *archive) record() ([]byte, error) {
	if c := a.buf[a.at]; c != '{' && c != '[' {
		return nil, badRecord{fmt.Errorf("%w: a record begins with a brace or a bracket, not with %q",
			bitbucket.ErrMalformedResponse, c)}
	}
	var s jsonscan.Scanner
	for n := 0; ; {
		used, done, err := s.Scan(a.buf[a.at+n:])
		n += used
		switch {
		case err != nil:
			return nil, badRecord{fmt.Errorf("%w: %w at offset %d",
				bitbucket.ErrMalformedResponse, err, a.base+int64(a.at+n))}
		case n > a.max:
			return nil, badRecord{fmt.Errorf("%w: it has more than %d bytes; raise MaxRecordBytes",
				ErrRecordTooLarge, a.max)}
		case done:
			return a.buf[a.at : a.at+n], nil
		}
		if err := a.fill(); err == io.EOF {
			return nil, badRecord{fmt.Errorf("%w: the archive ends in the middle of it",
				bitbucket.ErrMalformedResponse)}
		} else if err != nil {
			return nil, err
		}
	}
}

// skip goes to where the next record begins. It is io.EOF when none follows.
func (a *archive) skip() error {
	for {
		for ; a.at < len(a.buf); a.at++ {
			switch a.buf[a.at] {
			case ' ', '\t', '\n', '\r', ',', '\x1e', '\xef', '\xbb', '\xbf': // separators and byte order marks
			default:
				return nil
			}
		}
		if err := a.fill(); err != nil {
			return err
		}
	}
}

// resume goes to the next line that looks like a record, after a bad one.
func (a *archive) resume() error {
	for {
		rest := a.buf[a.at:]
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end < 0:
			a.at = len(a.buf)
		case end+1 < len(rest):
			a.at += end + 1
			if c := a.buf[a.at]; c == '{' || c == '[' {
				return nil
			}
			continue
		default:
			a.at += end // what follows the end of the line is not here yet
		}
		if err := a.fill(); err == io.EOF {
			a.at = len(a.buf)
			return nil
		} else if err != nil {
			return err
		}
	}
}

// fill reads on, and drops what was read before a.at.
func (a *archive) fill() error {
	if a.at > 0 && len(a.buf) > cap(a.buf)/2 {
		a.line() // which is not to be seen again
		a.base += int64(a.at)
		a.buf = a.buf[:copy(a.buf, a.buf[a.at:])]
		a.at, a.seen = 0, 0
	}
	if len(a.buf) == cap(a.buf) { // the record that begins at a.at fills it
		a.buf = append(make([]byte, 0, min(2*cap(a.buf), a.max+readBytes)), a.buf...)
	}
	n, err := io.ReadAtLeast(a.src, a.buf[len(a.buf):cap(a.buf)], 1)
	a.buf = a.buf[:len(a.buf)+n]
	if n > 0 {
		return nil
	}
	return err
}

// users yields the users of a record, and reports whether to go on.
func (r Record) users(body []byte, yield func(Record, error) bool) bool {
	list := body
	if body[0] == '{' {
		err := r.parse(body)
		if err == nil {
			return yield(r, nil)
		}
		list = listIn(body)
		if !errors.Is(err, bitbucket.ErrNoUser) || list == nil {
			return yield(r, r.failed(err))
		}
	}
	found, left := false, []byte(nil)
	for i, element := range elements(list) {
		r = Record{Offset: r.Offset, Line: r.Line, Number: r.Number, Index: i}
		err := r.parse(element)
		if errors.Is(err, bitbucket.ErrNoUser) {
			left = element
			continue
		}
		found = true
		if err != nil {
			err = r.failed(err)
		}
		if !yield(r, err) {
			return false
		}
	}
	if !found && left != nil {
		r.Index = 0
		return yield(r, r.failed(fmt.Errorf("%w: %w in the list, but %s",
			bitbucket.ErrMalformedResponse, bitbucket.ErrNoUser, describe(left))))
	}
	return true
}

// elements yields the elements of a list. In place of one that is a list itself, such as a group in
// an array of groups, come those that are in it.
func elements(list []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		i := 0
		for element := range jsonscan.Each(list) {
			inner := listIn(element)
			if inner == nil && !yield(i, element) {
				return
			}
			for part := range jsonscan.Each(inner) {
				if !yield(i, part) {
					return
				}
			}
			i++
		}
	}
}

// parse reads a body into the record.
func (r *Record) parse(body []byte) error {
	user, err := bitbucket.ParseUser(body)
	switch {
	case errors.Is(err, bitbucket.ErrNoUser):
		return fmt.Errorf("%w, but %s", err, describe(body))
	case err != nil:
		return err
	}
	if made := createdUser(user, body); made != nil {
		user = made
	}
	r.User, r.Raw, r.Version = user, bytes.Clone(body), 2
	if user.V1 != nil {
		r.Version = 1
	}
	return nil
}

// createdUser is the user whom a body says to have been made, which has nothing but a name and an
// address, or nil when it says something else.
func createdUser(parsed *bitbucket.User, body []byte) *bitbucket.User {
	if parsed.Email == "" || parsed.Username == "" || parsed.Type != "" || parsed.V1 != nil {
		return nil
	}
	made, err := ParseCreatedUser(body)
	if err != nil || len(made.Extra) > 0 {
		return nil
	}
	user := (&bitbucket.V1User{Username: made.Username}).User()
	user.Email = made.Email
	return user
}

// describe says what a body is that holds no user.
func describe(body []byte) string {
	c := jsonscan.At(body)
	if c.Kind() != '{' {
		return fmt.Sprintf("%.40q", body)
	}
	var members []string
	for key := range c.Members() {
		value := c.Value()
		if typ, err := jsonscan.String(value); string(key) == "type" && err == nil && typ != "" {
			return fmt.Sprintf("an object of the type %.40q", typ)
		}
		members = append(members, fmt.Sprintf("%.40q", key))
	}
	switch n := len(members); {
	case n == 0:
		return "an empty object"
	case n > 5:
		return fmt.Sprintf("an object with %s and %d other members", strings.Join(members[:5], ", "), n-5)
	}
	return "an object with " + strings.Join(members, ", ")
}

func (r Record) failed(err error) error {
	return &RecordError{Offset: r.Offset, Line: r.Line, Number: r.Number, Index: r.Index, Err: err}
}

// listIn finds the list of a page, of followers, of events or of the members of a group.
func listIn(object []byte) (list []byte) {
	c := jsonscan.At(object)
	if c.Kind() != '{' {
		return nil
	}
	for key := range c.Members() {
		switch string(key) {
		case "values", "followers", "events", "members":
			if c.Kind() == '[' {
				list = c.Value()
			}
		}
	}
	return list
}

func notEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
