package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const (
	items    = 1000 // of a list
	longList = 2000 // of that which is read in parallel
	perPage  = 100
	latency  = 50 * time.Millisecond // of a page, where there is one
)

// An answer is what a server sends, made before.
type answer struct {
	header http.Header
	body   []byte
}

// A service answers from memory, by method, path and page. It does not look at credentials.
type service map[string]answer

func (s service) find(req *http.Request) (answer, bool) {
	page := req.URL.Query().Get("page")
	if page == "" {
		page = "1"
	}
	a, ok := s[req.Method+" "+req.URL.Path+" "+page]
	return a, ok
}

func (s service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	a, ok := s.find(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	_, _ = w.Write(a.body)
}

// slow answers after a latency.
func slow(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		h.ServeHTTP(w, r)
	})
}

const (
	permissionsPath  = "/2.0/workspaces/acme/permissions/repositories"
	longPath         = "/2.0/workspaces/wide/permissions/repositories"
	membersPath      = "/2.0/workspaces/acme/members"
	grantPath        = "/2.0/repositories/acme/service-0001/permissions-config/users/"
	grantsPath       = "/2.0/repositories/acme/service-0001/permissions-config/users"
	gitHubUserPath   = "/github/user"
	gitHubListPath   = "/github/orgs/acme/members"
	gitHubReposPath  = "/github/orgs/acme/repos"
	gitLabUserPath   = "/api/v4/user"
	gitLabListPath   = "/api/v4/projects/1/members/all"
	gitLabReposPath  = "/api/v4/projects"
	oceanUserPath    = "/v2/account"
	oceanListPath    = "/v2/projects"
	oceanDropletPath = "/v2/droplets"
)

// newService makes all answers. Links between pages lead to base.
func newService(base string) service {
	s := make(service)
	s.one(http.MethodGet, "/2.0/user", wholeUser(1))
	s.one(http.MethodPut, grantPath+uuid(kindUser, 1), grantOf(1))
	s.bitbucketList(base, permissionsPath, items, permissionOf)
	s.bitbucketList(base, longPath, longList, permissionOf)
	s.bitbucketList(base, membersPath, items, memberOf)
	s.bitbucketList(base, grantsPath, items, permissionOf) // a grant is documented to have the repository, too

	s.one(http.MethodGet, gitHubUserPath, gitHubWholeUser(1))
	s.numberedList(base, gitHubListPath, gitHubMember)
	s.numberedList(base, gitHubReposPath, gitHubRepository)
	s.one(http.MethodGet, gitLabUserPath, gitLabWholeUser(1))
	s.numberedList(base, gitLabListPath, gitLabMember)
	s.numberedList(base, gitLabReposPath, gitLabProject)
	s.one(http.MethodGet, oceanUserPath, oceanAccount(1))
	s.oceanList(base, oceanListPath, "projects", oceanProject)
	s.oceanList(base, oceanDropletPath, "droplets", oceanDroplet)
	return s
}

// one adds a single object.
func (s service) one(method, path, body string) { s.add(method, path, 1, nil, body) }

func (s service) add(method, path string, page int, own http.Header, body string) {
	header := http.Header{
		"Content-Type":              {"application/json; charset=utf-8"},
		"Cache-Control":             {"private"},
		"Etag":                      {`"8c2f1e0d9b3a47568f1e2d3c4b5a6978"`},
		"Vary":                      {"Authorization, cookie, user-context, Accept-Encoding"},
		"X-Accepted-Oauth-Scopes":   {"account"},
		"X-Oauth-Scopes":            {"account, repository:admin"},
		"X-Credential-Type":         {"accesstoken"},
		"X-Request-Count":           {"429"},
		"X-Frame-Options":           {"SAMEORIGIN"},
		"Strict-Transport-Security": {"max-age=31536000; includeSubDomains; preload"},
	}
	maps.Copy(header, own)
	s[fmt.Sprintf("%s %s %d", method, path, page)] = answer{header, []byte(body)}
}

