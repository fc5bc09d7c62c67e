package wire

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
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
	flight  *flight
	refusal *TokenError // when the endpoint asked to be left alone
	resume  time.Time   // until then
}

// fetch gets a new token. When it fails, hidden is what must not be shown of what the endpoint
// said.
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
	return &Credential{kind: kind, authorize: t.authorize, renew: t.renew}
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
	go func() {
		defer cancel()
		var token *oauth2.Token
		var hidden []string
		f.panicked = Catch(func() { token, hidden, f.err = t.fetch(ctx) })
		t.land(f, token, hidden)
	}()
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
	hidden = append(hidden, t.hidden...)
	if t.token != nil {
		hidden = append(hidden, t.token.AccessToken, t.token.RefreshToken)
	}
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	if ok {
		hidden = append(hidden, tokensIn(re.Body)...)
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

// tokensIn finds the tokens in the answer of a token endpoint.
func tokensIn(body []byte) []string {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return nil
	}
	var found []string
	for _, name := range [...]string{"access_token", "refresh_token", "id_token"} {
		var token string
		if json.Unmarshal(members[name], &token) == nil && token != "" {
			found = append(found, token)
		}
	}
	return found
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
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer))
	if err != nil {
		return nil, err
	}
	w.seen = tokensIn(body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}
