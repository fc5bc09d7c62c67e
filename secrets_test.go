package bitbucket_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// This file plants secrets in every place of an answer and looks for them in everything that can be
// printed afterwards.

func TestNoPlantedSecretShows(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 3))
	cases := 0
	for _, h := range holders() {
		for _, length := range plantable {
			secret := newSecret(random, length, h.between)
			for j, w := range writings {
				text, parts := w.write(h, secret), partsOf(h, secret, w)
				for i, in := range places {
					if length > 1000 && (i+j)%3 > 0 {
						continue // they take most of the time
					}
					cases++
					answered := in.put(text)
					answered.status = refusals[cases%len(refusals)]
					if in.name == "Location" {
						answered.status = 301 + cases%2
					}
					plant(t, fmt.Sprintf("%s of %d, %s, %s, %d", h.name, length, w.name, in.name, answered.status),
						h, secret, answered, parts)
				}
			}
		}
	}
	t.Logf("%d cases", cases)
}

// cutPlaces are those whose texts are cut.
var cutPlaces = slices.DeleteFunc(slices.Clone(places), func(in place) bool {
	return !slices.Contains([]string{"text", "title", "message", "detail", "data", "sentence", "unreadable vital member"}, in.name)
})

// Every text is cut somewhere. A secret across the cut does not show either.
func TestNoCutSecretShows(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 4))
	h := holders()[1]
	cases := 0
	for _, length := range plantable {
		secret := newSecret(random, length, h.between)
		parts := runs(secret)
		for _, cut := range []int{60, 150, 200, 300, 1 << 10, 4 << 10} {
			for _, before := range []int{-length - 1, -length, -length / 2, -13, 0} {
				padding := max(0, cut+before)
				for _, in := range cutPlaces {
					for _, status := range []int{400, 200} {
						cases++
						answered := in.put(strings.Repeat(". ", padding/2) + strings.Repeat("-", padding%2) + secret)
						answered.status = status
						plant(t, fmt.Sprintf("%d bytes %d before %d, %s, %d", length, -before, cut, in.name, status),
							h, secret, answered, parts)
					}
				}
			}
		}
		for _, fields := range []int{48, 49, 50, 51} {
			var b strings.Builder
			for i := range fields {
				fmt.Fprintf(&b, `"f%d":["x"],`, i)
			}
			for range 5 { // which of them are kept is left to chance
				cases++
				plant(t, fmt.Sprintf("%d fields", fields), h, secret, said{status: 400, body: fmt.Sprintf(
					`{"error":{"fields":{%s"%s":["%[2]s"]}}}`, b.String(), inJSON(secret))}, parts)
			}
		}
	}
	t.Logf("%d cases", cases)
}

// One secret may be the beginning of another, overlap it or stand beside it.
func TestNoSecretShowsBesideAnother(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 5))
	cases := 0
	for _, h := range holders() {
		for _, length := range plantable[:2] {
			first := newSecret(random, length, h.between)
			tail := "=" + newSecret(random, 20, h.between)
			for name, other := range map[string]string{
				"beginning": first + tail,
				"end":       tail[1:] + "=" + first,
				"overlap":   first[len(first)-6:] + tail,
				"beside":    tail,
			} {
				text := first + tail
				if name == "end" {
					text = other
				}
				for _, w := range writings[:len(writings)-1] {
					in := places[cases%4]
					cases++
					answered := in.put(w.write(h, text) + "; " + w.write(h, other) + "; " + w.write(h, first))
					answered.status = refusals[cases%len(refusals)]
					plant(t, fmt.Sprintf("%s, %s, %s, %s", h.name, name, w.name, in.name), h, first, answered,
						append(partsOf(h, first, w), partsOf(h, tail, w)...), bitbucket.Secret(other))
				}
			}
		}
	}
	t.Logf("%d cases", cases)
}

// withTokens are answers of a token endpoint that hold tokens as they are sent.
var withTokens = []string{"no number", "cut", "token as a number"}

