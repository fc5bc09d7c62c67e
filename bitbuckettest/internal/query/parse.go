package query

import (
	"fmt"
	"strings"
)

// maxDepth bounds how deep parentheses may nest.
const maxDepth = 100

// parser reads
//
//	either     = both { OR both }
//	both       = term { AND term }
//	term       = "(" either ")" | comparison
//	comparison = field symbol literal | field [ NOT ] IN "(" literal { "," literal } ")"
type parser struct {
	lex         lexer
	tok         token
	depth       int
	comparisons int
	listed      int
	fields      []string
	seen        map[string]bool
}

func (p *parser) parse() (node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	root, err := p.either()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != endToken {
		return nil, p.unexpected("AND, OR or the end")
	}
	return root, nil
}

func (p *parser) either() (node, error) {
	return p.chain("OR", p.both)
}

func (p *parser) both() (node, error) {
	return p.chain("AND", p.term)
}

func (p *parser) chain(keyword string, operand func() (node, error)) (node, error) {
	var terms []node
	for {
		term, err := operand()
		if err != nil {
			return nil, err
		}
		terms = append(terms, term)
		if !p.atKeyword(keyword) {
			break
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return &logic{all: keyword == "AND", terms: terms}, nil
}

func (p *parser) term() (node, error) {
	if !p.atSymbol("(") {
		return p.comparison()
	}
	p.depth++
	if p.depth > maxDepth {
		return nil, &SyntaxError{p.tok.offset, "parentheses nest too deep"}
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	inner, err := p.either()
	if err != nil {
		return nil, err
	}
	p.depth--
	return inner, p.symbol(")")
}

func (p *parser) comparison() (node, error) {
	if p.tok.kind != wordToken || isReserved(p.tok.text) {
		return nil, p.unexpected("a field or (")
	}
	if !isPath(p.tok.text) {
		return nil, &SyntaxError{p.tok.offset, fmt.Sprintf("%q is not a field", p.tok.text)}
	}
	c := &comparison{field: p.tok.text}
	if err := p.count(c.field); err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.operator(c); err != nil {
		return nil, err
	}
	if c.op == in {
		return c, p.list(c)
	}
	return c, p.operand(c)
}

// count notes a comparison and its field.
func (p *parser) count(field string) error {
	if p.comparisons++; p.comparisons > MaxComparisons {
		return &SyntaxError{p.tok.offset, fmt.Sprintf("there are more than %d comparisons",
			MaxComparisons)}
	}
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	if !p.seen[field] {
		p.seen[field] = true
		p.fields = append(p.fields, field)
	}
	return nil
}

func (p *parser) operator(c *comparison) error {
	if p.atKeyword("NOT") {
		c.negated = true
		if err := p.advance(); err != nil {
			return err
		}
		if !p.atKeyword("IN") {
			return p.unexpected("IN")
		}
	}
	if p.atKeyword("IN") {
		c.op = in
		return p.advance()
	}
	if p.tok.kind != symbolToken {
		return p.unexpected("an operator")
	}
	switch p.tok.text {
	case "=":
		c.op = equal
	case "!=":
		c.op, c.negated = equal, true
	case "~":
		c.op = contains
	case "!~":
		c.op, c.negated = contains, true
	case ">":
		c.op = greater
	case ">=":
		c.op = greaterOrEqual
	case "<":
		c.op = less
	case "<=":
		c.op = lessOrEqual
	default:
		return p.unexpected("an operator")
	}
	return p.advance()
}

func (p *parser) list(c *comparison) error {
	if err := p.symbol("("); err != nil {
		return err
	}
	for {
		if err := p.operand(c); err != nil {
			return err
		}
		if !p.atSymbol(",") {
			return p.symbol(")")
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
}

// operand reads one literal and checks that the operator can be used with it.
func (p *parser) operand(c *comparison) error {
	lit := p.tok.literal
	if p.tok.kind == wordToken {
		switch p.tok.text {
		case "null":
			lit = literal{kind: nullKind}
		case "true", "false":
			lit = literal{kind: boolKind, truth: p.tok.text == "true"}
		default:
			return p.unexpected("a value (strings need double quotes)")
		}
	} else if p.tok.kind != literalToken {
		return p.unexpected("a value")
	}
	switch c.op {
	case contains:
		if lit.kind != stringKind {
			return &SyntaxError{p.tok.offset, "only a string can be contained, not " + lit.kindName()}
		}
	case greater, greaterOrEqual, less, lessOrEqual:
		if lit.kind == nullKind || lit.kind == boolKind {
			return &SyntaxError{p.tok.offset, "there is no order with " + lit.kindName()}
		}
	}
	if c.op == in {
		if err := p.enlist(c, lit); err != nil {
			return err
		}
	}
	c.literals = append(c.literals, lit)
	return p.advance()
}

// enlist notes a literal of a list. Strings are looked up; each other literal is a comparison.
func (p *parser) enlist(c *comparison, lit literal) error {
	if lit.kind != stringKind {
		return p.count(c.field)
	}
	if p.listed++; p.listed > MaxListed {
		return &SyntaxError{p.tok.offset, fmt.Sprintf("there are more than %d strings in lists",
			MaxListed)}
	}
	if c.listed == nil {
		c.listed = map[string]bool{}
	}
	c.listed[lit.text] = true
	return nil
}

func (p *parser) advance() error {
	tok, err := p.lex.next()
	p.tok = tok
	return err
}

func (p *parser) symbol(text string) error {
	if !p.atSymbol(text) {
		return p.unexpected(text)
	}
	return p.advance()
}

func (p *parser) atSymbol(text string) bool {
	return p.tok.kind == symbolToken && p.tok.text == text
}

func (p *parser) atKeyword(keyword string) bool {
	return p.tok.kind == wordToken && strings.EqualFold(p.tok.text, keyword)
}

func (p *parser) unexpected(wanted string) error {
	return &SyntaxError{p.tok.offset, fmt.Sprintf("found %v instead of %s", p.tok, wanted)}
}

// isReserved reports whether a word means something else than a field.
func isReserved(word string) bool {
	switch strings.ToUpper(word) {
	case "AND", "OR", "NOT", "IN", "NULL", "TRUE", "FALSE":
		return true
	default:
		return false
	}
}

// Parse reads a q expression. A fault in it gives a *SyntaxError.
func Parse(q string) (*Filter, error) {
	if len(q) > MaxLength {
		return nil, &SyntaxError{MaxLength, fmt.Sprintf("the expression is longer than %d bytes",
			MaxLength)}
	}
	p := parser{lex: lexer{text: q}}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	return &Filter{root: root, fields: p.fields}, nil
}
