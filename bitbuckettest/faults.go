package bitbuckettest

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// A Fault is a way in which a call goes wrong. Those that keep the server from answering also
// keep the call from having an effect; LoseAnswer, CutBody, StallBody and those that change a
// page come after it.
type Fault struct {
	instead func(*call) *reply        // answers in place of the server
	page    func(c *call, doc object) // changes a page
	wire    wire                      // loses the answer
}

// Status answers with a status and a body, JSON when it begins with a brace, else plain text.
// Headers come in pairs of name and value; they win over what is set otherwise.
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
func Reset() Fault { return losing(reset) }

// Refuse fails as if nobody listened, so that the request certainly was not sent. Over a real
// connection it is a Reset.
func Refuse() Fault { return losing(refused) }

// Stall gives no answer until the client gives up.
func Stall() Fault { return losing(stalled) }

func losing(w wire) Fault {
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

// NextPage makes the next link of a page lead to the page with this cursor, such as an earlier
// one.
func NextPage(cursor string) Fault {
	return Fault{page: func(c *call, doc object) { doc["next"] = c.link(cursor) }}
}

// Next makes the next link of a page lead to a URL.
func Next(to string) Fault {
	return Fault{page: func(_ *call, doc object) { doc["next"] = to }}
}

// ForeignNext moves the next link of a page to another scheme and host, such as
// "https://other.example". A last page gets such a link too.
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

// rules are the faults that are to happen.
type rules struct{ all []*rule }

type rule struct {
	match Match
	fault Fault
	left  int // -1 is for ever
}

// add lets a fault happen a number of times, or for ever with -1.
func (r *rules) add(match Match, fault Fault, times int) {
	r.all = append(r.all, &rule{match, fault, times})
}

// strike finds the fault of a request, nil for none. The first rule that picks a request counts.
func (r *rules) strike(req *http.Request, body []byte) *Fault {
	for _, x := range r.all {
		if x.left == 0 {
			continue
		}
		seen := *req
		seen.Body = io.NopCloser(bytes.NewReader(body))
		if x.match(&seen) {
			x.left = max(x.left-1, -1)
			return &x.fault
		}
	}
	return nil
}
