package bitbucket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-9213fc64/bitbucket/internal/operations"
	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// A core is what the services of a client share: all that it takes to make a call.
type core struct {
	wire      *wire.Wire
	base      wire.Origin
	kind      wire.Kind
	observers observers
	headers   map[string]http.Header // of calls without options, by the type of what they send
	most      int                    // values that an answer may have in all
}

// get calls an endpoint that answers with a T.
func get[T any](ctx context.Context, c *core, to endpoint, opts []CallOption) (*T, error) {
	return send[T](ctx, c, http.MethodGet, to, nil, opts)
}

// send calls an endpoint with a body and decodes the T that it answers with.
func send[T any](
	ctx context.Context, c *core, method string, to endpoint, in any, opts []CallOption,
) (*T, error) {
	out := new(single[T])
	if err := c.call(ctx, method, to, in, opts, out); err != nil {
		return nil, err
	}
	return &out.value, nil
}

// do calls an endpoint that has no result.
func (c *core) do(
	ctx context.Context, method string, to endpoint, in any, opts []CallOption,
) error {
	return c.call(ctx, method, to, in, opts, none{})
}

// A result judges the answer to a call and takes over what it says. What cannot be read of it
// without harm is returned.
type result interface {
	take(answer) ([]Unread, error)
}

// call is a call with the options of a method.
func (c *core) call(
	ctx context.Context, method string, to endpoint, in any, opts []CallOption, out result,
) error {
	x := &exchange{core: c, options: noOptions}
	if len(opts) > 0 {
		x.options = new(callOptions)
		if err := x.options.collect(opts); err != nil {
			return err
		}
	}
	if err := x.options.refuse(); err != nil {
		return err
	}
	u, err := to.on(c.base)
	if err != nil {
		return err
	}
	addQuery(u, x.options.encode())
	err = x.run(ctx, method, u, to.pattern, in, out)
	x.options.report(x.response)
	return err
}

// noOptions are those of most calls. Nobody changes them.
var noOptions = new(callOptions)

// An exchange is one call: its options, what is sent, and what came of it. It is the context of its
// attempts.
type exchange struct {
	context.Context
	values context.Context // of a hook; nil without one

	core    *core
	options *callOptions
	request wire.Request
	began   time.Time

	status   int
	attempts int
	brought  bool // a credential, by the transport
	unread   []Unread
	response *Response // when the options ask for one
	err      error
}

// OperationFrom returns what a call is for, from the context of one of its attempts: the method of
// this library ("Users.Get") and the documented path ("/2.0/users/{selected_user}"). It is for
// transports, given with [WithTransport]. Both are empty for other contexts, and for an endpoint
// that this library does not know.
func OperationFrom(ctx context.Context) (operation, pattern string) {
	if req, ok := ctx.Value(operationKey{}).(*wire.Request); ok {
		return req.Operation, req.Pattern
	}
	return "", ""
}

// operationKey finds the request in the context of an attempt.
type operationKey struct{}

// Value implements context.Context. What ends the context is the caller's; its values may be those
// of a hook.
func (x *exchange) Value(key any) any {
	if _, ok := key.(operationKey); ok {
		return &x.request
	}
	if x.values != nil {
		if value := x.values.Value(key); value != nil {
			return value
		}
	}
	return x.Context.Value(key)
}

// run sends the request and reads its answer.
func (x *exchange) run(
	ctx context.Context, method string, u *url.URL, pattern string, in any, out result,
) error {
	body, contentType, err := encodeBody(in)
	if err != nil {
		return err
	}
	c := x.core
	op, _ := operationOf(method, pattern, u, c.base)
	x.Context, x.began = ctx, time.Now()
	x.request = wire.Request{
		Method: method, Operation: op.Call, Pattern: op.Pattern, URL: u,
		Header: c.header(x.options, contentType), Body: body, Secrets: x.options.secrets(in),
	}
	x.values = c.observers.start(ctx, &x.request, c.wire)
	answer, err := c.wire.Do(x, &x.request)
	if err != nil {
		x.failed(err)
	} else {
		defer answer.Close()
		x.answered(answer, out)
	}
	if len(c.observers.traces) > 0 {
		c.observers.done(x, x.info())
	}
	return x.err
}

// operationOf finds the row of a call: by the pattern of a method, by the path of what has none.
func operationOf(
	method, pattern string, u *url.URL, base wire.Origin,
) (operations.Operation, bool) {
	if pattern != "" {
		return operations.Find(method, pattern)
	}
	return operations.Match(method, base.Route(u))
}

// answered turns the last answer into a value or an [*Error].
func (x *exchange) answered(a *wire.Answer, out result) {
	x.status, x.attempts, x.brought = a.StatusCode, a.Attempts(), a.Brought()
	if a.StatusCode >= 200 && a.StatusCode <= 299 {
		var cause error
		x.unread, cause = x.read(a, out)
		if cause != nil && a.Body() != nil {
			x.malformed(a, cause)
		} else if cause != nil {
			x.err = x.complete(&Error{StatusCode: a.StatusCode, cause: cause})
			return
		}
	} else {
		x.err = x.complete(newError(a.Said()))
	}
	if x.options.into != nil {
		x.response = newResponse(a, x.unread)
	}
	x.unread = withoutSecrets(x.unread, a)
}

