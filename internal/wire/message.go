package wire

import (
	"net/http"
	"net/url"
	"time"
)

// A Request is a call, as all of its attempts send it.
type Request struct {
	Method    string
	Operation string // the method of the library, for hooks
	Pattern   string // the documented path, for hooks
	URL       *url.URL
	Header    http.Header // without the credential
	Body      []byte
	Secrets   []string // what the call holds that must not be shown
}

// An Answer is what came of a call that the server answered, whatever the status. Its owner closes
// it.
type Answer struct {
	StatusCode int
	Header     http.Header

	call *call // that it answers
}

// Attempts returns how many were sent.
func (a *Answer) Attempts() int { return a.call.ledger.attempts }

// Waited returns how long the attempts have waited for the throttle, all together.
func (a *Answer) Waited() time.Duration { return a.call.ledger.waited }

// Brought reports whether the transport has put a credential of its own into the request.
func (a *Answer) Brought() bool { return a.call.ledger.brought }

// Body returns the body as it came. It is for decoding what succeeded, and good until Close.
func (a *Answer) Body() []byte {
	if a.call.ledger.body == nil {
		return nil
	}
	return a.call.ledger.body.data
}

// Said returns what the server said without secrets. It is for all that is kept, shown or put into
// an error, and good after Close.
func (a *Answer) Said() Said {
	redactor := a.Redactor()
	return Said{
		StatusCode: a.StatusCode,
		Header:     redactor.header(a.Header),
		Body:       a.clean(redactor),
		Redactor:   redactor,
	}
}

// Redactor returns what takes the secrets of the call out of texts.
func (a *Answer) Redactor() Redactor { return a.call.redactor() }

// clean returns the body without secrets. A large one that has none is not copied, but left to the
// caller.
func (a *Answer) clean(r Redactor) []byte {
	text := string(a.Body())
	clean := r.Text(text)
	if len(text) > maxPooled && clean == text {
		a.call.ledger.body.kept = true
		return a.Body()
	}
	return []byte(clean)
}

// Close gives the memory of the body back.
func (a *Answer) Close() {
	release(a.call.ledger.body)
	a.Abandon()
}

// Abandon leaves the body to whoever still reads it.
func (a *Answer) Abandon() { a.call.ledger.body = nil }

// Said is an answer without secrets. What is decoded from its body goes through the Redactor again,
// since a text may stand there written in two ways at once.
type Said struct {
	StatusCode int
	Header     http.Header
	Body       []byte
	Redactor   Redactor
}

// A Failure is a call without a usable answer.
type Failure struct {
	Attempts int
	Waited   time.Duration
	Left     bool  // an attempt may have reached the server
	Answered *Said // the answer of an earlier attempt, when the call was going to be sent again
	Err      error // why there is no answer, without secrets
}

// Error returns why there is no answer.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns why there is no answer.
func (f *Failure) Unwrap() error { return f.Err }