// pages calls add with the elements of each page of a list of n.
func pages(n int, item func(int) string, add func(page int, last bool, elements string)) {
	for page := 1; page <= n/perPage; page++ {
		elements := make([]string, perPage)
		for i := range elements {
			elements[i] = item((page-1)*perPage + i)
		}
		add(page, page == n/perPage, strings.Join(elements, ","))
	}
}

// bitbucketList adds a list in envelopes that link to one another.
func (s service) bitbucketList(base, path string, n int, item func(int) string) {
	pages(n, item, func(page int, last bool, elements string) {
		next := ""
		if !last {
			next = fmt.Sprintf(`,"next":"%s%s?pagelen=%d&page=%d"`, base, path, perPage, page+1)
		}
		s.add(http.MethodGet, path, page, nil, fmt.Sprintf(`{"pagelen":%d,"size":%d,"values":[%s],"page":%d%s}`,
			perPage, n, elements, page, next))
	})
}

// numberedList adds a list in arrays, with the next page in the headers that GitHub and GitLab send.
func (s service) numberedList(base, path string, item func(int) string) {
	pages(items, item, func(page int, last bool, elements string) {
		header := http.Header{"X-Page": {strconv.Itoa(page)}, "X-Per-Page": {strconv.Itoa(perPage)}}
		if !last {
			next := strconv.Itoa(page + 1)
			header["X-Next-Page"] = []string{next}
			header["Link"] = []string{fmt.Sprintf(`<%s%s?per_page=%d&page=%s>; rel="next"`, base, path, perPage, next)}
		}
		s.add(http.MethodGet, path, page, header, "["+elements+"]")
	})
}

// oceanList adds a list in envelopes of DigitalOcean.
func (s service) oceanList(base, path, member string, item func(int) string) {
	pages(items, item, func(page int, last bool, elements string) {
		var links []string
		to := func(rel string, page int) {
			links = append(links, fmt.Sprintf(`%q:"%s%s?page=%d&per_page=%d"`, rel, base, path, page, perPage))
		}
		if page > 1 {
			to("prev", page-1)
		}
		if !last {
			to("next", page+1)
		}
		s.add(http.MethodGet, path, page, nil, fmt.Sprintf(
			`{%q:[%s],"links":{"pages":{%s}},"meta":{"total":%d}}`,
			member, elements, strings.Join(links, ","), items))
	})
}

// RoundTrip answers without a network, after the latency.
func (s service) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(latency)
	a, ok := s.find(req)
	if !ok {
		return nil, fmt.Errorf("no answer to %s %s", req.Method, req.URL.Path)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)), Request: req,
	}, nil
}

// listen starts serving on loopback what make makes for the address.
func listen(make func(base string) http.Handler) (base string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	base = "http://" + l.Addr().String()
	server := &http.Server{Handler: make(base)}
	go func() { _ = server.Serve(l) }() // until the process ends
	return base, nil
}

// addresses are those of the servers.
type addresses struct{ fast, slow string }

func listenBoth() (a addresses, err error) {
	a.fast, err = listen(func(base string) http.Handler { return newService(base) })
	if err != nil {
		return a, err
	}
	a.slow, err = listen(func(base string) http.Handler { return slow(newService(base)) })
	return a, err
}

// serve is the process of the servers. It prints their addresses, and ends when its input does, which
// happens when the process that started it is gone.
func serve() error {
	a, err := listenBoth()
	if err != nil {
		return err
	}
	fmt.Println(a.fast)
	fmt.Println(a.slow)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startServers starts this program again, as the servers. They end with stop.
func startServers() (a addresses, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return a, nil, err
	}
	cmd := exec.Command(self, roleServe)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return a, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return a, nil, err
	}
	if err := cmd.Start(); err != nil {
		return a, nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	lines := bufio.NewScanner(out)
	for _, address := range []*string{&a.fast, &a.slow} {
		if !lines.Scan() {
			stop()
			return a, nil, fmt.Errorf("the server did not say its address")
		}
		*address = lines.Text()
	}
	return a, stop, nil
}
