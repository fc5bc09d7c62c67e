package wire

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
)

// A ConsumerConfig is what tokens of an OAuth consumer are asked for with.
type ConsumerConfig struct {
	Option, ID, Secret string
	TokenURL           string
	Transport          http.RoundTripper
	Timeout            time.Duration
}

// NewConsumer returns the credential of an OAuth consumer.
func NewConsumer(cfg ConsumerConfig) (*Credential, error) {
	if cfg.ID == "" {
		return nil, fmt.Errorf("bitbucket: %s: the client ID is empty; "+
			"it is the key of the OAuth consumer", cfg.Option)
	}
	if err := checkSecret(cfg.Option, "secret", cfg.Secret); err != nil {
		return nil, err
	}
	if _, err := ParseSecureURL("WithTokenURL", cfg.TokenURL); err != nil {
		return nil, err
	}
	conf := &clientcredentials.Config{
		ClientID:     cfg.ID,
		ClientSecret: cfg.Secret,
		TokenURL:     cfg.TokenURL,
		AuthStyle:    oauth2.AuthStyleInHeader, // known; guessing costs a second request
	}
	fetch := func(ctx context.Context) (*oauth2.Token, []string, error) {
		answers := &tokenWire{next: cfg.Transport}
		hc := &http.Client{Transport: answers, Timeout: cfg.Timeout, CheckRedirect: noRedirect}
		token, err := conf.Token(context.WithValue(ctx, oauth2.HTTPClient, hc))
		return token, answers.seen, err
	}
	// RFC 6749 wants both escaped before they are put together.
	pair := url.QueryEscape(cfg.ID) + ":" + url.QueryEscape(cfg.Secret)
	return newTokens(Consumer, cfg.TokenURL, true, fetch,
		cfg.Secret, base64.StdEncoding.EncodeToString([]byte(pair))), nil
}

// NewTokenSource returns the credential of any other OAuth flow.
func NewTokenSource(option string, ts oauth2.TokenSource) (*Credential, error) {
	if ts == nil {
		return nil, fmt.Errorf("bitbucket: %s: the token source is nil", option)
	}
	return newTokens(TokenSource, "", false, func(context.Context) (*oauth2.Token, []string, error) {
		token, err := ts.Token()
		return token, nil, err
	}), nil
}

// noRedirect keeps the client's secret at the token endpoint.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// tokens shares one OAuth token, and one request for it, among all callers.
type tokens struct {
	fetch       fetch
	cancellable bool     // fetch ends when its context does, and can always get another token
	endpoint    string   // where tokens are asked for; empty when only the source knows
	hidden      []string // what must not be shown, besides the tokens

	mu      sync.Mutex
	token   *oauth2.Token
	current *authorization // made of token
	given   []string       // the last ones, which stay secret when they are replaced
	flight  *flight
	refusal *TokenError // when the endpoint asked to be left alone
	resume  time.Time   // until then
}

// maxGiven is how many replaced tokens are kept, to know them should a server repeat them.
const maxGiven = 8

// fetch gets a new token. When it fails, hidden is what must not be shown of what the endpoint said.
type fetch func(ctx context.Context) (token *oauth2.Token, hidden []string, err error)

// A flight is a token request under way.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int

	authorization *authorization
	err           error
	panicked      *Panic // the token source did
}

func newTokens(
	kind Kind, endpoint string, cancellable bool, fetch fetch, hidden ...string,
) *Credential {
	t := &tokens{fetch: fetch, cancellable: cancellable, endpoint: endpoint, hidden: hidden}
	return &Credential{kind: kind, authorize: t.authorize, known: t.known, renew: t.renew}
}

// known returns what must not be shown: what tokens are asked for with, and the last ones.
func (t *tokens) known() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Concat(t.hidden, t.given)
}

// renew forgets the token that the server refused before its time, as it does with a revoked one.
// Whether a source has another one only the source knows; a consumer can always ask for one.
func (t *tokens) renew(refused *authorization) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == refused {
		t.token, t.current = nil, nil
	}
	return t.cancellable
}

// authorize returns a valid token. All callers that need one wait for the same request; each stops
// waiting when its context ends, and the request is given up when nobody waits any more.
func (t *tokens) authorize(ctx context.Context) (*authorization, error) {
	if err := t.rest(ctx); err != nil {
		return nil, err
	}
	t.mu.Lock()
	if t.token.Valid() {
		defer t.mu.Unlock()
		return t.current, nil
	}
	f := t.flight
	if f == nil {
		f = t.launch(ctx)
	}
	f.waiters++
	t.mu.Unlock()

	select {
	case <-f.done:
	case <-ctx.Done():
		t.leave(f)
		return nil, ctx.Err()
	}
	if f.panicked != nil {
		panic(f.panicked)
	}
	return f.authorization, f.err
}

// rest waits until the endpoint may be asked again that has refused with 429. When the deadline of
// ctx comes first, the refusal is the error, at once.
func (t *tokens) rest(ctx context.Context) error {
	t.mu.Lock()
	wait, refusal := time.Until(t.resume), t.refusal
	t.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return refusal
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// launch starts a token request. It outlives the caller that starts it, since others may be waiting
// for it. The mutex is held.
func (t *tokens) launch(ctx context.Context) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{done: make(chan struct{}), cancel: cancel}
	t.flight = f
	var token *oauth2.Token
	var hidden []string
	Go(func() { token, hidden, f.err = t.fetch(ctx) }, func(p *Panic) {
		defer cancel()
		f.panicked = p
		t.land(f, token, hidden)
	})
	return f
}

