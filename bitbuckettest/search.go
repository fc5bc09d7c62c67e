package bitbuckettest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/documents"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

const (
	mostResults = 1000 // of a code search that can be read
	mostWords   = 20   // of a search query
)

func searchRoutes() []*route {
	pages := paging{most: 373}
	return []*route{
		serve("Search.Code", searchAccount, pages),
		at("GET", "/2.0/workspaces/{workspace}/search/code", searchWorkspace, pages),
	}
}

// searchAccount searches the files of all repositories that both the account of the path and the
// caller can read.
func searchAccount(c *call) (answer, error) {
	u, err := c.account()
	if err != nil {
		return answer{}, err
	}
	if u.SearchDisabled {
		return answer{}, failCode(http.StatusNotFound, "Code search is not enabled for this account.",
			"search.account.not-enabled")
	}
	return c.search(func(wanted search) []documents.Found {
		var results []documents.Found
		for _, w := range c.store.Workspaces() {
			results = append(results, c.searchIn(w, wanted, func(r *store.Repository) bool {
				return r.Public || r.Effective(u) != ""
			})...)
		}
		return results
	})
}

// searchWorkspace searches the files of the workspace's repositories that the caller can read.
func searchWorkspace(c *call) (answer, error) {
	w, err := c.memberWorkspace()
	if err != nil {
		return answer{}, err
	}
	return c.search(func(wanted search) []documents.Found {
		return c.searchIn(w, wanted, func(*store.Repository) bool { return true })
	})
}

// searchIn searches the repositories of a workspace that the caller sees.
func (c *call) searchIn(w *store.Workspace, wanted search,
	also func(*store.Repository) bool,
) []documents.Found {
	var results []documents.Found
	for _, r := range w.Repositories() {
		if len(r.Files()) > 0 && c.reader().Sees(r) && also(r) {
			results = append(results, wanted.in(r)...)
		}
	}
	return results
}

// search answers with a page of what a search finds: 1,000 results at most can be read, and the
// next link ends one page early.
func (c *call) search(find func(search) []documents.Found) (answer, error) {
	wanted, err := c.parseSearch()
	if err != nil {
		return answer{}, err
	}
	results, err := found(c, listing[documents.Found]{
		items: func() []documents.Found { return find(wanted) },
	})
	if err != nil {
		return answer{}, err
	}
	p, err := c.page(len(results))
	if err != nil {
		return answer{}, err
	}
	if p.to > mostResults {
		return answer{}, failCode(http.StatusBadRequest,
			"Results beyond result 1000 cannot be retrieved.",
			"search.results.limit-exceeded")
	}
	if min(c.start(p.number+2, p.length), len(results)) >= mostResults {
		p.more = false
	}
	values, docs := []any{}, c.docs()
	for _, result := range results[p.from:p.to] {
		values = append(values, docs.Found(result))
	}
	doc := c.envelope(p, len(results), values)
	doc["query_substituted"] = wanted.substituted
	if fields := c.query.get("fields"); fields != "" && doc["next"] != nil {
		doc["next"] = c.malformed(p.number + 1)
	}
	return ok(doc)
}

// malformed is the next link as Bitbucket breaks it when fields is used: with a second question
// mark.
func (c *call) malformed(number int) string {
	rest := slices.DeleteFunc(slices.Clone(c.query), func(x param) bool { return x.key == "fields" })
	return c.base + c.path + "?" + rest.with("page", c.cursor(number)) + "?fields=" +
		url.QueryEscape(c.query.get("fields"))
}

// search is a query: terms that a file must hold, all of them, and where to look.
type search struct {
	terms                 []string
	repo, path, extension string
	substituted           bool // a modifier is not known and was left out
}

// parseSearch reads what is searched for.
func (c *call) parseSearch() (search, error) {
	text := c.query.get("search_query")
	words := strings.Fields(text)
	switch {
	case strings.Contains(c.req.URL.RawQuery, "?"):
		return search{}, failCode(http.StatusBadRequest, "Bad request", "search.parameters.malformed")
	case text == "":
		return search{}, failCode(http.StatusBadRequest, "The parameter search_query is missing.",
			"search.query.missing")
	case len(words) > mostWords:
		return search{}, failCode(http.StatusBadRequest,
			fmt.Sprintf("The query has more than %d words.", mostWords), "search.query.too-long")
	}
	var s search
	for _, word := range words {
		name, value, modifier := strings.Cut(word, ":")
		switch term := strings.ToLower(strings.Trim(word, `"`)); {
		case !modifier && term != "":
			s.terms = append(s.terms, term)
		case !modifier:
		case name == "repo":
			s.repo = value
		case name == "path":
			s.path = value
		case name == "ext":
			s.extension = "." + value
		default:
			s.substituted = true
		}
	}
	if len(s.terms) == 0 {
		return s, failCode(http.StatusBadRequest, "The query has no search term.", "search.query.empty")
	}
	return s, nil
}

// in lists the files of a repository that satisfy the search.
func (s search) in(r *store.Repository) []documents.Found {
	if s.repo != "" && s.repo != r.Slug {
		return nil
	}
	var all []documents.Found
	for _, f := range r.Files() {
		holds := strings.ToLower(f.Path + "\n" + f.Content)
		missing := slices.ContainsFunc(s.terms, func(term string) bool {
			return !strings.Contains(holds, term)
		})
		if !missing && strings.Contains(f.Path, s.path) && strings.HasSuffix(f.Path, s.extension) {
			all = append(all, documents.Found{Repository: r, File: f, Terms: s.terms})
		}
	}
	return all
}
