package wire

import (
	"cmp"
	"encoding/base64"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// redactedText stands where a secret stood.
const redactedText = "[redacted]"

// longSecret is from how many bytes on a secret is replaced wherever it stands. A shorter one may
// be a common word, and is replaced where it stands by itself.
const longSecret = 8

// A Redactor takes secrets out of what a server said. It knows those of the attempts that were sent
// and those of the call, and is the only thing in this library that takes text of a server apart
// for them. The zero Redactor knows none.
type Redactor struct {
	secrets []string // the longest first, each once
}

// NewRedactor returns a Redactor of these secrets, and of the forms that a whole secret is sent in.
func NewRedactor(secrets ...string) Redactor {
	var all []string
	for _, secret := range secrets {
		if secret != "" {
			all = append(all, secret)
		}
		if len(secret) >= longSecret { // as somebody might write it who puts it into a header
			all = append(all, base64.StdEncoding.EncodeToString([]byte(secret)))
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	return Redactor{slices.Compact(all)}
}

// with is the Redactor with further secrets.
func (r Redactor) with(secrets ...string) Redactor {
	return NewRedactor(append(slices.Clone(secrets), r.secrets...)...)
}

// Text returns a text without the secrets, in whatever form they stand there: as they are,
// percent-encoded, with the escapes of JSON or of HTML, in any mixture.
func (r Redactor) Text(text string) string {
	spans := r.find(text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	last := 0
	for _, s := range spans {
		b.WriteString(text[last:s.from])
		b.WriteString(redactedText)
		last = s.to
	}
	b.WriteString(text[last:])
	return b.String()
}

// Texts is Text for each of several texts, which are not changed.
func (r Redactor) Texts(texts []string) []string {
	if len(r.secrets) == 0 || len(texts) == 0 {
		return texts
	}
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = r.Text(text)
	}
	return out
}

// header is a header without the secrets, in names and in values.
func (r Redactor) header(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		name = r.Text(name)
		out[name] = append(out[name], r.Texts(values)...)
	}
	return out
}

// A span is a part of a text.
type span struct{ from, to int }

// find returns where the secrets stand. Those that overlap are one span, so that no end of a secret
// is left that begins inside of another one.
func (r Redactor) find(text string) []span {
	var spans []span
	for _, secret := range r.secrets {
		for at := 0; at < len(text); at++ {
			n := matchLen(text[at:], secret)
			if n < 0 || len(secret) < longSecret && !standsAlone(text, at, at+n) {
				continue
			}
			spans = append(spans, span{at, at + n})
			at += n - 1
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && s.from < merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// matchLen returns how much of the beginning of a text spells a secret, or -1 when it does not.
func matchLen(text, secret string) int {
	at := 0
	for i := 0; i < len(secret); {
		if at == len(text) {
			return -1
		}
		if c := text[at]; c == '\\' || c == '%' || c == '&' || c == '+' {
			if plain, n := unescape(text[at:]); n > 0 && strings.HasPrefix(secret[i:], plain) {
				at += n
				i += len(plain)
				continue
			}
		}
		if text[at] != secret[i] {
			return -1
		}
		at++
		i++
	}
	return at
}

// unescape decodes the escape that a text begins with, one of JSON, of a URL or of HTML, and the
// escapes that it is written with itself. n is how long it is, and 0 when there is none.
func unescape(text string) (plain string, n int) {
	switch text[0] {
	case '\\':
		plain, n = unescapeJSON(text)
	case '%':
		plain, n = unescapePercent(text)
	case '&':
		plain, n = unescapeHTML(text)
	case '+':
		return " ", 1 // in a form
	}
	// The backslash, percent sign or ampersand that was spelt out may begin another escape.
	for n > 0 && (plain == `\` || plain == "%" || plain == "&") {
		inner, m := unescape(plain + text[n:min(len(text), n+longestEscape)])
		if m <= 1 {
			break
		}
		plain, n = inner, n+m-1
	}
	return plain, n
}

// longestEscape bounds how far an escape is looked for.
const longestEscape = 40

func unescapeJSON(text string) (string, int) {
	if len(text) < 2 {
		return "", 0
	}
	switch c := text[1]; c {
	case '"', '\\', '/', '\'':
		return text[1:2], 2
	case 'n', 't', 'r', 'b', 'f':
		return string("\n\t\r\b\f"[strings.IndexByte("ntrbf", c)]), 2
	case 'x':
		return codePoint(text, 2, 4)
	case 'u':
		plain, n := codePoint(text, 2, 6)
		if high, _ := utf8.DecodeRuneInString(plain); n > 0 && high == utf8.RuneError {
			return surrogates(text)
		}
		return plain, n
	}
	return "", 0
}

// codePoint reads hexadecimal digits between two places.
func codePoint(text string, from, to int) (string, int) {
	if len(text) < to {
		return "", 0
	}
	code, err := strconv.ParseUint(text[from:to], 16, 32)
	if err != nil {
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

func unescapePercent(text string) (string, int) {
	if len(text) < 3 {
		return "", 0
	}
	code, err := strconv.ParseUint(text[1:3], 16, 8)
	if err != nil {
		return "", 0
	}
	return string([]byte{byte(code)}), 3
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

// standsAlone reports whether a part of a text is not part of a longer word.
func standsAlone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !isWordRune(before, from > 0) && !isWordRune(after, to < len(text))
}

func isWordRune(r rune, there bool) bool {
	return there && (r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
		r >= utf8.RuneSelf && r != utf8.RuneError)
}
