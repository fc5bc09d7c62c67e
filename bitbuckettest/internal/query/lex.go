package query

import (
	"fmt"
	"math/big"
	"strings"
)

type tokenKind int

const (
	endToken tokenKind = iota
	wordToken
	literalToken
	symbolToken
)

// token is a piece of an expression: a word (a field or a keyword), a literal, or a symbol.
type token struct {
	kind    tokenKind
	offset  int
	text    string
	literal literal
}

func (t token) String() string {
	if t.kind == endToken {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}

type lexer struct {
	text string
	pos  int
}

func (l *lexer) next() (token, error) {
	for l.pos < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.pos]) >= 0 {
		l.pos++
	}
	start := l.pos
	if start == len(l.text) {
		return token{kind: endToken, offset: start}, nil
	}
	rest := l.text[start:]
	switch c := rest[0]; {
	case c == '"':
		return l.quoted()
	case isDigit(c) || c == '-' || c == '+':
		return l.number()
	case isLetter(c):
		return token{kind: wordToken, offset: start, text: l.take(isWordByte)}, nil
	}
	for _, symbol := range [...]string{"!=", "!~", ">=", "<=", "=", "~", ">", "<", "(", ")", ","} {
		if strings.HasPrefix(rest, symbol) {
			l.pos += len(symbol)
			return token{kind: symbolToken, offset: start, text: symbol}, nil
		}
	}
	return token{}, &SyntaxError{start, fmt.Sprintf("unexpected %q", rest[:1])}
}

// quoted reads a string. A backslash escapes a quote or another backslash and stands before
// nothing else.
func (l *lexer) quoted() (token, error) {
	start := l.pos
	var text strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		switch c := l.text[i]; c {
		case '"':
			l.pos = i + 1
			return token{literalToken, start, l.text[start:l.pos], stringLiteral(text.String())}, nil
		case '\\':
			i++
			if i == len(l.text) || l.text[i] != '"' && l.text[i] != '\\' {
				return token{}, &SyntaxError{i - 1, `a backslash stands only before " or \`}
			}
			text.WriteByte(l.text[i])
		default:
			text.WriteByte(c)
		}
	}
	return token{}, &SyntaxError{start, "string without a closing quote"}
}

// number reads a number or a time, which both begin with a digit.
func (l *lexer) number() (token, error) {
	start := l.pos
	text := l.take(func(c byte) bool { return isWordByte(c) || c == '-' || c == '+' || c == ':' })
	tok := token{kind: literalToken, offset: start, text: text}
	if len(text) > MaxDigits {
		return token{}, &SyntaxError{start, fmt.Sprintf("the number has more than %d digits", MaxDigits)}
	}
	if isDecimal(text) {
		number, _ := new(big.Rat).SetString(text)
		tok.literal = literal{kind: numberKind, number: number}
		return tok, nil
	}
	if t, ok := parseTime(text); ok {
		tok.literal = literal{kind: timeKind, time: t}
		return tok, nil
	}
	return token{}, &SyntaxError{start, fmt.Sprintf("%q is neither a number nor a date", text)}
}

// take reads as long as the bytes are wanted.
func (l *lexer) take(wanted func(byte) bool) string {
	start := l.pos
	for l.pos < len(l.text) && wanted(l.text[l.pos]) {
		l.pos++
	}
	return l.text[start:l.pos]
}
