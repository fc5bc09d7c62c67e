package v1

import "errors"

// A scanner finds the end of a JSON value that comes in pieces. It notices at once
// when brackets, commas, colons or strings are not where they should be, so that a
// record that was cut off does not take the next ones with it. What numbers and
// words look like inside is left to the parser.
type scanner struct {
	state scanState
	depth int
	lists [maxDepth / 64]uint64 // a bit for each depth: in a list, not in an object
	isKey bool                  // the string is a key
}

// maxDepth is how deep the brackets of a record may lie in one another: a chain of
// forks as long as it may be, in an account, in a page.
const maxDepth = 128

type scanState uint8

const (
	wantValue scanState = iota
	wantValueOrEnd
	wantKey
	wantKeyOrEnd
	wantColon
	wantNext // a comma, or the end
	inString
	inEscape
	inWord // a number, true, false, null
)

var (
	errSyntax = errors.New("it is no valid JSON")
	errDepth  = errors.New("its brackets are nested too deep")
)

// scan reads the next piece. It returns how much of the piece belongs to the value,
// and whether the value is complete. A word outside of brackets has no end of its
// own: it is complete when something else follows.
func (s *scanner) scan(data []byte) (n int, done bool, err error) {
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
				return i, false, errSyntax
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
		switch c {
		case ' ', '\t', '\n', '\r':
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
func (s *scanner) step(c byte) error {
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
			return errSyntax
		}
	case wantColon:
		if c != ':' {
			return errSyntax
		}
		s.state = wantValue
	case wantNext:
		inList := s.inList()
		switch {
		case c == ',' && inList:
			s.state = wantValue
		case c == ',':
			s.state = wantKey
		case c == ']' && inList, c == '}' && !inList:
			s.pop()
		default:
			return errSyntax
		}
	}
	return nil
}

// begin takes the first byte of a value.
func (s *scanner) begin(c byte) error {
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
		return errSyntax
	}
	return nil
}

// afterString reports whether the string was the whole value.
func (s *scanner) afterString() bool {
	if s.isKey {
		s.state = wantColon
		return false
	}
	s.state = wantNext
	return s.depth == 0
}

func (s *scanner) push(list bool) error {
	if s.depth == maxDepth {
		return errDepth
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

func (s *scanner) pop() {
	s.depth--
	s.state = wantNext
}

func (s *scanner) inList() bool {
	top := s.depth - 1
	return s.lists[top/64]&(1<<(top%64)) != 0
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'E'
}

// cutValue cuts off the value that data starts with.
func cutValue(data []byte) (value, rest []byte) {
	data = skipSpace(data)
	var s scanner
	n, _, _ := s.scan(data)
	return data[:n], skipSpace(data[n:])
}

func skipSpace(data []byte) []byte {
	for len(data) > 0 && (data[0] == ' ' || data[0] == '\n' || data[0] == '\t' || data[0] == '\r') {
		data = data[1:]
	}
	return data
}
