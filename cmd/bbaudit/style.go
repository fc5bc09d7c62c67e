package main

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

// style is what the place of a report can show: colours on a terminal unless NO_COLOR says
// otherwise, and 80 columns where there is no terminal.
func (p *program) style(out string) render.Style {
	s := render.Style{Width: 80}
	f, ok := p.stdout.(*os.File)
	if out != "" || !ok || !term.IsTerminal(int(f.Fd())) {
		return s
	}
	s.Color = p.env.get("NO_COLOR") == "" && p.env.get("TERM") != "dumb"
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width >= 40 {
		s.Width = min(width, 160)
	}
	return s
}

func bytesReader(data []byte) io.Reader { return bytes.NewReader(data) }
