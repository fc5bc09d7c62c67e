package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// writings are the ways in which a text gets into another one.
var writings = map[string]func(string) string{
	"as it is":            func(s string) string { return s },
	"in a query":          url.QueryEscape,
	"in a path":           url.PathEscape,
	"percent, lower case": func(s string) string { return eachByte(s, "%%%02x") },
	"percent, upper case": func(s string) string { return eachByte(s, "%%%02X") },
	"JSON":                quotedJSON,
	"JSON of PHP":         func(s string) string { return strings.ReplaceAll(quotedJSON(s), "/", `\/`) },
	"JSON, hexadecimal":   utf16JSON,
	"Go, quoted":          func(s string) string { q := fmt.Sprintf("%q", s); return q[1 : len(q)-1] },
	"Go, bytes":           func(s string) string { return eachByte(s, `\x%02x`) },
	"HTML":                html.EscapeString,
	"HTML, decimal":       func(s string) string { return eachRune(s, "&#%d;") },
	"HTML, hexadecimal":   func(s string) string { return eachRune(s, "&#x%x;") },
	"HTML, HEXADECIMAL":   func(s string) string { return eachRune(s, "&#X%04X;") },
	"HTML, named":         htmlNamed,
	"with soft hyphens":   func(s string) string { return strings.Join(strings.Split(s, ""), "\u00ad") },
	"with breaks in HTML": func(s string) string { return strings.Join(strings.Split(s, ""), "&#8203;") },
	"with returns":        func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
	"base64":              func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 without end":  func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 of URLs":      func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
}

func eachByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func eachRune(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

func quotedJSON(s string) string {
	quoted, _ := json.Marshal(s)
	return string(quoted[1 : len(quoted)-1])
}

func utf16JSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r > 0xffff {
			r -= 0x10000
			fmt.Fprintf(&b, `\ud8%02x\u%04x`, r>>10, 0xdc00+r&0x3ff)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

func htmlNamed(s string) string {
	return strings.NewReplacer("=", "&equals;", "/", "&sol;", "+", "&plus;", "&", "&amp;", `"`, "&quot;",
		`\`, "&bsol;", "<", "&lt;", "%", "&percnt;", "é", "&eacute;").Replace(s)
}

// secrets are texts that look like an escape, begin one, or need one.
var secrets = []string{
	"ATATT3xFfGF0T0kEn=1A2B", `tok/en+&"\<=é世😀x`, "p ss w rd", `back\\slash\\\\es`, `C:\new\table`,
	"100%25sure%", "a&amp;b&lt;c&", `\u0041bcdefg`, "line one\nline two", "%%%%%%%%", `\\ab\\\\cd\\`, "&&&&amp;&&&",
	"++++ ++++", `ends with \`, "%41%42%43%44", "🗝️ of the house",
}

func TestRedactorFindsEveryWriting(t *testing.T) {
	for _, secret := range secrets {
		r := NewRedactor(secret)
		for first, one := range writings {
			checkClean(t, r, secret, first, one(secret))
			for second, two := range writings {
				// What is encoded is the secret, and what is put between its letters stays as it is.
				if !strings.HasPrefix(second, "base64") && !strings.HasPrefix(first+second, "with ") &&
					!strings.HasPrefix(second, "with ") {
					checkClean(t, r, secret, first+", then "+second, two(one(secret)))
				}
			}
		}
	}
}

// checkClean fails unless a text is nothing but a secret, and is replaced; but for the padding of
// base64.
func checkClean(t *testing.T, r Redactor, secret, name, text string) {
	t.Helper()
	clean := r.Text("«" + text + "»")
	rest, ok := strings.CutPrefix(clean, "«[redacted]")
	if !ok || len(rest) > len("»") && !(strings.Contains(name, "base64") && len(rest) < 30) {
		t.Errorf("%q, %s: %.60s became %.90s", secret, name, text, clean)
	}
}

// Writings may change in the middle, and come three times.
func TestRedactorFindsMixtures(t *testing.T) {
	const secret = `tok/en+&"\<=é世😀x`
	r := NewRedactor(secret)
	for _, text := range []string{
		`tok%2Fen+&amp;\"\\&lt;\u003d&eacute;%E4%B8%96\ud83d\ude00x`,
		html.EscapeString(quotedJSON(url.QueryEscape(secret))),
		quotedJSON(html.EscapeString(quotedJSON(secret))),
		url.QueryEscape(url.QueryEscape(url.QueryEscape(secret))),
		quotedJSON(quotedJSON(quotedJSON(secret))),
		html.EscapeString(html.EscapeString(html.EscapeString(secret))),
	} {
		if got := r.Text(text); got != "[redacted]" {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestRedactorOfSeveralSecrets(t *testing.T) {
	for _, tc := range []struct {
		secrets []string
		text    string
		want    string
	}{
		{[]string{"abcdefgh", "abcdefghijkl"}, "x abcdefghijkl y abcdefgh z", "x [redacted] y [redacted] z"},
		{[]string{"abcdefghijkl", "abcdefgh"}, "abcdefghij", "[redacted]ij"},
		{[]string{"abcdefgh", "efghijkl"}, "abcdefghijkl", "[redacted]"},
		{[]string{"abcdefgh", "ijklmnop"}, "abcdefghijklmnop", "[redacted][redacted]"},
		{[]string{"cdefghij"}, "abcdefghijklm", "ab[redacted]klm"},
		{[]string{"abababab"}, "ababababab", "[redacted]"}, // the secret overlaps itself
		{[]string{"abcdefghijkl", "defghijk", "ijklmnop"}, "abcdefghijklmnop", "[redacted]"},
		{[]string{""}, "nothing", "nothing"},
		{nil, "nothing", "nothing"},
		{[]string{"abcdefgh"}, "", ""},
	} {
		if got := NewRedactor(tc.secrets...).Text(tc.text); got != tc.want {
			t.Errorf("%q in %q: %q, want %q", tc.secrets, tc.text, got, tc.want)
		}
	}
}

// A short secret may be a word. It goes where it stands by itself, a field that equals it above all.
func TestRedactorOfShortSecrets(t *testing.T) {
	r := NewRedactor("admin")
	for text, want := range map[string]string{
		"admin":                     "[redacted]",
		`{"password":"admin"}`:      `{"password":"[redacted]"}`,
		"administrator":             "administrator",
		"the admin said":            "the [redacted] said",
		"sysadmin, admin_x, éadmin": "sysadmin, admin_x, éadmin",
		`wrong:\nadmin\tor`:         `wrong:\n[redacted]\tor`,
		"password%3Dadmin%26x":      "password%3D[redacted]%26x",
		`\u0061dmin`:                "[redacted]",
		`x\u0041admin`:              `x\u0041admin`,
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := NewRedactor("8letters").Text("a8lettersb"); got != "a[redacted]b" {
		t.Errorf("a secret of eight bytes: %q", got)
	}
}

// A text that is no secret is kept, whatever escapes it has.
func TestRedactorKeepsTheRest(t *testing.T) {
	r := NewRedactor("ATATT3xFfGF0T0kEn=1A2B", "x&yz%20abc")
	for _, text := range []string{
		`{"a":"b\u003dc\\d","e":[1,2]}`, "100% & more + less \\", "%", "&", `\`, `\u`, `\ud83d`, `\ud83d\u0041`,
		"&amp", "&#xffffffffff;", "%zz", `\x`, "ATATT3xFfGF0T0kEn=1A2", "\xff\xfe", "a\x00b",
	} {
		if got := r.Text(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// Whatever a server sends, reading it takes time in proportion to its length.
func TestRedactorIsNotMadeToWorkForever(t *testing.T) {
	r := NewRedactor(`\\\\\\\\x`, "%25%25%25%25", "&amp;&amp;&amp;", "plain-secret")
	for _, piece := range []string{`\`, `\\`, `\u005c`, "%", "%25", "&", "&amp;", "&#38;", "+", "\u00ad", `\"`} {
		text := strings.Repeat(piece, 1<<12/len(piece))
		if got := r.Text(text + "plain-secret"); !strings.HasSuffix(got, "[redacted]") {
			t.Errorf("after many %s the secret shows", piece)
		}
	}
}

func TestRedactedHeader(t *testing.T) {
	got := NewRedactor("abcdefgh", "K:m").header(http.Header{
		"x-abcdefgh": {"1"}, "Location": {"https://h/?t=abcdefgh", "abc"}, "Server": {"envoy"}, "X-K": {"K:m"},
	})
	want := http.Header{
		"x-[redacted]": {"1"}, "Location": {"https://h/?t=[redacted]", "abc"}, "Server": {"envoy"}, "X-K": {"[redacted]"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// An error is still what it was, but whoever prints its chain prints no secret.
func TestRedactedError(t *testing.T) {
	inner := &url.Error{Op: "Get", URL: "https://h/?token=abcdefgh", Err: fmt.Errorf("abcdefgh: %w", io.ErrUnexpectedEOF)}
	err := NewRedactor("abcdefgh").Error(fmt.Errorf("sent: %w", inner))
	if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		t.Error("it is not what it was")
	}
	if found, ok := errors.AsType[*url.Error](err); ok {
		t.Errorf("the URL can be had: %v", found)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if text := fmt.Sprintf("%v %+v %#v %q %d", e, e, e, e, e); strings.Contains(text, "abcdefgh") {
			t.Errorf("%T prints %s", e, text)
		}
	}
}
