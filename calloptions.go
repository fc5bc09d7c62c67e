package bitbucket

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// A CallOption changes one call. Every method takes them last.
type CallOption func(*callOptions)

// callOptions is what the call options fill in.
type callOptions struct {
	query    url.Values
	header   http.Header
	fields   []string
	from     string
	prefetch bool
	parallel int
	complete bool
	inPlace  bool // the answer is decoded into a value of the caller's
	into     *Response
	hidden   []string
	err      error
}

// collect applies options.
func (o *callOptions) collect(opts []CallOption) error {
	for _, opt := range opts {
		if opt == nil {
			return errors.New("bitbucket: a call option is nil; leave it out")
		}
		opt(o)
	}
	return o.err
}

// refuse is the error of options that only lists take.
func (o *callOptions) refuse() error {
	switch {
	case o.from != "":
		return errors.New("bitbucket: From is an option of lists")
	case o.complete:
		return errors.New("bitbucket: Complete is an option of lists")
	}
	return nil
}

// Query filters a list with an expression in Bitbucket's query language, sent as
// q. Build it with package bbql, which quotes what users typed in. An empty one
// filters nothing, which is the default. Every page is asked for with it, also when
// the server's link to the page has lost it.
func Query(bbql string) CallOption {
	return func(o *callOptions) {
		if bbql != "" {
			o.set("q", bbql)
		}
	}
}

// Sort orders a list by a field; a minus sign before it turns the order round. The default is the
// order that the server chooses, which need not stay the same between two pages.
func Sort(field string) CallOption { return Param("sort", field) }

// Fields asks for a part of the answer: only these fields ("values.slug"), all but
// these ("-links") or these too ("+values.user.email"). In a list the paths start
// with "values."; what paging needs is asked for besides. The default is what the endpoint sends
// when it is not asked.
func Fields(fields ...string) CallOption {
	return func(o *callOptions) {
		for _, field := range fields {
			if field != "" {
				o.fields = append(o.fields, field)
			}
		}
	}
}

// PageLen sets how many items a page holds. The default is 100, the most that
// lists give by Bitbucket's general rule, which takes the fewest calls, and 200 for
// code search. More than an endpoint gives is [ErrBadRequest].
func PageLen(n int) CallOption {
	return func(o *callOptions) {
		if n < 1 {
			o.fail(fmt.Errorf("bitbucket: PageLen(%d): a page holds at least one item", n))
		}
		o.set("pagelen", strconv.Itoa(n))
	}
}

// From starts a list at a cursor, which is the [Page.Next] of an earlier walk, of
// any process. The cursor carries filter, order, fields and page length along, so
// that Query, Sort, Fields and PageLen beside it change nothing, and the base URL:
// for another one it is [ErrForeignOrigin]. It belongs to the list that
// gave it: give it to the same method with the same arguments, since a list of
// the same kind would go on with the other's pages. An empty one starts at the
// beginning, which is the default; the Next of a last page is empty, so note apart
// that a list was read to its end. Anything but a list refuses it.
func From(cursor string) CallOption {
	return func(o *callOptions) { o.from = cursor }
}

// Prefetch fetches the next page of a list while the loop works on this one. It is never more than
// one page ahead, and starts before the loop sees the first item of a page. When the loop ends early,
// the page under way is given up. By default a page is fetched when the loop gets there.
func Prefetch() CallOption {
	return func(o *callOptions) { o.prefetch = true }
}

// Parallel fetches up to n pages of a list at a time, where the first page tells how many there are
// and pages have numbers; they come in order all the same. Every check holds as one by one, and no
// page is asked for beyond the size of the list. Where a page is not the one that was foretold, or
// tells another size, the list goes on one by one from there. A loop that ends early wastes at most
// n-1 calls. It is an error together with [Prefetch], and 1 is one by one, which is the default.
func Parallel(n int) CallOption {
	return func(o *callOptions) {
		if n < 1 {
			o.fail(fmt.Errorf("bitbucket: Parallel(%d): at least one page is fetched at a time", n))
		}
		o.parallel = n
	}
}

// Param sets a parameter of the query string. By default there are none but those that the other
// options and the paging of lists need.
func Param(key, value string) CallOption {
	if key == "fields" {
		return Fields(value)
	}
	return func(o *callOptions) { o.set(key, value) }
}

// Header sets a header of the request, in place of the default one of that name if there is one. It
// is not sent to other origins.
func Header(key, value string) CallOption {
	return func(o *callOptions) {
		if err := checkHeader(key, value); err != nil {
			o.fail(err)
		}
		if o.header == nil {
			o.header = make(http.Header)
		}
		o.header.Set(key, value)
	}
}

// ResponseInto fills r when the call has an answer, be it a refusal. For a list it is filled anew
// with each page, just before the loop sees the page. By default nothing is kept of an answer but
// what it was decoded into.
func ResponseInto(r *Response) CallOption {
	return func(o *callOptions) { o.into = r }
}

// Complete finds out whether a list has all of its items. A server that pages through a list whose
// order changes gives out some items twice and others never. With Complete such a list ends with
// [ErrIncomplete], after all the items that came: when fewer distinct items came than any page said
// there are, or where none said so, when one came twice; what was lost there without another coming twice is not
// noticed. It cannot be used with [From], which begins
// in the middle. By default a list ends where the server says it does.
func Complete() CallOption {
	return func(o *callOptions) { o.complete = true }
}

