package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/render"
)

const (
	lineEvery   = 10 * time.Second // between two lines where there is no terminal
	worthSaying = time.Second      // waits below this are not mentioned
)

// A progress tells the user how far the audit is: with a bar on a terminal, else with a line now
// and then.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	width int // of the terminal; 0 for none

	done, total int
	known       bool      // total is all
	waits       int       // how many calls wait for the throttle
	until       time.Time // when the first of them goes on
	drawn       int       // width of the bar on the screen
	said        time.Time // when the last line of progress was written
	told        time.Time // the time of the last wait that was mentioned
}

// newProgress writes to out, with a bar when that is a terminal.
func newProgress(out io.Writer) *progress {
	p := &progress{out: out, said: time.Now()}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.width = 80
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			p.width = width
		}
	}
	return p
}

// say writes a line of its own. What other people chose, such as names, does no harm to the
// terminal.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line(fmt.Sprintf(format, args...))
	p.draw()
}

// sayEach says what an error has on each of its lines.
func (p *progress) sayEach(err error) {
	for line := range strings.Lines(err.Error()) {
		p.say("%s", strings.TrimSuffix(line, "\n"))
	}
}

// count shows how far the plan is.
func (p *progress) count(done, total int, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.total, p.known = max(p.done, done), total, known // calls at once may report in any order
	if p.width == 0 && time.Since(p.said) >= lineEvery {
		p.said = time.Now()
		p.line(p.tally())
	}
	p.draw()
}

// finish takes the bar away.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.total = 0
}

// trace makes a client report what it waits for and what goes wrong.
func (p *progress) trace() *bitbucket.Trace {
	return &bitbucket.Trace{
		WaitStart: func(_ context.Context, info bitbucket.WaitStartInfo) { p.waitStart(info.Until) },
		WaitDone:  func(context.Context, bitbucket.WaitDoneInfo) { p.waitDone() },
		Retry: func(_ context.Context, info bitbucket.RetryInfo) {
			why := fmt.Sprint("status ", info.StatusCode)
			if info.Err != nil {
				why = info.Err.Error()
			}
			p.say("a call failed (%s); another attempt follows in %s", why, short(info.Delay))
		},
	}
}

// waitStart notes that a call waits for the throttle.
func (p *progress) waitStart(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits++
	if p.waits == 1 || until.Before(p.until) {
		p.until = until
	}
	now := time.Now()
	if p.width == 0 && until.Sub(now) >= worthSaying && until.Sub(p.told) >= worthSaying {
		p.told, p.said = until, now
		p.line(p.tally())
	}
	p.draw()
}

func (p *progress) waitDone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits--
	p.draw()
}

// tally says how many calls are done, and what the next one waits for.
func (p *progress) tally() string {
	text := fmt.Sprintf("%d of at least %d calls", p.done, p.total)
	if p.known {
		text = fmt.Sprintf("%d of %d calls", p.done, p.total)
	}
	switch now := time.Now(); {
	case p.waits == 0:
	case p.until.After(now):
		text += ", next free slot at " + moment(p.until, now)
	default:
		text += ", waiting for a slot"
	}
	return text
}

// line writes a line in the place of the bar.
func (p *progress) line(text string) {
	p.erase()
	fmt.Fprintf(p.out, "bbaudit: %s\n", render.Clean(text))
}

// draw shows the bar on a terminal.
func (p *progress) draw() {
	if p.width == 0 || p.total == 0 {
		return
	}
	tally := p.tally()
	bar := "bbaudit: " + tally
	if room := min(40, p.width-len(bar)-4); room >= 10 {
		full := room * p.done / p.total
		bar = "bbaudit: [" + strings.Repeat("#", full) + strings.Repeat("-", room-full) + "] " + tally
	}
	bar = bar[:min(len(bar), p.width-1)] // a full line would wrap
	fmt.Fprintf(p.out, "\r%-*s", p.drawn, bar)
	p.drawn = len(bar)
}

// erase takes the bar off the screen.
func (p *progress) erase() {
	if p.drawn > 0 {
		fmt.Fprintf(p.out, "\r%*s\r", p.drawn, "")
		p.drawn = 0
	}
}
