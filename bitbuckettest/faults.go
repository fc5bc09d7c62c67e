package bitbuckettest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Match picks requests. The request it sees has its whole body.
type Match func(*http.Request) bool

// Any picks every request, those for tokens included.
func Any(*http.Request) bool { return true }

// On picks requests by method and path, such as "GET" and "/2.0/user"; an empty method is any. A path that ends in *
// picks every path that begins so. Paths are compared unescaped.
func On(method, path string) Match {
	begin, open := strings.CutSuffix(path, "*")
	return func(r *http.Request) bool {
		if method != "" && r.Method != method {
			return false
		}
		return r.URL.Path == path || open && strings.HasPrefix(r.URL.Path, begin)
	}
}

// OnPage picks the calls of a match that ask for a page by this cursor, the first page being "".
func OnPage(match Match, cursor string) Match {
	return func(r *http.Request) bool {
		return match(r) && parseQuery(r.URL.RawQuery).get("page") == cursor
	}
}

// A Fault is a way in which a call goes wrong. Those that keep the server from answering also keep the call from having
// an effect; LoseAnswer, CutBody, StallBody and those that change a page come after it.
type Fault struct {
	instead func(*call) *reply        // answers in place of the server
	page    func(c *call, doc object) // changes a page
	wire    wire                      // loses the answer
}

// Status answers with a status and a body, JSON when it begins with a brace, else plain text. Headers come in pairs of
// name and value; they win over what is set otherwise.
func Status(code int, body string, headers ...string) Fault {
	return Fault{instead: func(c *call) *reply {
		a := answer{status: code, text: body, contentType: textType, header: http.Header{}}
		if strings.HasPrefix(body, "{") {
			a.contentType = jsonType
		}
		for i := 0; i+1 < len(headers); i += 2 {
			a.header.Set(headers[i], headers[i+1])
		}
		return c.settle(a)
	}}
}

// ServerError answers 500 as Bitbucket does, with an id.
func ServerError() Fault {
	return Fault{instead: func(c *call) *reply { return c.settle(wentWrong(c.path).answer) }}
}

// BadGateway answers 502 with a page of HTML, as a gateway does.
func BadGateway() Fault {
	return Status(http.StatusBadGateway, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"+
		"<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n", "Content-Type", htmlType)
}

// Redirect answers with a status such as 302 and sends the client to a URL.
func Redirect(code int, to string) Fault {
	return Status(code, "", "Location", to)
}

// Reset breaks the connection before there is an answer.
func Reset() Fault { return lost(reset) }

// Refuse fails as if nobody listened, so that the request certainly was not sent. Over a real connection it is a Reset.
func Refuse() Fault { return lost(refused) }

// Stall gives no answer until the client gives up.
func Stall() Fault { return lost(stalled) }

func lost(w wire) Fault {
	return Fault{instead: func(*call) *reply { return &reply{wire: w} }}
}

// LoseAnswer does what the call asks for and breaks the connection before the answer.
func LoseAnswer() Fault { return Fault{wire: reset} }

// StallBody sends the first half of the body and then nothing until the client gives up.
func StallBody() Fault { return Fault{wire: halfway} }

// CutBody sends the first half of the body and breaks the connection.
func CutBody() Fault { return Fault{wire: cut} }

// Loop makes the next link of a page lead to the page itself.
func Loop() Fault {
	return Fault{page: func(c *call, doc object) { doc["next"] = c.self() }}
}

// NextPage makes the next link of a page lead to the page with this cursor, such as an earlier one.
func NextPage(cursor string) Fault {
	return Fault{page: func(c *call, doc object) { doc["next"] = c.link(cursor) }}
}

// Next makes the next link of a page lead to a URL.
func Next(to string) Fault {
	return Fault{page: func(_ *call, doc object) { doc["next"] = to }}
}

// ForeignNext moves the next link of a page to another scheme and host, such as "https://other.example".
// A last page gets such a link too.
func ForeignNext(origin string) Fault {
	return Fault{page: func(c *call, doc object) {
		next, is := doc["next"].(string)
		if !is {
			next = c.self()
		}
		doc["next"] = strings.TrimSuffix(origin, "/") + strings.TrimPrefix(next, c.base)
	}}
}

// NoNext takes the next link away.
func NoNext() Fault {
	return Fault{page: func(_ *call, doc object) { delete(doc, "next") }}
}

// Edit changes the JSON document of a 200.
func Edit(change func(doc map[string]any)) Fault {
	return Fault{page: func(_ *call, doc object) { change(doc) }}
}

// keepInLog is how many requests the log holds.
const keepInLog = 10000

type rule struct {
	match Match
	fault Fault
	left  int // -1 is for ever
}

// Fail lets the fault happen to every request that match picks, or to the first times ones. The first rule that picks
// a request counts. A call that gets a fault counts for the throttle like any other; one refused by it gets no fault.
func (s *Server) Fail(match Match, fault Fault, times ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := -1
	if len(times) > 0 {
		left = times[0]
	}
	s.faults = append(s.faults, &rule{match, fault, left})
}

// Heal takes all faults away.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// strike finds the fault of a request, nil for none.
func (s *Server) strike(r *http.Request, body []byte) *Fault {
	for _, rule := range s.faults {
		if rule.left == 0 {
			continue
		}
		seen := *r
		seen.Body = io.NopCloser(bytes.NewReader(body))
		if rule.match(&seen) {
			rule.left = max(rule.left-1, -1)
			return &rule.fault
		}
	}
	return nil
}

// Request is a request as the server saw it.
type Request struct {
	Time       time.Time
	Method     string
	Host       string
	Path       string // as sent, still escaped
	RawQuery   string
	Header     http.Header // without Authorization and Cookie
	Authorized bool        // an Authorization header came with it
	Body       []byte      // of a token request without its secrets
	Status     int         // 0 when no answer was sent
}

// Requests lists the latest 10,000 requests since the last [Server.ResetLog], token requests included, in the order in
// which they were answered.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.log...)
}

// Foreign lists the requests that went to hosts for which the server does not answer.
func (s *Server) Foreign() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.foreign...)
}

// Calls counts the calls of the API since the last [Server.ResetLog], refused ones included, token requests not.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// ResetLog empties the log and sets the count of calls to zero.
func (s *Server) ResetLog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.foreign, s.calls = nil, nil, 0
}

func (s *Server) note(c *call, status int) {
	seen := seenRequest(c.req, c.path, c.body, status)
	if len(s.log) >= keepInLog {
		s.log = append(s.log[:0], s.log[keepInLog/2:]...)
	}
	s.log = append(s.log, seen)
	if s.onRequest != nil {
		s.onRequest(seen)
	}
}

func (s *Server) noteForeign(r *http.Request, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.foreign = append(s.foreign, seenRequest(r, r.URL.EscapedPath(), body, 0))
}

func seenRequest(r *http.Request, path string, body []byte, status int) Request {
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
	return Request{Time: time.Now(), Method: r.Method, Host: host, Path: path, RawQuery: r.URL.RawQuery,
		Header: header, Authorized: authorized, Body: body, Status: status}
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
