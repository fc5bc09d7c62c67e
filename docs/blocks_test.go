// Package docs_test compiles and runs the blocks of code in the documents of the repository.
//
// Every block of Go is compiled, and every block of Go or shell is run, each time the tests run,
// against a demo of Bitbucket on loopback. A comment of HTML before a block says how it differs:
//
//	<!-- not run: WHY -->           Go is still compiled
//	<!-- exit 3: WHY -->            it ends with that code
//	<!-- in an empty module -->     it runs in a module beside the checkout, which is named bitbucket
//	<!-- in a copy of its own -->   it changes the checkout
//	<!-- output -->                 a block of text: what the block before prints
//	<!-- compiled by TestX -->      no Go by itself: another test puts it where it belongs
package docs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A block is one block of code in a document.
type block struct {
	place    string // file:line
	language string
	text     string
	comment  string // what stands in the comment before it
	output   *string
}

// name is what the block is called in programs and subtests: README_12.
func (b block) name() string {
	return strings.NewReplacer(".md:", "_", "-", "_").Replace(filepath.Base(b.place))
}

// skipped says why the block is not run; empty for one that is.
func (b block) skipped() string {
	why, _ := strings.CutPrefix(b.comment, "not run: ")
	if why == b.comment {
		return ""
	}
	return why
}

// elsewhere are documents whose blocks have tests of their own, which know what these need.
var elsewhere = []string{"ci.md", "review.md"}

// blocks are those of all documents, by languages.
func blocks(t *testing.T, languages ...string) []block {
	t.Helper()
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	documents := append([]string{"../README.md", "../CONTRIBUTING.md", "../SECURITY.md"}, pages...)
	var all []block
	for _, document := range documents {
		if slices.Contains(elsewhere, filepath.Base(document)) {
			continue
		}
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		found, err := blocksOf(strings.TrimPrefix(document, "../"), string(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	all = slices.DeleteFunc(all, func(b block) bool {
		return !slices.Contains(languages, b.language) || strings.HasPrefix(b.comment, "compiled by ")
	})
	if len(all) == 0 {
		t.Fatalf("there is no block in %v", languages)
	}
	return all
}

// known are the languages of blocks. Those after the first two are data, which nothing here reads.
var known = []string{"go", "sh", "text", "yaml", "json"}

// comments are those that this package knows.
var comments = regexp.MustCompile(`^(not run: .+|exit [0-9]+: .+|in an empty module|` +
	`in a copy of its own|output|compiled by Test\w+)$`)

// blocksOf finds the blocks of a document.
func blocksOf(document, text string) ([]block, error) {
	var all []block
	comment, inside := "", false
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line) // blocks of lists are indented
		switch {
		case inside && trimmed == "```":
			inside = false
			if last := all[len(all)-1]; last.comment == "output" {
				if len(all) < 2 {
					return nil, fmt.Errorf("%s: there is nothing before that prints", last.place)
				}
				all[len(all)-2].output = &last.text
			}
		case inside:
			all[len(all)-1].text += line + "\n"
		case strings.HasPrefix(trimmed, "```"):
			inside = true
			b := block{place: fmt.Sprintf("%s:%d", document, i+1), language: trimmed[3:], comment: comment}
			if !slices.Contains(known, b.language) {
				return nil, fmt.Errorf("%s: the language of the block is %q, not one of %v",
					b.place, b.language, known)
			}
			all, comment = append(all, b), ""
		case strings.HasPrefix(trimmed, "<!--"):
			comment = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(trimmed, "<!--"), "-->"))
			if !comments.MatchString(comment) {
				comment = "" // for others
			}
		case trimmed != "" && comment != "":
			return nil, fmt.Errorf("%s:%d: no block follows the comment %q", document, i+1, comment)
		}
	}
	if inside {
		return nil, fmt.Errorf("%s: a block is not closed", document)
	}
	return all, nil
}

// compare compares what a block printed with what the document says.
func (b block) compare(t *testing.T, printed []byte) {
	t.Helper()
	if b.output == nil {
		return
	}
	if got, want := string(bytes.TrimSpace(printed)), strings.TrimSpace(*b.output); got != want {
		t.Errorf("%s: prints\n%s\nand not, as the document says,\n%s", b.place, got, want)
	}
}

func TestBlocksOf(t *testing.T) {
	got, err := blocksOf("x.md", "a\n\n<!-- exit 3: it has findings -->\n```sh\nfalse\n```\n\n"+
		"<!-- output -->\n```text\nno\n```\n")
	if err != nil || len(got) != 2 || got[0].text != "false\n" || got[0].place != "x.md:4" ||
		got[0].comment != "exit 3: it has findings" || *got[0].output != "no\n" ||
		got[0].name() != "x_4" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []string{
		"```sh\nfalse\n",                      // not closed
		"```\nfalse\n```\n",                   // without a language
		"<!-- not run: so -->\nText\n",        // a comment without a block
		"<!-- output -->\n```text\nno\n```\n", // output of nothing
	} {
		if got, err := blocksOf("x.md", wrong); err == nil {
			t.Errorf("%q: %+v", wrong, got)
		}
	}
}
