package wire

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// ErrForeignOrigin says that a link or a redirect left the configured origin.
var ErrForeignOrigin = errors.New("bitbucket: foreign origin")

// errRedirect marks redirects that were not followed, which no retry mends.
var errRedirect = errors.New("bitbucket: redirect not followed")

// An Origin is the root of an API: scheme, host and port, and the path before the version, which is
// empty for Bitbucket itself. Credentials go there and nowhere else.
type Origin struct {
	url  *url.URL
	root string // the URL as text
	path string // its path as sent
}

// ParseOrigin reads a configured URL. It must be https, or http to this very machine.
func ParseOrigin(option, raw string) (Origin, error) {
	u, err := ParseSecureURL(option, raw)
	if err != nil {
		return Origin{}, err
	}
	u.Path = trimVersion(u.Path)
	u.RawPath = ""
	return Origin{url: u, root: u.String(), path: u.EscapedPath()}, nil
}

// String returns the URL without a slash at its end.
func (o Origin) String() string { return o.root }

// Holds reports whether a URL lies at this origin: same scheme, host and port.
func (o Origin) Holds(u *url.URL) bool {
	return SameFold(o.url.Scheme, u.Scheme) && SameFold(o.url.Hostname(), u.Hostname()) &&
		port(o.url) == port(u)
}

// At returns the URL of a path that is escaped already, which may have a query.
func (o Origin) At(path string) (*url.URL, error) {
	path, query, asks := strings.Cut(path, "?")
	query = strings.ReplaceAll(query, " ", "%20") // as in filters that people write
	for _, part := range [...]string{path, query} {
		if i := strings.IndexFunc(part, unsendable); i >= 0 {
			return nil, fmt.Errorf("bitbucket: the path has %q in it: escape each segment", part[i:i+1])
		}
	}
	plain, err := url.PathUnescape(path)
	if err != nil {
		return nil, errors.New("bitbucket: the path cannot be read: escape each segment")
	}
	u := *o.url
	u.Path, u.RawPath = o.url.Path+plain, o.path+path
	u.RawQuery, u.ForceQuery = query, asks && query == ""
	return &u, nil
}

// unsendable reports whether a byte of a path would end it, or the request line.
func unsendable(r rune) bool { return r <= ' ' || r == '#' || r == 0x7f }

// Follow returns the URL of a link that an answer or the caller gave. It is followed as given, but
// only to where credentials may go.
func (o Origin) Follow(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return nil, errors.New("bitbucket: this is neither a path from the host's root (/2.0/…) nor a URL")
	}
	if !o.Holds(u) || u.User != nil {
		return nil, fmt.Errorf("%w: a link leads to %s, the client is configured for %s",
			ErrForeignOrigin, originOf(u), o)
	}
	u.Fragment, u.RawFragment = "", ""
	u.RawQuery = strings.ReplaceAll(u.RawQuery, " ", "%20") // a space would end the request line
	return u, nil
}

// Route is the path of a URL as routes of a throttle know it: without the origin's own.
func (o Origin) Route(u *url.URL) string { return strings.TrimPrefix(u.EscapedPath(), o.path) }

// maxRedirects is small: each hop spends a call.
const maxRedirects = 3

// checkRedirect decides about each hop. Nothing on this API is documented to redirect, so a hop to
// another origin is not made: what answers there is not Bitbucket. Nor is one with a user name, which
// net/http would make a credential of.
func (o Origin) checkRedirect(req *http.Request, via []*http.Request) error {
	if !o.Holds(req.URL) || req.URL.User != nil {
		return fmt.Errorf("%w: a redirect leads to %s, the client is configured for %s",
			ErrForeignOrigin, originOf(req.URL), o)
	}
	if req.Method != via[0].Method {
		return http.ErrUseLastResponse // a write must not turn into a read
	}
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d, the last one to %s",
			errRedirect, maxRedirects, PlainURL(req.URL))
	}
	return nil
}

// PlainURL is a URL as it may be shown: without its query.
func PlainURL(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }

// originOf names scheme, host and port of a URL.
func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// ParseSecureURL reads a URL that credentials will be sent to. The option is named in errors.
func ParseSecureURL(option, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("bitbucket: %s: the URL cannot be read; it looks like https://host", option)
	}
	switch {
	case u.Hostname() == "":
		return nil, fmt.Errorf("bitbucket: %s: the URL has no host; it looks like https://host", option)
	case !isPort(u.Port()):
		return nil, fmt.Errorf("bitbucket: %s: %s is no port", option, u.Port())
	case u.User != nil:
		return nil, fmt.Errorf("bitbucket: %s: the URL holds a user name; use a credential option instead", option)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("bitbucket: %s: the URL has a query or a fragment; leave it out", option)
	case SameFold(u.Scheme, "https"), SameFold(u.Scheme, "http") && isLoopback(u.Hostname()):
		return u, nil
	case SameFold(u.Scheme, "http"):
		return nil, fmt.Errorf("bitbucket: %s: %q would send the credential in the clear; "+
			"use https (http is for loopback hosts)", option, u.String())
	default:
		return nil, fmt.Errorf("bitbucket: %s: scheme %q is not https", option, u.Scheme)
	}
}

// trimVersion removes the slash and the version that users copy from the documentation, since
// methods bring their own.
func trimVersion(path string) string {
	path = strings.TrimRight(path, "/")
	path = strings.TrimSuffix(path, "/2.0")
	return strings.TrimRight(path, "/")
}

func isLoopback(host string) bool {
	if SameFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// port is the port of a URL, that of its scheme when it names none.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if SameFold(u.Scheme, "http") {
		return "80"
	}
	return "443"
}

// isPort reports whether a port is missing, or a number that a port can have.
func isPort(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && 0 < n && n < 1<<16
}

// SameFold compares letters of ASCII without their case. Other letters that fold to one of ASCII
// are other letters, in the name of a host above all.
func SameFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
