package bitbuckettest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

// mostResults is how many results of a code search can be read.
const mostResults = 1000

// searchCode searches the files of all repositories that both the account of the path and the caller can read.
func (c *call) searchCode() (answer, error) {
	u, err := c.account()
	if err != nil {
		return answer{}, err
	}
	if u.SearchDisabled {
		return answer{}, failCode(http.StatusNotFound, "Code search is not enabled for this account.", "search.account.not-enabled")
	}
	text := c.query.get("search_query")
	switch {
	case strings.Contains(c.req.URL.RawQuery, "?"):
		return answer{}, failCode(http.StatusBadRequest, "Bad request", "search.parameters.malformed")
	case text == "":
		return answer{}, failCode(http.StatusBadRequest, "The parameter search_query is missing.", "search.query.missing")
	}
	wanted := parseSearch(text)
	if len(wanted.terms) == 0 {
		return answer{}, failCode(http.StatusBadRequest, "The query has no search term.", "search.query.empty")
	}
	var results []found
	for _, w := range c.srv.workspaces {
		for _, r := range w.repos {
			if c.sees(r) && (r.Public || r.effective()[u] != "") {
				results = append(results, wanted.in(r)...)
			}
		}
	}
	p, err := c.page(len(results))
	if err != nil {
		return answer{}, err
	}
	if p.to > mostResults {
		return answer{}, failCode(http.StatusBadRequest, "Results beyond result 1000 cannot be retrieved.", "search.results.limit-exceeded")
	}
	if min(c.start(p.number+2, p.length), len(results)) >= mostResults {
		p.more = false // one page early
	}
	values := []any{}
	for _, result := range results[p.from:p.to] {
		values = append(values, c.searchDoc(result))
	}
	doc := c.envelope(p, len(results), values)
	doc["query_substituted"] = wanted.substituted
	if fields := c.query.get("fields"); fields != "" && doc["next"] != nil {
		doc["next"] = c.malformed(p.number + 1)
	}
	return ok(doc)
}

// malformed is the next link as Bitbucket breaks it when fields is used: with a second question mark.
func (c *call) malformed(number int) string {
	rest := slices.DeleteFunc(slices.Clone(c.query), func(x param) bool { return x.key == "fields" })
	return c.base + c.path + "?" + rest.with("page", c.cursor(number)) + "?fields=" + url.QueryEscape(c.query.get("fields"))
}

// search is a query: terms that a file must hold, all of them, and where to look.
type search struct {
	terms                 []string
	repo, path, extension string
	substituted           bool // a modifier is not known and was left out
}

func parseSearch(text string) search {
	var s search
	for word := range strings.FieldsSeq(text) {
		name, value, modifier := strings.Cut(word, ":")
		switch {
		case !modifier:
			s.terms = append(s.terms, strings.ToLower(strings.Trim(word, `"`)))
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
	return s
}

// found is a file that satisfies a search.
type found struct {
	repo  *repository
	file  File
	terms []string
}

func (s search) in(r *repository) []found {
	if s.repo != "" && s.repo != r.Slug {
		return nil
	}
	var all []found
	for _, f := range r.files {
		holds := strings.ToLower(f.Path + "\n" + f.Content)
		missing := slices.ContainsFunc(s.terms, func(term string) bool { return !strings.Contains(holds, term) })
		if !missing && strings.Contains(f.Path, s.path) && strings.HasSuffix(f.Path, s.extension) {
			all = append(all, found{r, f, s.terms})
		}
	}
	return all
}

func (c *call) searchDoc(f found) object {
	name := f.repo.ws.Slug + "/" + f.repo.Slug
	matches := f.contentMatches()
	count := 0
	for _, match := range matches {
		for _, line := range match.(object)["lines"].([]any) {
			for _, segment := range line.(object)["segments"].([]any) {
				if segment.(object)["match"] == true {
					count++
				}
			}
		}
	}
	file := object{
		"type": "commit_file", "path": f.file.Path,
		"links": object{"self": link(c.base + "/2.0/repositories/" + name + "/src/" + f.file.Commit + "/" + escapePath(f.file.Path))},
	}
	if query.Wants(c.query.get("fields"), "values.file.commit") {
		file["commit"] = object{
			"type": "commit", "hash": f.file.Commit, "repository": c.condensedRepository(f.repo),
			"links": object{"self": link(c.base + "/2.0/repositories/" + name + "/commit/" + f.file.Commit)},
		}
	}
	return object{
		"type": "code_search_result", "content_match_count": count, "content_matches": matches,
		"path_matches": segments(f.file.Path, f.terms), "file": file,
	}
}

func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// contentMatches are the lines with a match, each stretch with one line around it. Blank lines have no segments.
func (f found) contentMatches() []any {
	lines := strings.Split(f.file.Content, "\n")
	near := func(i int) bool {
		for at := max(i-1, 0); at <= min(i+1, len(lines)-1); at++ {
			if slices.ContainsFunc(f.terms, func(term string) bool { return strings.Contains(strings.ToLower(lines[at]), term) }) {
				return true
			}
		}
		return false
	}
	all, stretch := []any{}, []any{}
	for i, line := range lines {
		if near(i) {
			stretch = append(stretch, object{"line": i + 1, "segments": segments(line, f.terms)})
			continue
		}
		if len(stretch) > 0 {
			all, stretch = append(all, object{"lines": stretch}), []any{}
		}
	}
	if len(stretch) > 0 {
		all = append(all, object{"lines": stretch})
	}
	return all
}

// segments cuts a text where a term begins and ends. A segment that is no match has no "match".
func segments(text string, terms []string) []any {
	all := []any{}
	lower := strings.ToLower(text)
	if len(lower) != len(text) {
		lower = text // letters whose cases differ in length
	}
	for text != "" {
		at, length := len(text), 0
		for _, term := range terms {
			if i := strings.Index(lower, term); i >= 0 && (i < at || i == at && len(term) > length) {
				at, length = i, len(term)
			}
		}
		if at > 0 {
			all = append(all, object{"text": text[:at]})
		}
		if length > 0 {
			all = append(all, object{"text": text[at : at+length], "match": true})
		}
		text, lower = text[at+length:], lower[at+length:]
	}
	return all
}
