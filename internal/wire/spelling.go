package wire

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A spelling looks for a secret in a text. What looks like an escape may be one, one of an escape, or
// part of the secret as it is, so all of its readings are followed.
type spelling struct {
	text, secret string
	failed       map[place]bool // where no reading leads to the end, as far as remembered
}

// A place is how far a text has been compared with a secret.
type place struct{ text, secret int }

// maxFailed bounds what a spelling remembers. Places that matter lie close to each other.
const maxFailed = 1 << 12

// from returns where the rest of the secret ends that begins at a place, or -1 when it does not.
func (s *spelling) from(at place) int {
	for at.secret < len(s.secret) {
		if at.text == len(s.text) {
			return -1
		}
		c := s.text[at.text]
		if isEscape(c) || mayBeUnseen(c) {
			if end := s.read(at); end >= 0 {
				return end
			}
		}
		if c != s.secret[at.secret] {
			return -1
		}
		at.text++
		at.secret++
	}
	return at.text
}

// read follows the readings of what stands at a place, the longest one first.
func (s *spelling) read(at place) int {
	if s.failed[at] {
		return -1
	}
	followed := false
	for _, r := range slices.Backward(readings(s.text[at.text:])) {
		if r.plain == "" && at.secret == 0 || !strings.HasPrefix(s.secret[at.secret:], r.plain) {
			continue
		}
		if end := s.from(place{at.text + r.n, at.secret + len(r.plain)}); end >= 0 {
			return end
		}
		followed = true
	}
	if followed {
		if s.failed == nil || len(s.failed) > maxFailed {
			s.failed = make(map[place]bool)
		}
		s.failed[at] = true
	}
	return -1
}

// A reading is what the first so many bytes of a text may stand for.
type reading struct {
	plain string
	n     int
}

const (
	// mostWritings is how often a text may have been written with escapes.
	mostWritings = 4
	// longestEscape is how long an escape may be, and longestWritten when it is written once more.
	longestEscape  = 40
	longestWritten = 128
)

// readings returns what a text may begin with besides its first byte: what the escape there stands
// for, what that stands for when it begins an escape itself, and so on.
func readings(text string) []reading {
	var all []reading
	w := window{text: text[:min(len(text), longestWritten)]}
	if r, size := utf8.DecodeRuneInString(w.text); isUnseen(r) {
		all = append(all, reading{"", size})
	}
	for range mostWritings {
		if w.text != "" && w.text[0] == '+' { // in a form
			all = append(all, reading{" ", w.before(1)})
		}
		if plain, n := unescape(w.text); n > 0 {
			all = append(all, reading{plain, w.before(n)})
			if r, _ := utf8.DecodeRuneInString(plain); isUnseen(r) {
				all = append(all, reading{"", w.before(n)})
			}
			if !isEscape(plain[0]) {
				break
			}
		} else if !strings.ContainsAny(w.text[1:min(len(w.text), longestEscape)], `\%&`) {
			break // what is no escape here will not become one
		}
		var more bool
		if w, more = w.unescaped(); !more {
			break
		}
	}
	return all
}

// A window is the beginning of a text, after its escapes have been taken out some times.
type window struct {
	text  string
	begun [windowSize]uint8 // in the text as it was, for each byte and for the end
	taken bool              // that there is a begun: else they are the same
}

// enough is how long a window is at least, for any escape that is not itself escaped. What the
// last escape stands for may be longer.
const (
	enough     = 16
	windowSize = enough + longestEscape + 1
)

// before is where the n-th byte began.
func (w *window) before(n int) int {
	if !w.taken {
		return n
	}
	return int(w.begun[n])
}

// unescaped takes the escapes out once more, and reports whether there were any.
func (w *window) unescaped() (next window, found bool) {
	var buffer [windowSize]byte
	text, at := buffer[:0], 0
	for at < len(w.text) && len(text) < enough {
		plain, n := unescape(w.text[at:])
		if n == 0 {
			plain, n = w.text[at:at+1], 1
		}
		found = found || n > 1
		for i := range len(plain) {
			next.begun[len(text)+i] = uint8(w.before(at))
		}
		text = append(text, plain...)
		at += n
	}
	next.text, next.taken = string(text), true
	next.begun[len(text)] = uint8(w.before(at))
	return next, found
}