// withoutSecrets are members that could not be read, as hooks are told of them.
func withoutSecrets(members []Unread, a *wire.Answer) []Unread {
	if len(members) == 0 {
		return nil
	}
	redactor, told := a.Redactor(), make([]Unread, len(members))
	for i, m := range members {
		told[i] = Unread{redactor.Text(m.Member), json.RawMessage(redactor.Text(string(m.Value)))}
	}
	return told
}

// read takes over an answer. When the context ends first, the answer is left to the goroutine that
// decodes it: nobody sees what that writes, unless it is a value of the caller's.
func (x *exchange) read(a *wire.Answer, out result) ([]Unread, error) {
	got := answer{
		method: x.request.Method, status: a.StatusCode, body: a.Body(),
		fields: fieldsOf(x.request.URL), most: x.core.most,
	}
	if err := got.odd(); err != nil {
		return nil, err
	}
	if len(got.body) < longDecoding || x.options.inPlace || x.Done() == nil {
		return out.take(got)
	}
	type taken struct {
		unread   []Unread
		err      error
		panicked *wire.Panic
	}
	done := make(chan taken, 1)
	var t taken
	wire.Go(func() { t.unread, t.err = out.take(got) }, func(p *wire.Panic) {
		t.panicked = p
		done <- t
	})
	select {
	case t := <-done:
		if t.panicked != nil {
			panic(t.panicked)
		}
		return t.unread, t.err
	case <-x.Done():
		a.Abandon()
		return nil, x.Context.Err()
	}
}

// malformed makes the error of a success that is none. What the server says in it is shown, since
// that may be why; what was understood of it is not.
func (x *exchange) malformed(a *wire.Answer, cause error) {
	said := a.Said()
	if s, ok := errors.AsType[*spoken](cause); ok {
		s.words = said.Redactor.Text(s.words)
	}
	e, spoke := readError(said)
	switch {
	case !spoke && len(bytes.TrimSpace(said.Body)) > 0 && !json.Valid(said.Body):
		cause = malformed("it is no JSON but %q", summarize(said))
	case !errors.Is(cause, ErrMalformedResponse) && !errors.Is(cause, ErrResponseTooLarge):
		cause = malformed("%w", cause)
	}
	e.cause = said.Redactor.Error(cause)
	x.err = x.complete(e)
}

// failed makes the error of a call without a usable answer. When an earlier attempt was answered,
// that answer is the error, and what stopped the next attempt is its cause.
func (x *exchange) failed(err error) {
	failure, ok := errors.AsType[*wire.Failure](err)
	if !ok {
		x.err = err
		return
	}
	x.attempts = failure.Attempts
	e := &Error{cause: failure.Err, neverSent: !failure.Left}
	token, ofToken := errors.AsType[*wire.TokenError](failure.Err)
	switch {
	case ofToken:
		e = newTokenError(token)
		e.Attempts, e.neverSent = failure.Attempts, !failure.Left
		x.err = e
		return
	case failure.Answered != nil:
		e = newError(*failure.Answered)
		e.cause = failure.Err
		x.status = e.StatusCode
		if x.options.into != nil {
			x.response = responseOf(*failure.Answered, failure)
		}
	}
	x.err = x.complete(e)
}

// info is what hooks are told.
func (x *exchange) info() CallDoneInfo {
	return CallDoneInfo{
		Operation: x.request.Operation, Pattern: x.request.Pattern,
		Method: x.request.Method, URL: x.core.wire.Shown(&x.request),
		StatusCode: x.status, Attempts: x.attempts, Duration: time.Since(x.began), Err: x.err, Unread: x.unread,
	}
}

// complete adds to an error what the call knows.
func (x *exchange) complete(e *Error) *Error {
	e.Method, e.URL, e.Attempts = x.request.Method, x.core.wire.Shown(&x.request), x.attempts
	op, known := operationOf(x.request.Method, x.request.Pattern, x.request.URL, x.core.base)
	situation{
		op: op, known: known, path: x.request.URL.Path,
		credential: x.core.kind, brought: x.brought,
	}.advise(e)
	return e
}

// addQuery appends to the query that a URL may have already.
func addQuery(u *url.URL, query string) {
	if u.RawQuery != "" && query != "" {
		query = u.RawQuery + "&" + query
	}
	if query != "" {
		u.RawQuery = query
	}
}

// The types of what a call sends.
const (
	sendsNothing = ""
	sendsForm    = "application/x-www-form-urlencoded"
	sendsJSON    = "application/json"
)

// headersOf makes the headers of calls without options.
func headersOf(userAgent string) map[string]http.Header {
	headers := make(map[string]http.Header)
	for _, contentType := range [...]string{sendsNothing, sendsForm, sendsJSON} {
		h := http.Header{"Accept": {"application/json"}, "User-Agent": {userAgent}}
		if contentType != sendsNothing {
			h.Set("Content-Type", contentType)
		}
		headers[contentType] = h
	}
	return headers
}

// header is that of every attempt of a call, but for the credential. Most calls share one, which
// nobody changes: an attempt has a map of its own.
func (c *core) header(o *callOptions, contentType string) http.Header {
	h := c.headers[contentType]
	if o.header == nil {
		return h
	}
	h = maps.Clone(h)
	maps.Copy(h, o.header)
	return h
}

// encodeBody writes the body of a request and names its type.
func encodeBody(in any) ([]byte, string, error) {
	switch in := in.(type) {
	case nil:
		return nil, sendsNothing, nil
	case url.Values:
		return []byte(in.Encode()), sendsForm, nil
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, "", fmt.Errorf("bitbucket: the value to send cannot be written as JSON: %w", err)
	}
	return body, sendsJSON, nil
}
