package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// A plan is which calls the audit takes, as far as that is known. How many pages a list has is known with its first one.
type plan struct {
	mu     sync.Mutex
	stages []*stage
	update func(done, total int, known bool) // is told of every call
}

// A stage is the calls of one kind.
type stage struct {
	plan  *plan
	done  int
	total int  // at least so many, done ones included
	known bool // total is all
}

// stage adds calls to the plan.
func (p *plan) stage(total int, known bool) *stage {
	s := &stage{plan: p, total: total, known: known}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stages = append(p.stages, s)
	return s
}

// expect sets how many calls a stage takes.
func (s *stage) expect(total int) {
	s.plan.mu.Lock()
	defer s.plan.mu.Unlock()
	s.total, s.known = total, true
}

// count sums the plan up.
func (p *plan) count() (done, total int, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sum()
}

func (p *plan) sum() (done, total int, known bool) {
	known = true
	for _, s := range p.stages {
		done += s.done
		total += s.total
		known = known && s.known
	}
	return done, total, known
}

// call notes that one call of a stage is done, and that the stage now takes more calls than was thought.
func (s *stage) call(more int) {
	s.plan.mu.Lock()
	s.done++
	s.total = max(s.total+more, s.done)
	done, total, known := s.plan.sum()
	s.plan.mu.Unlock()
	s.plan.update(done, total, known)
}

// page notes a page of the one list that a stage consists of.
func page[T any](s *stage, got *bitbucket.Page[T]) {
	s.plan.mu.Lock()
	done := s.done + 1
	if size, ok := got.Total(); ok && got.PageLen > 0 {
		s.total, s.known = (size+got.PageLen-1)/got.PageLen, true
	}
	if got.Next == "" {
		s.total, s.known = done, true
	} else {
		s.total = max(s.total, done+1)
	}
	s.plan.mu.Unlock()
	s.call(0)
}

// timing says how long so many calls take under a throttle.
func timing(t throttle.Throttle, calls int, now time.Time) string {
	var text strings.Builder
	e, ok := t.(throttle.Estimator)
	switch {
	case !ok:
		text.WriteString("the throttle cannot tell how long that takes")
	case e.Estimate(calls) == 0:
		text.WriteString("no waiting for the throttle")
	default:
		wait := e.Estimate(calls)
		fmt.Fprintf(&text, "about %s under the throttle, until %s", short(wait), clock(now.Add(wait), now))
	}
	if r, ok := t.(throttle.Reporter); ok {
		status := r.Status()
		fmt.Fprintf(&text, " (%d of %d calls in %s are free)", status.Free, status.Limit, short(status.Window))
	}
	return text.String()
}

// short writes a duration in whole seconds, without parts that are zero at its end.
func short(d time.Duration) string {
	if d > 0 && d < time.Second {
		return "1s"
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// clock writes a time of day, with the day when it is another one.
func clock(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("Jan 2 15:04:05")
	}
	return t.Format("15:04:05")
}