// Secret names texts that the call sends and that must never be shown: should the server repeat
// one, it stands as [redacted] in errors and traces. What this library knows to be secret needs no
// such option, and by default nothing else is taken for a secret.
func Secret(texts ...string) CallOption {
	return func(o *callOptions) { o.hidden = append(o.hidden, texts...) }
}

// inPlace adds to the options that the answer is decoded into a value of the caller's.
func inPlace(opts []CallOption) []CallOption {
	return append(slices.Clip(opts), func(o *callOptions) { o.inPlace = true })
}

// A secretive value holds secrets, and is sent.
type secretive interface {
	secrets() []string
}

// secrets are those of the options and of what is sent.
func (o *callOptions) secrets(in any) []string {
	if v, ok := in.(secretive); ok {
		return append(v.secrets(), o.hidden...)
	}
	return o.hidden
}

// report hands the response to whoever asked for it.
func (o *callOptions) report(r *Response) {
	if o.into != nil && r != nil {
		*o.into = *r
	}
}

func (o *callOptions) set(key, value string) {
	if o.query == nil {
		o.query = make(url.Values)
	}
	o.query.Set(key, value)
}

func (o *callOptions) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// encode writes the query string. url.Values writes a space as a plus sign,
// which only forms do; %20 means a space everywhere.
func (o *callOptions) encode() string {
	if len(o.fields) > 0 {
		o.set("fields", strings.Join(o.fields, ","))
	}
	return strings.ReplaceAll(o.query.Encode(), "+", "%20")
}

// pagingFields are what a list cannot do without.
var pagingFields = [...]string{"next", "page", "pagelen", "size"}

// forPages prepares the options of a list.
func (o *callOptions) forPages(pageLen int) {
	if !o.query.Has("pagelen") {
		o.set("pagelen", strconv.Itoa(pageLen))
	}
	prefix, needed := "", false
	for _, field := range o.fields {
		for f := range strings.SplitSeq(field, ",") {
			switch {
			case f == "-*":
				prefix, needed = "+", true
			case !strings.HasPrefix(f, "+") && !strings.HasPrefix(f, "-") && f != "*":
				needed = true
			}
		}
	}
	if needed {
		for _, field := range pagingFields {
			o.fields = append(o.fields, prefix+field)
		}
	}
}

// A Response tells about the answer to a call. See [ResponseInto].
type Response struct {
	StatusCode     int           // of the last attempt
	Header         http.Header   // of that answer
	Body           []byte        // as it came, after decompression; of a refusal, without secrets
	Attempts       int           // how many were sent
	Waited         time.Duration // for the throttle, over all attempts
	RateLimit      RateLimit     // from the headers
	GrantedScopes  []string      // X-OAuth-Scopes
	AcceptedScopes []string      // X-Accepted-OAuth-Scopes
	Unread         []Unread      // members of the body that could not be read
}

// RateLimit is what the server says about its limits. Bitbucket does so only for repository,
// project and workspace access tokens, and not on every endpoint; otherwise it is zero.
type RateLimit struct {
	Limit     int    // calls an hour in all, not how many are left
	Resource  string // the group of endpoints that the limit is for
	NearLimit bool   // the server says that little is left
}

// newResponse tells about the answer that a call ended with.
func newResponse(a *wire.Answer, unread []Unread) *Response {
	var r *Response
	if a.StatusCode >= 200 && a.StatusCode <= 299 {
		r = aboutAnswer(a.StatusCode, a.Header, bytes.Clone(a.Body()))
	} else {
		said := a.Said()
		r = aboutAnswer(said.StatusCode, said.Header, said.Body)
	}
	r.Attempts, r.Waited, r.Unread = a.Attempts(), a.Waited(), unread
	return r
}

// responseOf tells about the answer to an earlier attempt, of a call that got no other.
func responseOf(said wire.Said, failure *wire.Failure) *Response {
	r := aboutAnswer(said.StatusCode, said.Header, said.Body)
	r.Attempts, r.Waited = failure.Attempts, failure.Waited
	return r
}

func aboutAnswer(status int, header http.Header, body []byte) *Response {
	limit, _ := strconv.Atoi(header.Get("X-RateLimit-Limit"))
	return &Response{
		StatusCode: status,
		Header:     header,
		Body:       body,
		RateLimit: RateLimit{
			Limit:     limit,
			Resource:  header.Get("X-RateLimit-Resource"),
			NearLimit: wire.SameFold(header.Get("X-RateLimit-NearLimit"), "true"),
		},
		GrantedScopes:  splitScopes(header.Get("X-OAuth-Scopes")),
		AcceptedScopes: splitScopes(header.Get("X-Accepted-OAuth-Scopes")),
	}
}

// checkHeader refuses what no header can hold, before it costs a call.
func checkHeader(name, value string) error {
	isToken := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isToken(r) }) {
		return fmt.Errorf("bitbucket: %q is no name of a header", name)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return fmt.Errorf("bitbucket: the value of the header %s has a line break or another control character in it", name)
	}
	return nil
}
