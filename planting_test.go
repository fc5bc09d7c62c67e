package bitbucket_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// What secrets there are, how a server may write them, and where in an answer.

// plantable are the lengths of the secrets. Real tokens are of 30 to over 2,500 characters.
var plantable = [...]int{20, 226, 2600}

// newSecret makes a secret of runs of six letters and digits between characters that need escaping.
func newSecret(random *rand.Rand, length int, between string) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
	var b strings.Builder
	special := []rune(between)
	for i := 0; b.Len() < length; i++ {
		if i > 0 {
			b.WriteRune(special[i%len(special)])
		}
		for range 6 {
			b.WriteByte(letters[random.IntN(len(letters))])
		}
	}
	return b.String()
}

// runs are three parts of a secret that any writing but those of single letters keeps.
func runs(secret string) []string {
	all := strings.FieldsFunc(secret, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	return []string{all[0], all[len(all)/2], all[len(all)-1]}
}

const (
	inTokens = `=/+&"\<`
	inTexts  = `=/+&"\<é 世%;` + "\n"
)

// A holder is a client that has a secret, or a call that has one.
type holder struct {
	name    string
	between string                     // the characters that the secret may have
	token   func(secret string) string // that the token endpoint gives out
	options func(secret string, rt http.RoundTripper) []bitbucket.Option
	call    func(ctx context.Context, c *bitbucket.Client, secret string, opts ...bitbucket.CallOption) error
	pair    func(secret string) string // what is sent in base64
}

func currentUser(ctx context.Context, c *bitbucket.Client, _ string, opts ...bitbucket.CallOption) error {
	_, err := c.Users.Current(ctx, opts...)
	return err
}

func bearer(string, http.RoundTripper) []bitbucket.Option {
	return []bitbucket.Option{bitbucket.WithAccessToken("another-token-of-the-call")}
}

func source(token func(secret string) *oauth2.Token) func(string, http.RoundTripper) []bitbucket.Option {
	return func(secret string, _ http.RoundTripper) []bitbucket.Option {
		saved := bitbucket.SavingTokenSource(oauth2.StaticTokenSource(token(secret)),
			func(*oauth2.Token) error { return nil })
		return []bitbucket.Option{bitbucket.WithTokenSource(saved)}
	}
}

func holders() []holder {
	consumer := func(id, secret string) []bitbucket.Option {
		return []bitbucket.Option{bitbucket.WithClientCredentials(id, secret)}
	}
	itself := func(secret string) string { return secret }
	return []holder{{
		name: "API token", between: inTokens, call: currentUser,
		options: func(secret string, _ http.RoundTripper) []bitbucket.Option {
			return []bitbucket.Option{bitbucket.WithAPIToken("ada@example.com", secret)}
		},
		pair: func(secret string) string { return "ada@example.com:" + secret },
	}, {
		name: "access token", between: inTokens, call: currentUser, pair: itself,
		options: func(secret string, _ http.RoundTripper) []bitbucket.Option {
			return []bitbucket.Option{bitbucket.WithAccessToken(secret)}
		},
	}, {
		name: "consumer's secret", between: inTokens, call: currentUser,
		options: func(secret string, _ http.RoundTripper) []bitbucket.Option { return consumer("id", secret) },
		pair:    func(secret string) string { return "id:" + url.QueryEscape(secret) },
		token:   func(string) string { return "token-of-no-interest" },
	}, {
		name: "consumer's token", between: inTokens, call: currentUser, pair: itself, token: itself,
		options: func(string, http.RoundTripper) []bitbucket.Option { return consumer("id", "secret-of-no-interest") },
	}, {
		name: "source's token", between: inTokens, call: currentUser, pair: itself,
		options: source(func(secret string) *oauth2.Token { return &oauth2.Token{AccessToken: secret} }),
	}, {
		name: "refresh token", between: inTokens, call: currentUser, pair: itself,
		options: source(func(secret string) *oauth2.Token {
			return &oauth2.Token{AccessToken: "access-of-no-interest", RefreshToken: secret}
		}),
	}, {
		name: "secured variable", between: inTexts, options: bearer, pair: itself,
		call: func(ctx context.Context, c *bitbucket.Client, secret string, opts ...bitbucket.CallOption) error {
			_, err := c.Pipelines.WorkspaceVariables("acme").Create(ctx,
				bitbucket.NewVariable{Key: "K", Value: secret, Secured: true}, opts...)
			return err
		},
	}, {
		name: "password", between: inTexts, options: bearer, pair: itself,
		call: func(ctx context.Context, c *bitbucket.Client, secret string, opts ...bitbucket.CallOption) error {
			_, err := v1.NewClient(c).NewUser.Create(ctx,
				v1.NewUser{Username: "ada", Email: "ada@example.com", Password: secret}, opts...)
			return err
		},
	}}
}

// A writing is a way in which a server may write a secret.
type writing struct {
	name  string
	write func(h holder, secret string) string
}

func written(name string, write func(string) string) writing {
	return writing{name, func(_ holder, secret string) string { return write(secret) }}
}

func eachRune(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

func eachByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func inJSON(s string) string {
	quoted, _ := json.Marshal(s)
	return string(quoted[1 : len(quoted)-1])
}

var writings = []writing{
	written("raw", func(s string) string { return s }),
	written("form", url.QueryEscape),
	written("path", url.PathEscape),
	written("percent, lower case", func(s string) string { return eachByte(s, "%%%02x") }),
	written("JSON", inJSON),
	written("JSON, hexadecimal", func(s string) string { return eachRune(s, `\u%04x`) }),
	written("JSON with slashes", func(s string) string { return strings.ReplaceAll(inJSON(s), "/", `\/`) }),
	written("HTML", html.EscapeString),
	written("HTML, decimal", func(s string) string { return eachRune(s, "&#%d;") }),
	written("HTML, hexadecimal", func(s string) string { return eachRune(s, "&#x%X;") }),
	written("HTML in JSON", func(s string) string { return inJSON(html.EscapeString(s)) }),
	written("form in HTML", func(s string) string { return html.EscapeString(url.QueryEscape(s)) }),
	{"base64 of the pair", func(h holder, s string) string {
		return base64.StdEncoding.EncodeToString([]byte(h.pair(s)))
	}},
}

// A said is an answer of a server.
type said struct {
	status int
	header http.Header
	body   string
}

// A place is where in an answer a text may stand.
type place struct {
	name string
	put  func(text string) said
}

func inBody(name, contentType, format string) place {
	return place{name, func(text string) said {
		if contentType == asJSON {
			text = inJSON(text)
		}
		return said{header: http.Header{"Content-Type": {contentType}}, body: fmt.Sprintf(format, text)}
	}}
}

func inHeader(name, body string) place {
	return place{name, func(text string) said {
		return said{header: http.Header{"Content-Type": {asJSON}, name: {"before " + text + " after"}}, body: body}
	}}
}

const scopeError = `{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes."}}`

var places = []place{
	inBody("text", asText, "you sent %s, did you?"),
	inBody("title", asHTML, "<html><title>no %s here</title><body>%[1]s</body></html>"),
	inBody("h1", asHTML, "<html><h1>no %s here</h1>"),
	inBody("message", asJSON, `{"type":"error","error":{"message":"bad %s."}}`),
	inBody("detail", asJSON, `{"error":{"message":"Bad request","detail":"bad %s."}}`),
	inBody("detail as object", asJSON, `{"error":{"message":"Bad request","detail":{"sent":"%s"}}}`),
	inBody("field's name", asJSON, `{"error":{"message":"Bad request","fields":{"%s":["wrong"]}}}`),
	inBody("field's value", asJSON, `{"error":{"fields":{"a":["%s"],"b":"%[1]s","c":{"d":"%[1]s"}}}}`),
	inBody("data", asJSON, `{"error":{"message":"Bad request","data":{"arguments":{"value":"%s"}}}}`),
	inBody("outer data", asJSON, `{"error":{"message":"Bad request"},"data":{"%s":1}}`),
	inBody("id", asJSON, `{"error":{"message":"Something went wrong","id":"%s"}}`),
	inBody("scopes", asJSON, `{"error":{"message":"no scope","detail":{"required":["%s"],"granted":["a","%[1]s"]}}}`),
	inBody("flat", asJSON, `{"message":"bad %s","detail":"%[1]s","data":{"a":"%[1]s"}}`),
	inBody("as OAuth says it", asJSON, `{"error":"%s","error_description":"you sent %[1]s"}`),
	inBody("sentence", asJSON, `"you sent %s"`),
	inBody("cut JSON", asJSON, `{"error":{"message":"you sent %s`),
	inBody("unreadable member", asJSON, `{"type":"user","uuid":"{u}","created_on":"%s","links":{"self":"%[1]s"}}`),
	inBody("unreadable vital member", asJSON, `{"uuid":["%s"],"key":{"a":"%[1]s"},"username":["%[1]s"]}`),
	inHeader("X-Oauth-Scopes", scopeError),
	inHeader("X-Accepted-Oauth-Scopes", scopeError),
	inHeader("X-Anything", `{}`),
	{"Location", func(text string) said {
		return said{header: http.Header{"Location": {"/2.0/" + url.PathEscape(text) + "?q=" + url.QueryEscape(text)}}}
	}},
}

// refusals are the statuses that Bitbucket is known to send. One of 200 is a malformed success.
var refusals = []int{400, 200, 401, 402, 403, 404, 409, 410, 429, 500, 502}
