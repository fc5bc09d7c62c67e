// Package doctor finds out what a credential is and may do, and whether Bitbucket still answers as
// the library expects.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	table "github.com/seed-9213fc64/bitbucket/internal/operations"
)

// Calls is how many calls an examination makes at the most, unless somebody wants more.
const Calls = 25

// A Report is what an examination has found. Its JSON form is described by doctor.v1.json.
type Report struct {
	Kind       string      `json:"kind"`
	Version    int         `json:"version"` // of this form
	Demo       bool        `json:"demo"`
	Started    time.Time   `json:"started"`
	BaseURL    string      `json:"base_url"`
	Credential Credential  `json:"credential"`
	Workspace  string      `json:"workspace"` // that was looked into; empty when none is known
	Calls      CallCount   `json:"calls"`
	Stopped    string      `json:"stopped"` // why it ended early; empty when it did not
	Operations []Operation `json:"operations"`
	Limits     []Limit     `json:"limits"`
}

// CallCount counts calls with their repetitions.
type CallCount struct {
	Most int `json:"most"`
	Made int `json:"made"`
}

// An Operation is one that reads, and how it went.
type Operation struct {
	Name     string   `json:"name"`
	Endpoint string   `json:"endpoint"`
	State    State    `json:"state"`
	Status   int      `json:"status"` // of HTTP; 0 without an answer
	Scopes   []string `json:"scopes"` // that are missing
	Why      string   `json:"why"`    // it is not allowed
	Drift    Drift    `json:"drift"`
}

// State is how an operation went.
type State string

// The states of an operation.
const (
	Allowed  State = "allowed"
	Refused  State = "refused"
	Gone     State = "gone"
	Failed   State = "failed" // there was no usable answer
	NotTried State = "not tried"
)

// A Limit is what Bitbucket tells of its own limits. It tells access tokens only.
type Limit struct {
	Resource  string `json:"resource"` // the group of endpoints that it is for
	Limit     int    `json:"limit"`    // calls an hour in all, not how many are left
	NearLimit bool   `json:"near_limit"`

	// RetryAfter is how many seconds it wants to be left alone; 0 when it does not say.
	RetryAfter int `json:"retry_after"`
}

// Count returns how many operations went so.
func (r *Report) Count(state State) (n int) {
	for i := range r.Operations {
		if r.Operations[i].State == state {
			n++
		}
	}
	return n
}

// Unwell reports whether something is refused, has gone without notice, or is no longer found.
func (r *Report) Unwell() bool {
	return slices.ContainsFunc(r.Operations, func(o Operation) bool {
		return o.State == Refused || o.State == Gone && o.Status != 0 || o.Drift.Harmful()
	})
}

// A Patient is what is examined.
type Patient struct {
	// Client makes every call once: an examination repeats by itself what deserves it.
	Client    *bitbucket.Client
	Sent      string // what the credential is sent as: an API token, an OAuth consumer, an access token
	Workspace string // empty for the first one that Bitbucket lists
	Most      int    // calls, for the report

	// Before is asked before each call and ends the examination when it has an error.
	Before func() error
	// Advanced is told of each operation that is done; it may be nil.
	Advanced func(done, all int)
}

// Examine tries each operation that reads once, as far as what it needs is known and calls are left.
// The error is that of a patient of which nothing can be said at all: no call was answered.
func Examine(ctx context.Context, p Patient) (*Report, error) {
	x := newExamination(p)
	if p.Workspace != x.ids["workspace"] {
		return nil, fmt.Errorf("no workspace can be %q: give its slug or its UUID", p.Workspace)
	}
	for i, op := range x.operations {
		x.report.Operations = append(x.report.Operations, x.examine(ctx, op))
		if p.Advanced != nil {
			p.Advanced(i+1, len(x.operations))
		}
	}
	x.report.Stopped = x.stopped
	x.report.Credential.settle(p.Sent, x.report)
	x.report.Workspace = x.ids["workspace"]
	if !x.answered && x.failure != nil {
		return nil, x.failure
	}
	return x.report, nil
}

