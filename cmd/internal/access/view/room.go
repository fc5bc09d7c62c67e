package view

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/page"
)

// A room is what a part of a page may take: nodes of the document, which are its elements and its
// texts, and bytes.
type room struct{ nodes, bytes int }

// The rooms of the parts of a page. Together they are what a page of 60,000 nodes and 15 MB has,
// without those that its script adds.
var (
	headRoom       = room{1_500, 300_000}
	findingsRoom   = room{12_000, 2_500_000}
	privilegedRoom = room{7_000, 1_000_000}
	attentionRoom  = room{5_000, 800_000}
	coverageRoom   = room{3_000, 500_000}
	accessRoom     = room{28_000, 4_700_000}
	evidenceRoom   = room{1_000, 300_000}
	searchRoom     = room{0, 4_500_000}
)

// A sized is something that takes room.
type sized interface{ size() room }

// take takes room, or reports that there is too little.
func (r *room) take(n room) bool {
	if n.nodes > r.nodes || n.bytes > r.bytes {
		return false
	}
	r.nodes, r.bytes = r.nodes-n.nodes, r.bytes-n.bytes
	return true
}

// share is one of so many equal parts.
func (r room) share(parts int) room { return room{r.nodes / parts, r.bytes / parts} }

// cut takes one of so many equal parts off.
func (r *room) cut(parts int) room {
	part := r.share(parts)
	r.nodes, r.bytes = r.nodes-part.nodes, r.bytes-part.bytes
	return part
}

func (r room) plus(other room) room { return room{r.nodes + other.nodes, r.bytes + other.bytes} }

// markup is how many bytes a node takes besides its text, on the average of any part.
const markup = 32

// size is that of so many nodes with these texts in them.
func size(nodes int, texts ...string) room {
	bytes := nodes * markup
	for _, text := range texts {
		bytes += cost(text)
	}
	return room{nodes, bytes}
}

// cost is how many bytes a text takes at most in HTML or JSON.
func cost(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune(`<>&'"+\`, r):
			n += len(`\u0022`)
		case strconv.IsPrint(r):
			n += utf8.RuneLen(r)
		default:
			n += len(`\\U0010ffff`)
		}
	}
	return n
}

// A List is what is shown of a list, and how much of it is not.
type List[T any] struct {
	Items []T
	Left  int
}

// fill takes items as long as there is room, and at most so many.
func fill[T sized](r *room, most, n int, item func(i int) T) List[T] {
	l := List[T]{Left: n}
	for i := range min(most, n) {
		it := item(i)
		if !r.take(it.size()) {
			break
		}
		l.Items = append(l.Items, it)
		l.Left--
	}
	return l
}

// unlimited is for lists that only their room bounds.
const unlimited = 1 << 30

// A Text is a line of text.
type Text string

func (t Text) size() room { return size(2, string(t)) }

// texts shows lines, each cut to what a line of a page takes.
func texts(r *room, most int, lines []string) List[Text] {
	return fill(r, most, len(lines), func(i int) Text { return Text(line(lines[i])) })
}

// name cuts a name: those of people and places are shorter unless somebody made them long on
// purpose.
func name(text string) string { return page.Shorten(80, text) }

// line cuts a sentence.
func line(text string) string { return page.Shorten(400, text) }
