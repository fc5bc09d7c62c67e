package query

import "strings"

// isDecimal reports whether text is digits with an optional sign and an optional fraction.
func isDecimal(text string) bool {
	whole, fraction, dotted := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return allDigits(whole) && (!dotted || allDigits(fraction))
}

func allDigits(text string) bool {
	for i := range len(text) {
		if !isDigit(text[i]) {
			return false
		}
	}
	return text != ""
}

func isDigit(c byte) bool {
	return '0' <= c && c <= '9'
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// isWordByte reports whether c may stand in a field path.
func isWordByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '.'
}

// isPath reports whether text is a dotted path of names.
func isPath(text string) bool {
	for name := range strings.SplitSeq(text, ".") {
		if name == "" {
			return false
		}
		for i := range len(name) {
			if !isWordByte(name[i]) {
				return false
			}
		}
	}
	return isLetter(text[0])
}
