package wire

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
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
			all = append(all, base64.RawStdEncoding.EncodeToString([]byte(secret)),
				base64.RawURLEncoding.EncodeToString([]byte(secret)))
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	return Redactor{slices.Compact(all)}
}

// Text returns a text without the secrets, in whatever form they stand there: as they are,
// percent-encoded, with the escapes of JSON or of HTML, in any mixture, and written so several times
// over.
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
	if len(r.secrets) == 0 {
		return nil
	}
	spellings := make([]spelling, len(r.secrets))
	var begins [256]bool // by byte: a secret may begin with it
	for i, secret := range r.secrets {
		spellings[i] = spelling{text: text, secret: secret}
		begins[secret[0]] = true
	}
	var spans []span
	for at := range len(text) {
		if !begins[text[at]] && !isEscape(text[at]) {
			continue
		}
		var escapes []reading
		if isEscape(text[at]) {
			escapes = readings(text[at:])
		}
		end := at
		for i, secret := range r.secrets {
			if !mayBegin(text[at], escapes, secret) {
				continue
			}
			to := spellings[i].from(place{text: at})
			if len(secret) >= longSecret || to >= 0 && standsAlone(text, at, to) {
				end = max(end, to)
			}
		}
		last := len(spans) - 1
		switch {
		case end == at:
		case last >= 0 && at < spans[last].to:
			spans[last].to = max(spans[last].to, end)
		default:
			spans = append(spans, span{at, end})
		}
	}
	return spans
}

// mayBegin reports whether a secret may begin with a byte of a text, or with the escape there.
func mayBegin(c byte, escapes []reading, secret string) bool {
	return c == secret[0] || slices.ContainsFunc(escapes, func(e reading) bool {
		return e.plain != "" && e.plain[0] == secret[0]
	})
}

// standsAlone reports whether a part of a text is not part of a longer word.
func standsAlone(text string, from, to int) bool {
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !isWordRune(lastRune(text[:from]), from > 0) && !isWordRune(after, to < len(text))
}

// lastRune returns the last character of a text, which may be written as an escape.
func lastRune(text string) rune {
	const longest = len(`\u0020`)
	for n := 2; n <= min(longest, len(text)); n++ {
		end := text[len(text)-n:]
		if plain, m := unescape(end); m == n {
			text = plain
			break
		}
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	return last
}

func isWordRune(r rune, there bool) bool {
	return there && (r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
		r >= utf8.RuneSelf && r != utf8.RuneError)
}