// isEscape reports whether an escape may begin with a byte.
func isEscape(c byte) bool { return c == '\\' || c == '%' || c == '&' || c == '+' }

// mayBeUnseen reports whether a byte may begin a character that nobody sees.
func mayBeUnseen(c byte) bool { return c < ' ' || c >= 0x7f }

// isUnseen reports whether a character is one that is left out where texts are shown. A server may
// put some into a long word, for line breaks.
func isUnseen(r rune) bool {
	return r != utf8.RuneError && !unicode.IsPrint(r) && (r == '\r' || !unicode.IsSpace(r))
}

// unescape decodes the escape that a text begins with, one of JSON, of a URL or of HTML. n is how
// long it is, and 0 when there is none.
func unescape(text string) (plain string, n int) {
	if text == "" {
		return "", 0
	}
	switch text[0] {
	case '\\':
		return unescapeJSON(text)
	case '%':
		return unescapePercent(text)
	case '&':
		return unescapeHTML(text)
	}
	return "", 0
}

// unescapeJSON reads the escapes of strings of JSON, and those that Go has besides.
func unescapeJSON(text string) (string, int) {
	const letters, meant = "ntrbfav", "\n\t\r\b\f\a\v"
	if len(text) < 2 {
		return "", 0
	}
	switch c := text[1]; c {
	case '"', '\\', '/', '\'':
		return text[1:2], 2
	case 'x':
		return unescapeByte(text, 2)
	case 'u':
		plain, n := codePoint(text, 2, 6)
		if r, _ := utf8.DecodeRuneInString(plain); n > 0 && r == utf8.RuneError {
			return surrogates(text)
		}
		return plain, n
	case 'U':
		return codePoint(text, 2, 10)
	default:
		if i := strings.IndexByte(letters, c); i >= 0 {
			return meant[i : i+1], 2
		}
	}
	return "", 0
}

// codePoint reads hexadecimal digits between two places.
func codePoint(text string, from, to int) (string, int) {
	if len(text) < to {
		return "", 0
	}
	code, err := strconv.ParseUint(text[from:to], 16, 32)
	if err != nil || code > unicode.MaxRune {
		return "", 0
	}
	return string(rune(code)), to
}

// surrogates reads a character that JSON writes as two escapes.
func surrogates(text string) (string, int) {
	const pair = len(`\ud83d\ude00`)
	if len(text) < pair || text[6:8] != `\u` {
		return "", 0
	}
	high, err1 := strconv.ParseUint(text[2:6], 16, 16)
	low, err2 := strconv.ParseUint(text[8:12], 16, 16)
	if r := utf16.DecodeRune(rune(high), rune(low)); err1 == nil && err2 == nil && r != utf8.RuneError {
		return string(r), pair
	}
	return "", 0
}

func unescapePercent(text string) (string, int) { return unescapeByte(text, 1) }

// unescapeByte reads the two hexadecimal digits of a byte.
func unescapeByte(text string, from int) (string, int) {
	if len(text) < from+2 {
		return "", 0
	}
	high, low := hexDigit(text[from]), hexDigit(text[from+1])
	if high < 0 || low < 0 {
		return "", 0
	}
	return string([]byte{byte(high<<4 | low)}), from + 2
}

// hexDigit is the value of a hexadecimal digit, or -1. Whole texts consist of what is none, and the
// errors of strconv would take most of the time that those take.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func unescapeHTML(text string) (string, int) {
	end := strings.IndexByte(text[:min(len(text), longestEscape)], ';')
	if end < 0 {
		return "", 0
	}
	entity := text[:end+1]
	if plain := html.UnescapeString(entity); plain != entity {
		return plain, len(entity)
	}
	return "", 0
}
