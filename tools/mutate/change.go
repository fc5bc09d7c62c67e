package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
)

// A change is another text at one place of a file.
type change struct {
	at       token.Position
	from, to int // offsets
	old, new string
}

func (c change) String() string { return fmt.Sprintf("%v: %s becomes %s", c.at, c.old, c.new) }

// apply returns the changed source.
func (c change) apply(source []byte) []byte {
	out := append([]byte(nil), source[:c.from]...)
	out = append(out, c.new...)
	return append(out, source[c.to:]...)
}

// operators are those that are changed, and what they become.
var operators = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD,
}

// changesOf returns the changes of a file, in the order in which they stand there.
func changesOf(name string, source []byte) ([]change, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, 0)
	if err != nil {
		return nil, err
	}
	c := collector{set: set, source: source}
	ast.Inspect(file, c.visit)
	return c.found, nil
}

type collector struct {
	set    *token.FileSet
	source []byte
	found  []change
}

// replace notes that what stands between two places becomes something else.
func (c *collector) replace(from, to token.Pos, with string) {
	at := c.set.Position(from)
	end := c.set.Position(to).Offset
	c.found = append(c.found, change{at, at.Offset, end, string(c.source[at.Offset:end]), with})
}

func (c *collector) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec:
		return false
	case *ast.BinaryExpr:
		if to, ok := operators[n.Op]; ok {
			c.replace(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), to.String())
		}
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			c.replace(n.OpPos, n.OpPos+1, "")
		}
	case *ast.IfStmt:
		c.condition(n.Cond)
	case *ast.CaseClause:
		for _, e := range n.List {
			c.condition(e)
		}
	case *ast.Ident:
		switch n.Name {
		case "true":
			c.replace(n.Pos(), n.End(), "false")
		case "false":
			c.replace(n.Pos(), n.End(), "true")
		}
	case *ast.BasicLit:
		if v, err := strconv.Atoi(n.Value); err == nil && n.Kind == token.INT {
			c.replace(n.Pos(), n.End(), strconv.Itoa(v+1))
		}
	case *ast.ReturnStmt:
		c.result(n)
	case *ast.ExprStmt:
		c.replace(n.Pos(), n.End(), "_ = 0")
	case *ast.IncDecStmt:
		c.replace(n.Pos(), n.End(), "_ = 0")
	}
	return true
}

// condition turns a condition round, unless another change does so.
func (c *collector) condition(e ast.Expr) {
	switch e := e.(type) {
	case *ast.CallExpr, *ast.SelectorExpr, *ast.Ident:
		if id, ok := e.(*ast.Ident); ok && (id.Name == "true" || id.Name == "false") {
			return
		}
		c.replace(e.Pos(), e.End(), "!("+string(c.source[c.set.Position(e.Pos()).Offset:c.set.Position(e.End()).Offset])+")")
	}
}

// result forgets the error that is returned last.
func (c *collector) result(n *ast.ReturnStmt) {
	if len(n.Results) == 0 {
		return
	}
	last := n.Results[len(n.Results)-1]
	if id, ok := last.(*ast.Ident); ok && id.Name == "err" {
		c.replace(last.Pos(), last.End(), "nil")
	}
	if call, ok := last.(*ast.CallExpr); ok {
		if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "malformed" {
			c.replace(last.Pos(), last.End(), "nil")
		}
	}
}
