package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"runtime/debug"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

// An audit reads what a scope asks for, and keeps count of how.
type audit struct {
	program   *program
	conn      *connection
	scope     access.Scope
	id        string
	began     time.Time
	collector *access.Collector
	saved     *checkpoint // nil without -resume
	before    int         // calls of earlier runs, as far as they are known
	planned   int
	once      sync.Once
}

// pagesAtATime is how many pages of a list are read at a time. It takes no more calls than one by one,
// unless the run ends early: then those on their way are lost.
const pagesAtATime = 4

// begin prepares an audit. A checkpoint is taken up when it is there.
func (p *program) begin(conn *connection, scope access.Scope, resume string) (*audit, error) {
	a := &audit{
		program: p,
		conn:    conn,
		scope:   scope,
		id:      newID(),
		began:   time.Now().UTC().Truncate(time.Second),
	}
	hooks := access.Hooks{Before: conn.before, Advanced: a.advanced}
	if resume != "" {
		hooks.Keep = func(e access.Entry) error { return a.saved.keep(e) }
	}
	pages := pagesAtATime
	if resume != "" || conn.most > 0 {
		pages = 1 // each is kept before another call is made
	}
	a.collector = access.NewCollector(access.Bitbucket(conn.client, pages), scope, hooks)
	if resume == "" {
		return a, nil
	}
	saved, err := openCheckpoint(resume, checkpointHead{
		Kind: checkpointKind, Version: checkpointVersion, ID: a.id, Started: a.began,
		BaseURL: conn.client.BaseURL(), Account: conn.account, Scope: scope,
	}, a.collector.Replay)
	if err != nil {
		return nil, err
	}
	a.saved, a.id, a.began, a.before = saved, saved.head.ID, saved.head.Started, saved.calls
	if a.before > 0 {
		p.progress.say(
			"resumed: %s in %s",
			plural(a.before, "call was made before", "calls were made before"),
			resume,
		)
	}
	return a, nil
}

// advanced shows how far the audit is.
func (a *audit) advanced(at access.Progress) {
	a.planned = at.Total
	a.program.progress.count(at.Done, at.Total, at.Known)
	if at.Known && at.Total > at.Done {
		a.once.Do(func() {
			rest := at.Total - at.Done
			a.program.progress.say(
				"%s to come: %s",
				plural(rest, "more call", "more calls"),
				timing(a.conn.limit, rest, time.Now()),
			)
			if a.conn.most > 0 && int64(rest) > a.conn.most-a.conn.made.Load() {
				a.program.progress.say("-max-calls allows fewer: the report will be incomplete")
			}
		})
	}
}

// announce says what is known about the calls before the first one.
func (a *audit) announce() {
	at := a.collector.Progress()
	a.planned = at.Total
	if rest := at.Total - at.Done; rest > 0 {
		a.program.progress.say(
			"at least %s to make: %s",
			plural(rest, "call", "calls"),
			timing(a.conn.limit, rest, time.Now()),
		)
	}
}

// read reads. Its error is what ended it early.
func (a *audit) read(ctx context.Context) error {
	a.announce()
	err := a.collector.Run(ctx)
	a.program.progress.finish()
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// report makes a report of what was read, apart from its settings and inputs.
func (a *audit) report(demo bool, now time.Time, ending error) *report.Report {
	r := report.New(demo)
	r.AsOf, r.Access = now, a.collector.Snapshot()
	r.Tool, r.Run.ID = thisTool(), a.id
	r.Run.Started, r.Run.Ended = a.began, time.Now().UTC().Truncate(time.Second)
	if a.saved != nil {
		r.Run.Resumed = append(r.Run.Resumed, a.saved.resumed...)
	}
	r.Run.Calls = report.Calls{
		Planned: a.planned, Made: a.before + int(a.conn.made.Load()),
		Retried: int(a.conn.retried.Load()), Refused: int(a.conn.refused.Load()),
	}
	if ending != nil {
		r.Run.Ending = ending.Error()
	}
	r.Source = report.Source{BaseURL: a.conn.client.BaseURL(), Credential: a.conn.kind}
	if demo {
		r.Source.BaseURL = "demo"
	}
	if v := r.Access.Viewer; v != nil {
		r.Source.Account, r.Source.UUID = v.Name, v.UUID
	}
	return r
}

// roster reads a roster, and what it adds to a report.
func (p *program) roster(name string) (findings.Roster, *report.Input, error) {
	if name == "" {
		return nil, nil, nil
	}
	data, err := p.read(name)
	if err != nil {
		return nil, nil, usagef("-roster %v", err)
	}
	roster, err := findings.ReadRoster(bytesReader(data))
	if err != nil {
		return nil, nil, usagef("-roster %s: %v", name, err)
	}
	return roster, inputOf("roster", name, data), nil
}

func inputOf(name, file string, data []byte) *report.Input {
	return &report.Input{Name: name, File: file, SHA256: sealed.Sum(data)}
}

// newID makes the ID of a report.
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	return hex.EncodeToString(id[:])
}

// thisTool says which program this is.
func thisTool() report.Tool {
	t := report.Tool{Name: "bbaudit", Version: "(devel)"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	if info.Main.Version != "" {
		t.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			t.Revision = s.Value
		case "vcs.modified":
			t.Modified = s.Value == "true"
		}
	}
	return t
}
