package bitbucket

import "context"

// SearchService calls the endpoint of code search.
type SearchService struct{ core *core }

// Code searches the repositories of a user's account for a query such as `func Foo ext:go`.
// Bitbucket returns at most 1,000 results, and refuses a page that reaches beyond them, so the list
// ends with the last page that does not. All 1,000 come with a page length that divides 1,000, such as
// the default here, 200; PageLen(300) gives 900 of them, and 373 is the most that was seen to be taken.
// Where there are more results than come, [Page.Total] says so, and [Complete] makes it an error.
//
// Fields("+values.file.commit.repository") includes the commit of each file.
//
// The error is [ErrNotFound] if the account has no code search, and [ErrBadRequest] if the
// query is invalid; Error.Data has the reason. It is [ErrResponseTooLarge] where the files of a page
// match in dozens of places each: ask for less with PageLen.
//
// GET /2.0/users/{selected_user}/search/code. Scope: repository, or read:repository:bitbucket.
//
// Deprecated: Bitbucket gives 2026-11-01 as the end of code search, and names no replacement.
func (s *SearchService) Code(
	ctx context.Context, user, query string, opts ...CallOption,
) *List[CodeSearchResult] {
	to := at("/2.0/users/{selected_user}/search/code", user)
	opts = append([]CallOption{Param("search_query", query), PageLen(searchPage)}, opts...)
	// The last page before the cap lacks its next, and next has two question marks
	// when fields are asked for.
	return listWith[CodeSearchResult](ctx, s.core, to, opts, paging{limit: 1000, mendNext: true})
}

// searchPage is how many results a page holds by default. It divides what can be read; Bitbucket gives
// more (373 were seen), but a result has the lines around each match, and a page of many is large.
const searchPage = 200

// A CodeSearchResult is a file that matches a query.
type CodeSearchResult struct {
	Type              string          `json:"type"`
	ContentMatchCount int64           `json:"content_match_count"`
	ContentMatches    []ContentMatch  `json:"content_matches"`
	PathMatches       []SearchSegment `json:"path_matches"`
	File              SearchFile      `json:"file"`
}

func (*CodeSearchResult) evidence(member, value []byte) bool {
	switch string(member) {
	case "file", "content_matches", "path_matches":
		return true
	}
	return string(member) == "type" && isText(value, "code_search_result")
}

func (r *CodeSearchResult) settle() { r.File.Commit.Repository.settle() }

// A ContentMatch is a run of matching lines with the lines around them.
type ContentMatch struct {
	Lines []SearchLine `json:"lines"`
}

// A SearchLine is one line of a file.
type SearchLine struct {
	Line     int             `json:"line"`     // its number, from 1
	Segments []SearchSegment `json:"segments"` // none when the line is blank
}

// A SearchSegment is a piece of a line or a path, and whether it matches the query.
type SearchSegment struct {
	Text  string `json:"text"`
	Match bool   `json:"match,omitzero"`
}

// A SearchFile is a file in a repository.
type SearchFile struct {
	Type        string       `json:"type"`
	Path        string       `json:"path"`
	EscapedPath string       `json:"escaped_path,omitzero"`
	Attributes  string       `json:"attributes,omitzero"` // link, executable, binary, lfs, …
	Commit      SearchCommit `json:"commit,omitzero"`     // only where Fields asked for it
	Links       Links        `json:"links,omitzero"`
}

// A SearchCommit is the commit that a file was found in.
type SearchCommit struct {
	Type       string     `json:"type"`
	Hash       string     `json:"hash"`
	Repository Repository `json:"repository,omitzero"`
	Links      Links      `json:"links,omitzero"`
}