// A token endpoint is sent a secret, sends one, and may repeat either.
func TestTokenEndpointsTellNoSecrets(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 6))
	const form = "application/x-www-form-urlencoded"
	answers := map[string]struct {
		contentType, body string
		statuses          []int
	}{
		"error": {asJSON, `{"error":"%s"}`, []int{200, 400, 401, 403, 429, 500}},
		"description": {
			asJSON, `{"error":"invalid_grant","error_description":"%s","error_uri":"https://h/%[1]s"}`,
			[]int{200, 400, 401},
		},
		"error with tokens":  {asJSON, `{"error":"slow_down","Access_Token":"%s","refresh_token":"%[2]s"}`, []int{200, 400}},
		"no number":          {asJSON, `{"access_token":"%s","refresh_token":"%[2]s","expires_in":"%[2]s"}`, []int{200}},
		"token as a number":  {asJSON, `{"access_token":"%s","token_type":["%[2]s"]}`, []int{200}},
		"text":               {asText, "you sent %s", []int{200, 400, 503}},
		"page":               {asHTML, "<title>%s</title>", []int{200, 400, 503}},
		"form":               {form, "error=%s&error_description=%[1]s", []int{200, 400}},
		"form with tokens":   {form, "error=no&access_token=%s&refresh_token=%[2]s", []int{200, 400}},
		"cut":                {asJSON, `{"error":"no","access_token":"%s","refresh_token":"%[2]s`, []int{400}},
		"as Bitbucket's API": {asJSON, `{"error":{"message":"%s","detail":"%[2]s"}}`, []int{400, 500}},
	}
	cases := 0
	for _, length := range plantable {
		secret, other := newSecret(random, length, inTokens), newSecret(random, length, inTokens)
		for name, tc := range answers {
			for _, status := range tc.statuses {
				for i, w := range writings {
					if length > 1000 && (status > 400 || i%3 > 0) {
						continue // they take most of the time
					}
					h := holder{pair: func(s string) string { return "id:" + url.QueryEscape(s) }}
					text := w.write(h, secret)
					second := text
					if strings.HasSuffix(name, "tokens") || slices.Contains(withTokens, name) {
						if text, second = secret, other; w.name != "raw" {
							continue
						}
					}
					switch tc.contentType {
					case asJSON:
						text, second = inJSON(text), inJSON(second)
					case form:
						text, second = url.QueryEscape(text), url.QueryEscape(second)
					}
					body := fmt.Sprintf(tc.body+"%.0[2]s", text, second)
					for kind, credential := range refusedCredentials(secret) {
						if kind != "consumer" && (w.name == "base64 of the pair" || name == "no number") {
							continue // it sends no pair; and what it is sent only oauth2 sees
						}
						cases++
						where := fmt.Sprintf("%s of %d, %s, %s, %d", kind, length, name, w.name, status)
						answered := said{status, http.Header{"Content-Type": {tc.contentType}}, body}
						refuseToken(t, where, credential, answered,
							append(partsOf(h, secret, w), runs(other)...))
					}
				}
			}
		}
	}
	t.Logf("%d cases", cases)
}

// refusedCredentials ask for a token with a secret.
func refusedCredentials(secret string) map[string]func(http.RoundTripper) bitbucket.Option {
	return map[string]func(http.RoundTripper) bitbucket.Option{
		"consumer": func(http.RoundTripper) bitbucket.Option { return bitbucket.WithClientCredentials("id", secret) },
		"refresh token": func(rt http.RoundTripper) bitbucket.Option {
			ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: rt})
			conf := oauth2.Config{ClientID: "id", ClientSecret: "s", Endpoint: oauth2.Endpoint{
				TokenURL: "https://bitbucket.org/site/oauth2/access_token", AuthStyle: oauth2.AuthStyleInHeader,
			}}
			return bitbucket.WithTokenSource(conf.TokenSource(ctx, &oauth2.Token{RefreshToken: secret}))
		},
		"consumer in parameters": func(rt http.RoundTripper) bitbucket.Option {
			ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: rt})
			conf := oauth2.Config{ClientID: "id", ClientSecret: secret, Endpoint: oauth2.Endpoint{
				TokenURL: "https://bitbucket.org/site/oauth2/access_token", AuthStyle: oauth2.AuthStyleInParams,
			}}
			return bitbucket.WithTokenSource(conf.TokenSource(ctx, &oauth2.Token{RefreshToken: "refresh-token"}))
		},
	}
}

func refuseToken(
	t *testing.T, name string, credential func(http.RoundTripper) bitbucket.Option, answered said,
	parts []string,
) {
	t.Helper()
	p := newPrinter()
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), answered.header)
		w.WriteHeader(answered.status)
		fmt.Fprint(w, answered.body)
	}}
	c := tracedClient(t, rt, p, credential(rt))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := c.Users.Current(ctx)
	if err == nil {
		t.Errorf("%s: no error", name)
	}
	p.error(err)
	p.wantNone(t, name, parts...)
}

// What a token was renewed for was said about the one before.
func TestRenewedTokensStaySecret(t *testing.T) {
	const first, second = "the-first-token=1A2B", "the-second-token=3C4D"
	tokens := []string{first, second}
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Host != "bitbucket.org":
			answer(w, 401, `{"error":{"message":"`+r.Header.Get("Authorization")+` of `+first+`"}}`)
		case len(tokens) > 0:
			answer(w, 200, `{"access_token":"`+tokens[0]+`","expires_in":7200}`)
			tokens = tokens[1:]
		default:
			answer(w, 400, `{"error":"invalid_grant","error_description":"revoked: `+first+", "+second+`"}`)
		}
	}}
	p := newPrinter()
	c, err := bitbucket.NewClient(bitbucket.WithTransport(rt),
		bitbucket.WithClientCredentials("id", "the-secret"), bitbucket.WithTrace(p.trace()))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var r bitbucket.Response
		_, err := c.Users.Current(t.Context(), bitbucket.ResponseInto(&r))
		if !errors.Is(err, bitbucket.ErrUnauthorized) {
			t.Errorf("error %v", err)
		}
		p.error(err)
		p.response(r)
	}
	p.wantNone(t, "renewed", "first-token", "second-token")
}

