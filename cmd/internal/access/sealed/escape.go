package sealed

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// escaped writes characters that a terminal might obey as escapes, which changes no value.
func escaped(text []byte) []byte {
	if !bytes.ContainsFunc(text, harmful) {
		return text
	}
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case !harmful(r):
			out = append(out, text[:n]...)
		case r > 0xffff:
			first, second := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, first, second)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}

func harmful(r rune) bool { return r != '\n' && !strconv.IsPrint(r) }
