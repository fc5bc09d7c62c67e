package view

import (
	"encoding/json"
	"html/template"
	"strings"
	"testing"
)

// TestRoomsAreAPage holds that all rooms together, with what the frame and the script of a page
// add, are less than what a page may be.
func TestRoomsAreAPage(t *testing.T) {
	all := size(1_000).plus(room{bytes: 50_000}) // the frame, and what a search finds
	for _, part := range []room{
		headRoom, findingsRoom, privilegedRoom, attentionRoom, coverageRoom, accessRoom, evidenceRoom, searchRoom,
	} {
		all = all.plus(part)
	}
	if all.nodes > 60_000 || all.bytes > 15_000_000 {
		t.Errorf("a page can have %d nodes and %d bytes", all.nodes, all.bytes)
	}
}

// TestCostIsEnough for a text in HTML and in JSON, whatever is in it.
func TestCostIsEnough(t *testing.T) {
	for _, text := range []string{
		"", "Ada", `<>&'"+\`, "\x00\x1b\u0085\u202e\U000e0001\ufeff", "\xff\xfe", "żółć 界 😀", strings.Repeat("<\u202e", 99),
	} {
		text = name(text)
		data, err := json.Marshal(unharmed(text))
		if err != nil {
			t.Fatal(err)
		}
		html := template.HTMLEscapeString(unharmed(text))
		if most := cost(text); len(html) > most || len(data)-2 > most {
			t.Errorf("%q costs %d, and takes %d in HTML and %d in JSON", text, most, len(html), len(data)-2)
		}
	}
}

func TestFill(t *testing.T) {
	left := size(6, "one", "two")
	words := []Text{"one", "two", "three"}
	got := fill(&left, unlimited, 3, func(i int) Text { return words[i] })
	if len(got.Items) != 2 || got.Left != 1 || got.Items[1] != "two" || left.nodes != 2 {
		t.Errorf("%+v, and there is room for %+v", got, left)
	}
	left = size(100)
	if got := fill(&left, 1, 3, func(i int) Text { return words[i] }); len(got.Items) != 1 || got.Left != 2 {
		t.Errorf("%+v, want one of three", got)
	}
}