// An examination is under way.
type examination struct {
	Patient
	operations []operation
	ids        identifiers
	report     *Report

	answered bool  // by Bitbucket, at least once
	failure  error // the last one
	stopped  string
	allowed  bool // at least one operation
	rejected int  // answers that the credential is none
	silent   int  // operations without an answer before the first one with one
}

func newExamination(p Patient) *examination {
	x := &examination{Patient: p, operations: operations(), ids: identifiers{}}
	x.report = &Report{
		Kind: "bbaudit doctor", Version: 1, Started: time.Now().UTC().Truncate(time.Second),
		BaseURL: p.Client.BaseURL(), Calls: CallCount{Most: p.Most},
		Credential: Credential{Scopes: []string{}}, Operations: []Operation{}, Limits: []Limit{},
	}
	x.ids.learn("", "workspace", p.Workspace)
	if _, err := bitbucket.ParseUUID(p.Workspace); err != nil { // the 1.0 API takes slugs only
		x.ids.learn("", "workspace_slug", p.Workspace)
	}
	return x
}

// examine tries one operation.
func (x *examination) examine(ctx context.Context, op operation) Operation {
	o := Operation{
		Name: op.name, Endpoint: "GET " + op.Pattern, State: NotTried, Scopes: []string{},
		Drift: Drift{[]string{}, []string{}, []string{}},
	}
	path, missing := x.ids.path(op.Pattern)
	switch {
	case op.State == table.Removed:
		o.State, o.Why = Gone, "Bitbucket removed it on "+op.Until+": use "+op.Replacement
		return o
	case x.stop(ctx) != "":
		o.Why = x.stopped
		return o
	case missing != "":
		o.Why = "it needs " + missing + ", and nothing that was read has one"
		return o
	case x.Before() != nil:
		o.Why = "left out to stay within " + strconv.Itoa(x.Most) + " calls"
		return o
	}
	response, err := x.ask(ctx, op, path)
	x.take(&o, op, response, err)
	return o
}

// stop says why no more calls are made, if so.
func (x *examination) stop(ctx context.Context) string {
	if x.stopped == "" && ctx.Err() != nil && x.Before() == nil {
		x.stopped = "it was stopped before: " + context.Cause(ctx).Error()
	}
	return x.stopped
}

// ask makes a call, and once more when it failed in a way that may be over in a moment.
func (x *examination) ask(
	ctx context.Context, op operation, path string,
) (response bitbucket.Response, err error) {
	for range 2 {
		response = bitbucket.Response{}
		opts := append(slices.Clone(op.query), bitbucket.ResponseInto(&response))
		err = op.shape.ask(ctx, x.Client, path, opts...)
		x.answered = x.answered || response.StatusCode != 0
		if !passing(err) || ctx.Err() != nil || x.Before() != nil {
			break
		}
	}
	return response, err
}

// passing reports whether a failure may be over in a moment.
func passing(err error) bool {
	e, ok := errors.AsType[*bitbucket.Error](err)
	if !ok || e.RetryAfter > 0 || errors.Is(err, bitbucket.ErrMalformedResponse) {
		return false
	}
	return e.StatusCode == 0 || e.StatusCode >= 500
}

// take notes how an operation went.
func (x *examination) take(o *Operation, op operation, r bitbucket.Response, err error) {
	o.Status = r.StatusCode
	if len(r.GrantedScopes) > 0 {
		x.report.Credential.Scopes = r.GrantedScopes
	}
	x.limit(r, err)
	if r.StatusCode >= 200 && r.StatusCode <= 299 {
		x.read(o, op, r, err)
		return
	}
	if x.failure = err; !x.answered {
		if x.silent++; x.silent > 1 {
			x.stopped = "there is no answer"
		}
	}
	e, ok := errors.AsType[*bitbucket.Error](err)
	switch {
	case err == nil: // a redirect that is none, and the like
		o.State, o.Why = Failed, "the answer is not what the endpoint sends"
	case !ok:
		o.State, o.Why = Failed, plain(err)
	default:
		o.Status = e.StatusCode
		x.refused(o, op, e)
	}
}

