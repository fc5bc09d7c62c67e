// Package render writes reports and verdicts in the forms that people and programs read.
package render

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text of others fit for a terminal: control characters, escape sequences among them,
// and characters that change the direction of text are written as escapes.
func Clean(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if strings.IndexFunc(text, unprintable) < 0 {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		switch {
		case !unprintable(r):
			out.WriteRune(r)
		case unicode.Is(unicode.Zs, r): // a space that is not the usual one
			out.WriteByte(' ')
		default:
			out.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return out.String()
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }

// Guard keeps a spreadsheet from taking a cell for a formula.
func Guard(cell string) string {
	if first, n := utf8.DecodeRuneInString(cell); n > 0 &&
		strings.ContainsRune("=+-@＝＋－＠\t\r\n", first) {
		return "'" + cell
	}
	return cell
}

// Count writes a number with its noun.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
