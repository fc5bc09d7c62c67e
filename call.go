package bitbucket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// get calls an endpoint that answers with a T.
func get[T any](ctx context.Context, c *Client, to endpoint, opts []CallOption) (*T, error) {
	return send[T](ctx, c, http.MethodGet, to, nil, opts)
}

// send calls an endpoint with a body and decodes the T that it answers with.
func send[T any](ctx context.Context, c *Client, method string, to endpoint, in any, opts []CallOption) (*T, error) {
	out := new(T)
	if err := c.do(ctx, method, to, in, out, opts); err != nil {
		return nil, err
	}
	return out, nil
}

// do is a call with the options of a method.
func (c *Client) do(ctx context.Context, method string, to endpoint, in, out any, opts []CallOption) error {
	o, err := collect(opts)
	if err != nil {
		return err
	}
	response, err := c.exchange(ctx, method, to, &o, in, out)
	o.report(response)
	return err
}

// report hands the response to whoever asked for it.
func (o *callOptions) report(r *Response) {
	if o.into != nil && r != nil {
		*o.into = *r
	}
}

// A call is one exchange with its attempts.
type call struct {
	client  *Client
	method  string
	url     *url.URL
	pattern string

	attempts int           // sent so far
	waited   time.Duration // for the throttle so far
	throttle pausing       // that the last attempt went through
	sent     time.Time     // when the last attempt went out
	unsent   bool          // the last attempt certainly never reached the server
	abroad   bool          // the last attempt went to another host
	header   string        // the Authorization that the last attempt carried

	tries        int           // looked at by checkRetry
	serverErrors int           // answers of 500 among them
	renewals     int           // of a token that was refused
	delay        time.Duration // before the next attempt
	last         *Error        // what the last attempt ended with, when another follows
}

// callKey finds the call in the context of an attempt.
type callKey struct{}

// exchange sends a request, again where that is right, and decodes the answer
// into out. It returns the response when the options ask for one.
func (c *Client) exchange(ctx context.Context, method string, to endpoint, o *callOptions, in, out any) (*Response, error) {
	u, err := c.resolve(to)
	if err != nil {
		return nil, err
	}
	if o.from != "" {
		return nil, errors.New("bitbucket: From is an option of lists")
	}
	addQuery(u, o.encode())
	body, contentType, err := encodeBody(in)
	if err != nil {
		return nil, err
	}

	k := &call{client: c, method: method, url: u, pattern: to.pattern}
	req := &http.Request{
		Method: method, URL: u, Host: u.Host, Header: c.headers(o, contentType),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	retryable := &retryablehttp.Request{Request: req.WithContext(context.WithValue(ctx, callKey{}, k))}
	if len(body) > 0 {
		if err := retryable.SetBody(body); err != nil {
			return nil, err
		}
	}
	resp, err := k.retrier().Do(retryable)
	if err != nil {
		return nil, k.failure(ctx, err)
	}
	return k.finish(resp, o, out)
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
func (c *Client) headers(o *callOptions, contentType string) http.Header {
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

// finish turns the last answer into a value or an [*Error].
func (k *call) finish(resp *http.Response, o *callOptions, out any) (*Response, error) {
	defer resp.Body.Close()
	body := bodyOf(resp)
	var response *Response
	if o.into != nil {
		response = newResponse(k, resp, body)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return response, k.newError(resp, body)
	}
	if isErrorBody(body) {
		e := k.newError(resp, body)
		e.cause = fmt.Errorf("%w: it says that the call failed", ErrMalformedResponse)
		return response, e
	}
	if err := k.decode(resp, body, out); err != nil {
		e := k.newError(resp, body)
		e.cause = err
		e.Message, e.Detail, e.Fields, e.Data = "", "", nil, nil // what decode says of the body
		return response, e
	}
	return response, nil
}

// decode reads a successful answer into out.
func (k *call) decode(resp *http.Response, body []byte, out any) error {
	switch out := out.(type) {
	case nil:
		return nil
	case *json.RawMessage:
		*out = bytes.Clone(body)
		return nil
	}
	if len(bytes.TrimSpace(body)) == 0 {
		if resp.StatusCode == http.StatusNoContent && k.method != http.MethodGet {
			return nil
		}
		return fmt.Errorf("%w: the body is empty", ErrMalformedResponse)
	}
	if err := unmarshal(body, out); err != nil {
		if _, ok := errors.AsType[*json.SyntaxError](err); ok {
			summary := k.client.redacted(summarize(resp.Header.Get("Content-Type"), body))
			return fmt.Errorf("%w: it is no JSON but %q", ErrMalformedResponse, summary)
		}
		if errors.Is(err, ErrMalformedResponse) {
			return err
		}
		return fmt.Errorf("%w: %w", ErrMalformedResponse, err)
	}
	return nil
}

// unmarshal is json.Unmarshal, but for the types of this package that read a body
// themselves. They have no UnmarshalJSON, which would make every body read twice.
func unmarshal(body []byte, out any) error {
	if v, ok := out.(interface{ read(body []byte) error }); ok {
		return v.read(body)
	}
	return json.Unmarshal(body, out)
}

// isErrorBody reports whether a body is an error though the status is none.
func isErrorBody(body []byte) bool {
	if !bytes.Contains(body, []byte(`"error"`)) {
		return false
	}
	var envelope struct {
		Type  string          `json:"type"`
		Error json.RawMessage `json:"error"`
	}
	return json.Unmarshal(body, &envelope) == nil && envelope.Type == "error" && len(envelope.Error) > 0
}

// failure is the error of a call without a usable answer. When an earlier attempt
// was answered, that answer is the error, and what stopped the next attempt is its
// cause.
func (k *call) failure(ctx context.Context, err error) error {
	err = withoutURL(err)
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err) // a context's cause says why, not that
	}
	if e, ok := errors.AsType[*Error](err); ok && e.tokenRequest {
		e.Attempts = k.attempts
		return e
	}
	if k.last != nil {
		k.last.cause, k.last.Attempts = err, k.attempts
		return k.last
	}
	return &Error{Method: k.method, URL: plainURL(k.url), Attempts: k.attempts, cause: err}
}

// withoutURL is an error of net/http without the URL in its text, which has the
// query in it.
func withoutURL(err error) error {
	for {
		ue, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = ue.Err
	}
}

// plainURL is a URL as it may be shown: without its query.
func plainURL(u *url.URL) string {
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}

// redacted is a text of the server without the client's secrets.
func (c *Client) redacted(text string) string {
	if c.credential == nil {
		return text
	}
	return redact(text, c.credential.secrets())
}

// redact takes secrets out of a text of the server, should it have repeated them.
func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range [...]string{secret, strings.ReplaceAll(secret, "=", `\u003d`), url.QueryEscape(secret)} {
			text = strings.ReplaceAll(text, form, redacted)
		}
	}
	return text
}

// bodyOf is the whole body of an answer, which every attempt has read already. It is
// good until the body is closed.
func bodyOf(resp *http.Response) []byte {
	return resp.Body.(*bufferedBody).bytes()
}
