package sealed_test

import (
	"bytes"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/sealed"
)

type note struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	Sum  string `json:"sha256"`
}

// TestEveryByteCounts changes each byte of a file, and takes each away.
func TestEveryByteCounts(t *testing.T) {
	n := note{Kind: "note", Text: "an \x1b escape \u202e and \"sha256\": \"\""}
	text, err := sealed.Encode(&n, &n.Sum)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsAny(text, "\x1b\u202e") {
		t.Errorf("a terminal might obey %q", text)
	}
	refused := func(changed []byte) bool {
		var got note
		head := func() (bool, string) { return got.Kind == "note", got.Sum }
		err := sealed.Decode(changed, "note", &got, head)
		return err != nil || got != n
	}
	if refused(text) {
		t.Fatalf("what was written is refused: %s", text)
	}
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if !refused(changed) {
			t.Errorf("byte %d can be changed: %s", i, changed)
		}
		if !refused(append(bytes.Clone(text[:i]), text[i+1:]...)) {
			t.Errorf("byte %d can be taken away", i)
		}
	}
	for _, changed := range []string{"", "{}", string(text) + "{}", string(text) + " "} {
		if !refused([]byte(changed)) {
			t.Errorf("%.20q… is taken", changed)
		}
	}
}