// While an attempt is under way, other calls may replace its token, more than once. Neither the one
// that it was sent with shows, however long ago that was, nor the one of now.
func TestTokensOfOtherCallsStaySecret(t *testing.T) {
	name := func(n int) string { return fmt.Sprintf("issued-token-%d=1A2B", n) }
	issued, depth := 0, 0
	var c *bitbucket.Client
	rt := &wire{}
	rt.handler = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Host == "bitbucket.org":
			issued++
			answer(w, 200, `{"access_token":"`+name(issued)+`","expires_in":7200}`)
		case depth > 0:
			answer(w, 401, `{"error":{"message":"expired"}}`)
		default:
			depth++
			for range 10 {
				c.Users.Current(t.Context())
			}
			c.Workspaces.Get(t.Context(), "acme")
			depth--
			answer(w, 403, `{"error":{"message":"`+name(1)+" and "+name(issued)+`"}}`)
		}
	}
	c, err := bitbucket.NewClient(bitbucket.WithTransport(rt), bitbucket.WithClientCredentials("id", "the-secret"),
		bitbucket.WithThrottle(throttle.Unlimited))
	if err != nil {
		t.Fatal(err)
	}
	p := newPrinter()
	_, err = c.Users.Current(t.Context())
	if !errors.Is(err, bitbucket.ErrForbidden) || issued < 10 {
		t.Errorf("%d tokens, %v", issued, err)
	}
	p.error(err)
	p.wantNone(t, "of other calls", "issued-token")
}

// A next link is the server's word too: where it leads stands in errors, hooks and logs.
func TestLinksTellNoSecrets(t *testing.T) {
	const secret = "ATATT3xFfGF0T0kEn1A2B"
	for _, next := range []string{
		"https://" + secret + ".example.com/2.0/user/emails?page=2",
		"https://api.bitbucket.org/2.0/" + secret + "/emails?page=2",
		"https://api.bitbucket.org/2.0/" + url.PathEscape(url.QueryEscape("="+secret)) + "?page=2",
		secret + ":// ", "/2.0/\x7f" + secret,
	} {
		encoded, _ := json.Marshal(map[string]any{"values": []any{map[string]any{"email": "a@example.com"}}, "next": next})
		for _, second := range []string{string(encoded), `{"error":{"message":"no"}}`, `[`} {
			p := newPrinter()
			asked := 0
			rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
				if asked++; asked > 1 {
					answer(w, 404, second)
					return
				}
				answer(w, 200, string(encoded))
			}}
			c := tracedClient(t, rt, p, bitbucket.WithAccessToken(secret))
			_, err := c.Users.ListEmails(t.Context()).Collect()
			if err == nil {
				t.Errorf("%s: no error", next)
			}
			p.error(err)
			p.wantNone(t, next, secret)
		}
	}
	loop := "https://api.bitbucket.org/2.0/" + secret + "?page=2"
	rt := answering(200, asJSON, `{"values":[{"email":"a@example.com"}],"next":"`+loop+`"}`)
	p := newPrinter()
	_, err := tracedClient(t, rt, p, bitbucket.WithAccessToken(secret)).Users.ListEmails(t.Context()).Collect()
	if !errors.Is(err, bitbucket.ErrPageLoop) {
		t.Errorf("error %v", err)
	}
	p.error(err)
	p.wantNone(t, "loop", secret)
}

// A network error may repeat what was sent.
func TestNetworkErrorsTellNoSecrets(t *testing.T) {
	const secret = `token1/token2+&"\<=token3`
	for _, w := range writings {
		p := newPrinter()
		cause := &url.Error{
			Op: "Get", URL: "https://h/?access_token=" + url.QueryEscape(secret),
			Err: errors.New("malformed HTTP response " + w.write(holders()[0], secret)),
		}
		c := tracedClient(t, failing{fmt.Errorf("proxy: %w", cause)}, p, bitbucket.WithAPIToken("ada@example.com", secret))
		_, err := c.Users.Current(t.Context())
		p.error(err)
		p.wantNone(t, w.name, partsOf(holders()[0], secret, w)...)
	}
}

