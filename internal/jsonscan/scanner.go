// Package jsonscan walks through JSON without decoding it: it finds where values begin and end,
// and gives the members of objects and the elements of arrays as they stand. The client judges an
// answer with it before anything of it is decoded, and the readers of users, links and archives
// look at members with it that encoding/json has no place for.
//
// A [Cursor] walks through a text that is in memory, a [Scanner] through one that comes in pieces.
// Both check that brackets, commas, colons and strings are where they should be. What numbers,
// words and escapes look like inside is left to encoding/json.
package jsonscan

import "errors"

// MaxDepth is how deep brackets may lie in one another. The deepest answers of Bitbucket have about
// ten; a chain of forks of the 1.0 API has two for each fork.
const MaxDepth = 128

// What can be wrong with a text.
var (
	ErrSyntax = errors.New("it is no valid JSON")
	ErrDepth  = errors.New("its brackets are nested too deep")
)

// A Scanner finds the end of a value that comes in pieces. It notices at once when something is not
// where it should be, so that a record that was cut off does not take the next ones with it. The
// zero Scanner is ready for a value.
type Scanner struct {
	state state
	isKey bool // the string is a key
	depth int
	count int                   // values that have begun
	lists [MaxDepth / 64]uint64 // a bit for each depth: in a list, not in an object
}

type state uint8

const (
	wantValue state = iota
	wantValueOrEnd
	wantKey
	wantKeyOrEnd
	wantColon
	wantNext // a comma, or the end
	inString
	inEscape
	inWord // a number, true, false, null
)

// Scan reads the next piece. It returns how much of the piece belongs to the value, and whether the
// value is complete. A word outside of brackets has no end of its own: it is complete when
// something else follows.
func (s *Scanner) Scan(data []byte) (n int, done bool, err error) {
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch s.state {
		case inString:
			for c >= ' ' && c != '"' && c != '\\' {
				if i++; i == len(data) {
					return i, false, nil
				}
				c = data[i]
			}
			switch c {
			case '"':
				if s.afterString() {
					return i + 1, true, nil
				}
			case '\\':
				s.state = inEscape
			default:
				return i, false, ErrSyntax
			}
			continue
		case inEscape:
			s.state = inString
			continue
		case inWord:
			if isWord(c) {
				continue
			}
			if s.state = wantNext; s.depth == 0 {
				return i, true, nil
			}
		}
		if isSpace(c) {
			continue
		}
		if err := s.step(c); err != nil {
			return i, false, err
		}
		if s.depth == 0 && s.state == wantNext {
			return i + 1, true, nil
		}
	}
	return len(data), false, nil
}

// step takes a byte that is neither space nor inside of a string or a word.
func (s *Scanner) step(c byte) error {
	switch s.state {
	case wantValueOrEnd:
		if c == ']' {
			s.pop()
			return nil
		}
		return s.begin(c)
	case wantValue:
		return s.begin(c)
	case wantKeyOrEnd, wantKey:
		switch {
		case c == '"':
			s.state, s.isKey = inString, true
		case c == '}' && s.state == wantKeyOrEnd:
			s.pop()
		default:
			return ErrSyntax
		}
	case wantColon:
		if c != ':' {
			return ErrSyntax
		}
		s.state = wantValue
	case wantNext:
		return s.afterValue(c)
	}
	return nil
}

// begin takes the first byte of a value.
func (s *Scanner) begin(c byte) error {
	s.count++
	switch {
	case c == '{':
		s.state = wantKeyOrEnd
		return s.push(false)
	case c == '[':
		s.state = wantValueOrEnd
		return s.push(true)
	case c == '"':
		s.state, s.isKey = inString, false
	case isWord(c):
		s.state = inWord
	default:
		return ErrSyntax
	}
	return nil
}

// afterValue takes what stands between two values, or closes the bracket around them.
func (s *Scanner) afterValue(c byte) error {
	inList := s.inList()
	switch {
	case c == ',' && inList:
		s.state = wantValue
	case c == ',':
		s.state = wantKey
	case c == ']' && inList, c == '}' && !inList:
		s.pop()
	default:
		return ErrSyntax
	}
	return nil
}

// afterString reports whether the string was the whole value.
func (s *Scanner) afterString() bool {
	if s.isKey {
		s.state = wantColon
		return false
	}
	s.state = wantNext
	return s.depth == 0
}

func (s *Scanner) push(list bool) error {
	if s.depth == MaxDepth {
		return ErrDepth
	}
	word, bit := s.depth/64, uint64(1)<<(s.depth%64)
	if list {
		s.lists[word] |= bit
	} else {
		s.lists[word] &^= bit
	}
	s.depth++
	return nil
}

func (s *Scanner) pop() {
	s.depth--
	s.state = wantNext
}

func (s *Scanner) inList() bool {
	top := s.depth - 1
	return s.lists[top/64]&(1<<(top%64)) != 0
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'E'
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