// read takes an answer of success. What is wrong with it is not repeated, since that may show what
// it holds.
func (x *examination) read(o *Operation, op operation, r bitbucket.Response, err error) {
	drift, known := compare(op.shape, r.Body)
	o.Drift = drift
	if err != nil || op.shape.form == single && known == 0 {
		o.State, o.Why = Failed, "the answer is not what the endpoint sends"
		if errors.Is(err, bitbucket.ErrResponseTooLarge) {
			o.Why = "the answer is larger than the library takes"
		}
		x.failure = err
		return
	}
	o.State, x.allowed = Allowed, true
	for parameter, member := range op.gives {
		x.ids.learn(op.Pattern, parameter, op.shape.identifier(r.Body, member))
	}
	if op.Pattern == currentUser {
		x.report.Credential.belongs(r.Body)
	}
}

// refused takes an answer that is none.
func (x *examination) refused(o *Operation, op operation, e *bitbucket.Error) {
	o.State, o.Why = stateOf(e.StatusCode), reason(e, e.Hint)
	switch {
	case lacksScope(e):
		o.Scopes = append(o.Scopes, e.RequiredScopes...)
		o.Why = "it needs a scope that the credential does not have"
	case refusesKind(op, e):
		o.Why = reason(e, "it takes "+op.Credentials.String())
	}
	switch {
	case e.NeverSent() && errors.Is(e, bitbucket.ErrUnauthorized):
		x.stopped = "there is no token for the credential"
	case e.StatusCode == http.StatusTooManyRequests:
		x.stopped = "Bitbucket takes no more calls for now (429)"
	case e.StatusCode == http.StatusUnauthorized:
		if x.rejected++; x.rejected > 1 && !x.allowed {
			x.stopped = "Bitbucket does not take the credential (401)"
		}
	}
}

// refusesKind reports whether a kind of credential is what is refused. The library has advice for
// that, which is about its own options; what is left of the 1.0 API says nothing but "Forbidden".
func refusesKind(op operation, e *bitbucket.Error) bool {
	return e.StatusCode == http.StatusForbidden &&
		(e.Hint != "" || strings.HasPrefix(op.Pattern, "/1.0/"))
}

func stateOf(status int) State {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusPaymentRequired,
		http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return Refused
	case http.StatusGone:
		return Gone
	}
	return Failed
}

// lacksScope reports whether a scope is what is missing. Every refusal names the scopes that an
// endpoint wants.
func lacksScope(e *bitbucket.Error) bool {
	return e.StatusCode == http.StatusForbidden && len(e.RequiredScopes) > 0 &&
		strings.Contains(e.Hint, "scope")
}

// reason is what was said to a call, and what to do about it.
func reason(e *bitbucket.Error, hint string) string {
	var parts []string
	for _, text := range []string{e.Message, e.Detail, hint} {
		text = strings.Trim(strings.Join(strings.Fields(text), " "), ".;:, ")
		if text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return plain(e)
	}
	return strings.Join(parts, "; ")
}

// plain is an error without what every error of the library begins with.
func plain(err error) string { return strings.TrimPrefix(err.Error(), "bitbucket: ") }

// limit notes what an answer tells of limits.
func (x *examination) limit(r bitbucket.Response, err error) {
	l := Limit{
		Resource: r.RateLimit.Resource, Limit: r.RateLimit.Limit, NearLimit: r.RateLimit.NearLimit,
	}
	if e, ok := errors.AsType[*bitbucket.Error](err); ok {
		l.RetryAfter = int(e.RetryAfter / time.Second)
	}
	if l == (Limit{}) {
		return
	}
	for i := range x.report.Limits {
		known := &x.report.Limits[i]
		if known.Resource == l.Resource {
			known.Limit = max(known.Limit, l.Limit)
			known.NearLimit = known.NearLimit || l.NearLimit
			known.RetryAfter = max(known.RetryAfter, l.RetryAfter)
			return
		}
	}
	x.report.Limits = append(x.report.Limits, l)
}