// What holds a secret shows none, whatever prints it.
func TestHoldersPrintNoSecrets(t *testing.T) {
	const secret = "hidden=in/side"
	token := &oauth2.Token{AccessToken: secret, RefreshToken: secret + "2"}
	saving := bitbucket.SavingTokenSource(oauth2.StaticTokenSource(token), func(*oauth2.Token) error { return nil })
	if _, err := saving.Token(); err != nil {
		t.Fatal(err)
	}
	p := newPrinter()
	variable := bitbucket.Variable{UUID: "{v}", Key: "K", Value: secret, Secured: true}
	created := bitbucket.NewVariable{Key: "K", Value: secret, Secured: true}
	update := bitbucket.VariableUpdate{Value: bitbucket.Set(secret)}
	user := v1.NewUser{Username: "ada", Email: "ada@example.com", Password: secret}
	for _, v := range []any{
		saving, variable, &variable, created, &created, update, &update, user, &user,
		[]bitbucket.Variable{variable},
		map[string]v1.NewUser{"a": user},
	} {
		p.value(v)
	}
	for _, opt := range []bitbucket.Option{
		bitbucket.WithAPIToken("ada@example.com", secret), bitbucket.WithAccessToken(secret),
		bitbucket.WithClientCredentials("id", secret), bitbucket.WithTokenSource(saving),
	} {
		for _, verb := range verbs {
			fmt.Fprintf(&p.buf, verb+"\n", opt)
		}
		c, err := bitbucket.NewClient(opt)
		if err != nil {
			t.Fatal(err)
		}
		p.value(c)
		for _, verb := range verbs {
			fmt.Fprintf(&p.buf, verb+"\n", *c)
			fmt.Fprintf(&p.buf, verb+"\n", c.Users)
			fmt.Fprintf(&p.buf, verb+"\n", c.Users.ListEmails(t.Context()))
			fmt.Fprintf(&p.buf, verb+"\n", bitbucket.Secret(secret))
		}
	}
	failed := bitbucket.SavingTokenSource(oauth2.StaticTokenSource(token), func(t *oauth2.Token) error {
		return fmt.Errorf("cannot write %s and %s", t.AccessToken, url.QueryEscape(t.RefreshToken))
	})
	_, err := failed.Token()
	p.error(err)
	p.wantNone(t, "printed", "hidden=in", "hidden", base64.RawStdEncoding.EncodeToString([]byte(secret))[:10])
}

// A secret shorter than eight characters may be a word: it stays in words, but not in a field that
// equals it.
func TestShortSecrets(t *testing.T) {
	rt := answering(400, asJSON, `{"error":{"message":"admin",
		"detail":"The administrator of admin_x said: admin!",
		"fields":{"admin":["admin"]},"data":{"sent":"admin"}}}`)
	_, err := v1.NewClient(newClient(t, rt)).NewUser.Create(t.Context(),
		v1.NewUser{Username: "ada", Email: "a@example.com", Password: "admin"})
	e, ok := errors.AsType[*bitbucket.Error](err)
	if !ok {
		t.Fatal(err)
	}
	if e.Message != "[redacted]" || e.Detail != "The administrator of admin_x said: [redacted]!" ||
		string(e.Data) != `{"sent":"[redacted]"}` || e.Fields["[redacted]"][0] != "[redacted]" {
		t.Errorf("%q %q %s %v", e.Message, e.Detail, e.Data, e.Fields)
	}
	for password, want := range map[string]string{
		"adminis": "the administrator", "administ": "the [redacted]rator", // of seven bytes, and of eight
	} {
		rt := answering(400, asJSON, `{"error":{"message":"the administrator"}}`)
		_, err := v1.NewClient(newClient(t, rt)).NewUser.Create(t.Context(),
			v1.NewUser{Username: "ada", Email: "a@example.com", Password: password})
		if e, ok := errors.AsType[*bitbucket.Error](err); !ok || e.Message != want {
			t.Errorf("%s: %v, want %q", password, err, want)
		}
	}
}

// What a value of the caller's says of an answer that it cannot read may repeat the answer.
func TestUnreadableAnswersTellNoSecrets(t *testing.T) {
	secret := newSecret(rand.New(rand.NewPCG(9, 7)), 226, inTokens)
	text, _ := json.Marshal(secret)
	for _, out := range []any{
		new(struct{ Sent time.Time }), new(struct{ Sent bitbucket.Time }), new(struct{ Sent bitbucket.Links }),
	} {
		p := newPrinter()
		rt := answering(200, asJSON, `{"sent":`+string(text)+`}`)
		err := tracedClient(t, rt, p, bitbucket.WithAccessToken(secret)).Do(t.Context(), "GET", "/2.0/x", nil, out)
		if !errors.Is(err, bitbucket.ErrMalformedResponse) {
			t.Errorf("%T: %v", out, err)
		}
		p.error(err)
		p.wantNone(t, fmt.Sprintf("%T", out), runs(secret)...)
	}
}
