package bitbuckettest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// keepInLog is how many requests the log holds.
const keepInLog = 10000

// Request is a request as the server saw it.
type Request struct {
	Time       time.Time   // when it came in
	Method     string      // of HTTP
	Host       string      // as the client named it
	Path       string      // as sent, still escaped
	RawQuery   string      // as sent, still escaped
	Header     http.Header // without Authorization and Cookie
	Authorized bool        // an Authorization header came with it
	Body       []byte      // of a token request without its secrets
	Status     int         // 0 when no answer was sent
	Answer     []byte      // its body, with [KeepAnswers]; never of a token request
}

// requestLog keeps the latest requests.
type requestLog struct {
	kept  []Request
	first int // the oldest one, once the log is full
	calls int // of the API
}

func (l *requestLog) add(r Request) {
	if len(l.kept) < keepInLog {
		l.kept = append(l.kept, r)
		return
	}
	l.kept[l.first] = r
	l.first = (l.first + 1) % keepInLog
}

// list returns the requests, the oldest first.
func (l *requestLog) list() []Request {
	if len(l.kept) == 0 {
		return nil
	}
	return slices.Concat(l.kept[l.first:], l.kept[:l.first])
}

// pick returns the requests that every match picks.
func pick(requests []Request, matches []Match) []Request {
	if len(matches) == 0 {
		return requests
	}
	return slices.DeleteFunc(requests, func(r Request) bool {
		return slices.ContainsFunc(matches, func(m Match) bool { return !m(r.request()) })
	})
}

// request makes of the record what a match looks at.
func (r Request) request() *http.Request {
	plain, err := url.PathUnescape(r.Path)
	if err != nil {
		plain = r.Path
	}
	return &http.Request{
		Method: r.Method, Host: r.Host, Header: r.Header.Clone(),
		Body: io.NopCloser(bytes.NewReader(r.Body)),
		URL:  &url.URL{Host: r.Host, Path: plain, RawPath: r.Path, RawQuery: r.RawQuery},
	}
}

func seenRequest(r *http.Request, path string, body []byte) Request {
	header := r.Header.Clone()
	authorized := header.Get("Authorization") != ""
	header.Del("Authorization")
	header.Del("Cookie")
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	if firstSegment(path) == "site" {
		body = withoutSecrets(body)
	}
	return Request{
		Time: time.Now(), Method: r.Method, Host: host, Path: path,
		RawQuery: r.URL.RawQuery,
		Header:   header, Authorized: authorized, Body: body,
	}
}

// withoutSecrets redacts the form of a token request.
func withoutSecrets(body []byte) []byte {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	for _, name := range []string{"client_secret", "code", "refresh_token", "code_verifier"} {
		form.Del(name)
	}
	return []byte(form.Encode())
}