// land ends a flight.
func (t *tokens) land(f *flight, token *oauth2.Token, hidden []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.panicked == nil && f.err == nil && (token == nil || token.AccessToken == "") {
		f.err = errors.New("the answer holds no access token")
	}
	switch {
	case f.panicked != nil:
	case f.err != nil:
		refusal := t.failed(f.err, hidden)
		f.err = refusal
		if wait := refusal.wait(); wait > 0 {
			t.refusal, t.resume = refusal, time.Now().Add(wait)
		}
	default:
		f.authorization = &authorization{
			header: []string{"Bearer " + token.AccessToken},
			hidden: append([]string{token.AccessToken, token.RefreshToken}, t.hidden...),
		}
		t.token, t.current = token, f.authorization
		t.given = append([]string{token.AccessToken, token.RefreshToken}, t.given...)
		t.given = t.given[:min(len(t.given), maxGiven)]
	}
	if t.flight == f {
		t.flight = nil
	}
	close(f.done)
}

// leave takes one waiter off a flight. A flight that cannot be cancelled goes on and serves whoever
// comes next, since a refresh token must not be used twice.
func (t *tokens) leave(f *flight) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.waiters--
	if f.waiters == 0 && t.cancellable {
		f.cancel()
		if t.flight == f {
			t.flight = nil
		}
	}
}

// A TokenError says that no token could be had.
type TokenError struct {
	Endpoint string // empty when only the token source knows
	Said     *Said  // what the endpoint answered; nil when it did not
	err      error
}

// Error says why, without secrets.
func (e *TokenError) Error() string { return e.err.Error() }

// Unwrap returns what the token source said.
func (e *TokenError) Unwrap() error { return e.err }

// failed makes a TokenError of what a token source returned.
func (t *tokens) failed(err error, hidden []string) *TokenError {
	hidden = append(append(hidden, t.hidden...), t.given...)
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	if ok {
		hidden = append(append(hidden, tokensIn(re.Body)...), secretsOf(re.Response)...)
	}
	redactor := NewRedactor(hidden...)
	e := &TokenError{Endpoint: t.endpoint, err: redactor.Error(err)}
	if ok {
		e.Said = &Said{Redactor: redactor, Body: []byte(redactor.Text(string(re.Body)))}
		if re.Response != nil {
			e.Said.StatusCode = re.Response.StatusCode
			e.Said.Header = redactor.header(re.Response.Header)
		}
	}
	return e
}

// wait returns how long the endpoint asked to be left alone, by a 429.
func (e *TokenError) wait() time.Duration {
	if e.Said == nil || e.Said.StatusCode != http.StatusTooManyRequests {
		return 0
	}
	if after, ok := RetryAfter(e.Said.Header); ok {
		return min(after, maxRetryAfter)
	}
	return firstPause
}

// retriable reports whether asking again may mend the failure.
func (e *TokenError) retriable() bool {
	if e.Said == nil {
		return isNetwork(e.err) && !isPermanent(e.err)
	}
	return e.Said.StatusCode >= 500 || e.wait() > 0 && e.wait() < maxRetryAfter
}

// tokensIn finds the tokens in the answer of a token endpoint, which is JSON or a form.
func tokensIn(body []byte) []string {
	var found []string
	c := jsonscan.At(body)
	if c.Kind() != '{' {
		form, _ := url.ParseQuery(string(body))
		return tokensOf(form)
	}
	at := 0
	for key := range c.Members() {
		name := string(key)
		at = c.Offset()
		if token, err := jsonscan.String(c.Value()); err == nil && isTokenName(name) {
			found = append(found, token)
		}
	}
	if c.Err() != nil { // where it was cut off, a part of a token may stand
		found = append(found, strings.TrimLeft(string(body[at:]), ` "`))
	}
	return found
}

// tokensOf finds the secrets among the parameters of a form.
func tokensOf(form url.Values) []string {
	var found []string
	for name, values := range form {
		if isTokenName(name) {
			found = append(found, values...)
		}
	}
	return found
}

// isTokenName reports whether a parameter of OAuth is a secret: access_token, client_secret, code …
func isTokenName(name string) bool {
	switch strings.ToLower(name) {
	case "access_token", "refresh_token", "id_token", "client_secret", "client_assertion",
		"assertion", "code", "code_verifier", "password":
		return true
	}
	return false
}

// secretsOf finds what was sent to a token endpoint that must not be shown: a refresh token above
// all, which nobody but the token source knows.
func secretsOf(resp *http.Response) []string {
	if resp == nil || resp.Request == nil {
		return nil
	}
	var found []string
	if _, credential, ok := strings.Cut(resp.Request.Header.Get("Authorization"), " "); ok {
		_, secret, _ := resp.Request.BasicAuth()
		plain, _ := url.QueryUnescape(secret)
		found = append(found, credential, secret, plain)
	}
	if resp.Request.GetBody == nil {
		return found
	}
	body, err := resp.Request.GetBody()
	if err != nil {
		return found
	}
	defer body.Close()
	sent, _ := io.ReadAll(io.LimitReader(body, maxTokenAnswer))
	form, _ := url.ParseQuery(string(sent))
	return append(found, tokensOf(form)...)
}

// A tokenWire keeps the tokens of the last answer that went through it.
type tokenWire struct {
	next http.RoundTripper
	seen []string
}

// maxTokenAnswer is far above the size of any answer with tokens.
const maxTokenAnswer = 1 << 20

// RoundTrip implements http.RoundTripper.
func (w *tokenWire) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(req)
	if err != nil || resp == nil || resp.Body == nil {
		return resp, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > maxTokenAnswer: // what is cut off could be a part of a secret
		return nil, fmt.Errorf("%w: no answer with tokens has more than %d bytes",
			ErrResponseTooLarge, maxTokenAnswer)
	}
	w.seen = tokensIn(body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}
