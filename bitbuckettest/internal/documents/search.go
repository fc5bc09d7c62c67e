package documents

import (
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

// A Found is a file that code search has found by terms, which are in lower case.
type Found struct {
	Repository *store.Repository
	File       store.File
	Terms      []string
}

// Found is a result of code search.
func (w *Writer) Found(f Found) object {
	self := w.Base + "/2.0/repositories/" + f.Repository.FullName()
	matches, count := f.contentMatches()
	file := object{
		"type": "commit_file", "path": f.File.Path,
		"links": object{"self": link(self + "/src/" + f.File.Commit + "/" + escapePath(f.File.Path))},
	}
	if w.Fields.Wants("values.file.commit") {
		file["commit"] = object{
			"type": "commit", "hash": f.File.Commit, "repository": w.condensedRepository(f.Repository),
			"links": object{"self": link(self + "/commit/" + f.File.Commit)},
		}
	}
	path, _ := segments(f.File.Path, f.Terms)
	return object{
		"type": "code_search_result", "content_match_count": count, "content_matches": matches,
		"path_matches": path, "file": file,
	}
}

// contentMatches are the lines with a match, each stretch with one line around it, and how many
// matches they have. Blank lines have no segments.
func (f Found) contentMatches() (all []any, count int) {
	lines := strings.Split(f.File.Content, "\n")
	hit := make([]bool, len(lines)+2)
	for i, line := range lines {
		lower := strings.ToLower(line)
		hit[i+1] = slices.ContainsFunc(f.Terms, func(term string) bool {
			return strings.Contains(lower, term)
		})
	}
	all, stretch := []any{}, []any{}
	end := func() {
		if len(stretch) > 0 {
			all, stretch = append(all, object{"lines": stretch}), []any{}
		}
	}
	for i, line := range lines {
		if !hit[i] && !hit[i+1] && !hit[i+2] {
			end()
			continue
		}
		parts, n := segments(line, f.Terms)
		count += n
		stretch = append(stretch, object{"line": i + 1, "segments": parts})
	}
	end()
	return all, count
}

// segments cuts a text where a term begins and ends, and counts the matches. A segment that is no
// match has no "match". Where two terms begin, the longer one counts.
func segments(text string, terms []string) (all []any, matches int) {
	all = []any{}
	lower := strings.ToLower(text)
	if len(lower) != len(text) {
		lower = text // letters whose cases differ in length
	}
	next := make([]int, len(terms)) // where each term comes next; looked for again once it is passed
	for i, term := range terms {
		next[i] = indexFrom(lower, term, 0)
	}
	for at := 0; at < len(text); {
		begin, length := len(text), 0
		for i, term := range terms {
			if next[i] < at {
				next[i] = indexFrom(lower, term, at)
			}
			if next[i] < begin || next[i] == begin && len(term) > length && begin < len(text) {
				begin, length = next[i], len(term)
			}
		}
		if begin > at {
			all = append(all, object{"text": text[at:begin]})
		}
		if length > 0 {
			all = append(all, object{"text": text[begin : begin+length], "match": true})
			matches++
		}
		at = begin + length
	}
	return all, matches
}

// indexFrom is the place of a term from a place on, the end when there is none.
func indexFrom(text, term string, from int) int {
	if i := strings.Index(text[from:], term); i >= 0 {
		return from + i
	}
	return len(text)
}
