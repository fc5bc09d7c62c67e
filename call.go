package bitbucket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
	"github.com/seed-9213fc64/bitbucket/internal/operations"
	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// A core is what the services of a client share: all that it takes to make a call.
type core struct {
	wire      *wire.Wire
	base      wire.Origin
	kind      wire.Kind
	observers observers
	userAgent string
	most      int // values that an answer may have in all
}

// get calls an endpoint that answers with a T.
func get[T any](ctx context.Context, c *core, to endpoint, opts []CallOption) (*T, error) {
	return send[T](ctx, c, http.MethodGet, to, nil, opts)
}

// send calls an endpoint with a body and decodes the T that it answers with.
func send[T any](
	ctx context.Context, c *core, method string, to endpoint, in any, opts []CallOption,
) (*T, error) {
	var out *T
	err := c.call(ctx, method, to, in, opts, func(a answer) ([]Unread, error) {
		out = new(T)
		if a.empty() {
			return nil, nil
		}
		j := judge{evident: evidenceOf[T](), fields: a.fields, most: c.most}
		if err := j.object(a.body); err != nil {
			return nil, err
		}
		return decode(a.body, out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// do calls an endpoint that has no result.
func (c *core) do(
	ctx context.Context, method string, to endpoint, in any, opts []CallOption,
) error {
	return c.call(ctx, method, to, in, opts, func(a answer) ([]Unread, error) {
		return nil, judge{}.nothing(a.status, a.body)
	})
}

// An answer is what a call reads its result from.
type answer struct {
	method string
	status int
	body   []byte
	fields fieldSet // that were asked for
}

// empty reports whether the server says that it has nothing to say, as it may to a write.
func (a answer) empty() bool {
	return a.method != http.MethodGet && len(a.body) == 0 &&
		(a.status == http.StatusNoContent || a.status == http.StatusResetContent)
}

// call is a call with the options of a method.
func (c *core) call(ctx context.Context, method string, to endpoint, in any, opts []CallOption,
	read func(answer) ([]Unread, error)) error {
	o, err := collect(opts)
	if err != nil {
		return err
	}
	if err := o.refuse(); err != nil {
		return err
	}
	u, err := to.on(c.base)
	if err != nil {
		return err
	}
	addQuery(u, o.encode())
	response, err := c.exchange(ctx, method, u, to.pattern, &o, in, read)
	o.report(response)
	return err
}

// exchange sends a request and reads its answer. It returns the response when the options ask for
// one.
func (c *core) exchange(ctx context.Context, method string, u *url.URL, pattern string, o *callOptions,
	in any, read func(answer) ([]Unread, error)) (*Response, error) {
	body, contentType, err := encodeBody(in)
	if err != nil {
		return nil, err
	}
	op, known := operationOf(method, pattern, u, c.base)
	req := &wire.Request{
		Method: method, Operation: op.Call, Pattern: op.Pattern, URL: u,
		Header: c.headers(o, contentType), Body: body, Secrets: o.secrets(in),
	}
	x := exchange{core: c, options: o, request: req, operation: op, known: known, began: time.Now()}
	ctx = c.observers.start(ctx, req, c.wire)
	sent, err := c.wire.Do(ctx, req)
	if err != nil {
		x.failed(err)
	} else {
		defer sent.Close()
		x.answered(ctx, sent, read)
	}
	c.observers.done(ctx, &x)
	return x.response, x.err
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

// An exchange is a call that is over.
type exchange struct {
	core      *core
	options   *callOptions
	request   *wire.Request
	operation operations.Operation
	known     bool
	began     time.Time

	status   int
	attempts int
	brought  bool // a credential, by the transport
	unread   []Unread
	response *Response // when the options ask for one
	err      error
}

// answered turns the last answer into a value or an [*Error].
func (x *exchange) answered(
	ctx context.Context, a *wire.Answer, read func(answer) ([]Unread, error),
) {
	x.status, x.attempts, x.brought = a.StatusCode, a.Attempts, a.Brought
	if a.StatusCode >= 200 && a.StatusCode <= 299 {
		var cause error
		got := answer{method: x.request.Method, status: a.StatusCode, body: a.Body(), fields: fieldsOf(x.request.URL)}
		x.unread, cause = x.read(ctx, a, func() ([]Unread, error) { return read(got) })
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

// longDecoding is from how many bytes on decoding takes so long that nobody should have to wait for
// it who has given up.
const longDecoding = 1 << 20

// read decodes an answer. When ctx ends first, the answer is left to the goroutine that decodes it:
// nobody sees what that writes, unless it is a value of the caller's.
func (x *exchange) read(
	ctx context.Context, a *wire.Answer, decode func() ([]Unread, error),
) ([]Unread, error) {
	if len(a.Body()) < longDecoding || x.options.inPlace || ctx.Done() == nil {
		return decode()
	}
	type result struct {
		unread   []Unread
		err      error
		panicked *wire.Panic
	}
	done := make(chan result, 1)
	var r result
	wire.Go(func() { r.unread, r.err = decode() }, func(p *wire.Panic) {
		r.panicked = p
		done <- r
	})
	select {
	case r := <-done:
		if r.panicked != nil {
			panic(r.panicked)
		}
		return r.unread, r.err
	case <-ctx.Done():
		a.Abandon()
		return nil, ctx.Err()
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
	e := &Error{cause: failure.Err}
	token, ofToken := errors.AsType[*wire.TokenError](failure.Err)
	switch {
	case ofToken:
		e = newTokenError(token)
		e.Attempts = failure.Attempts
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
		Method: x.request.Method, URL: x.core.wire.Shown(x.request),
		StatusCode: x.status, Attempts: x.attempts, Duration: time.Since(x.began), Err: x.err, Unread: x.unread,
	}
}

// complete adds to an error what the call knows.
func (x *exchange) complete(e *Error) *Error {
	e.Method, e.URL, e.Attempts = x.request.Method, x.core.wire.Shown(x.request), x.attempts
	situation{
		op: x.operation, known: x.known, path: x.request.URL.Path,
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

// headers are those of every attempt of a call, but for the credential.
func (c *core) headers(o *callOptions, contentType string) http.Header {
	h := o.header.Clone()
	if h == nil {
		h = make(http.Header, 4)
	}
	if h.Get("Accept") == "" {
		h.Set("Accept", "application/json")
	}
	if contentType != "" && h.Get("Content-Type") == "" {
		h.Set("Content-Type", contentType)
	}
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", c.userAgent)
	}
	return h
}

// encodeBody writes the body of a request and names its type.
func encodeBody(in any) ([]byte, string, error) {
	switch in := in.(type) {
	case nil:
		return nil, "", nil
	case url.Values:
		return []byte(in.Encode()), "application/x-www-form-urlencoded", nil
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, "", fmt.Errorf("bitbucket: the value to send cannot be written as JSON: %w", err)
	}
	return body, "application/json", nil
}

// vital are the members without which an object is taken for another one, or for a harmless one.
// An answer in which one of them cannot be read is malformed.
var vital = []string{
	"uuid", "account_id", "slug", "email", "key", "fingerprint", "full_name",
	"user", "group", "workspace", "repository", "project", "owner",
	"permission", "administrator", "secured", "is_private", "state",
}

// decode reads an object that was judged into out. A member that cannot be read costs that member
// only, and is returned.
func decode[T any](body []byte, out *T) ([]Unread, error) {
	if v, ok := any(out).(reader); ok {
		return v.read(body)
	}
	first := json.Unmarshal(body, out)
	if first == nil {
		return nil, nil
	}
	mended, missing, err := jsonscan.Mend(body, vital, func(object []byte) bool {
		return json.Unmarshal(object, new(T)) == nil
	})
	if err != nil {
		return nil, err
	}
	*out = *new(T)
	if err := json.Unmarshal(mended, out); err != nil || len(missing) == 0 {
		return nil, first
	}
	var unread []Unread
	for _, m := range missing {
		unread = append(unread, Unread(m))
	}
	return unread, nil
}

// A reader is a type that comes in several shapes, and reads a body itself. It has no UnmarshalJSON,
// which would make every body read twice.
type reader interface {
	read(body []byte) ([]Unread, error)
}
