package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-9213fc64/bitbucket/internal/jsonscan"
)

func TestMembers(t *testing.T) {
	const text = ` { "a" : 1 , "b\u0063" : [ {} , "x\"]" ] , "":null,"last":{"in":true} } `
	c := jsonscan.At([]byte(text))
	var got []string
	for key := range c.Members() {
		got = append(got, fmt.Sprintf("%s=%c:%s", key, c.Kind(), c.Value()))
	}
	want := []string{"a=1:1", `bc=[:[ {} , "x\"]" ]`, "=n:null", `last={:{"in":true}`}
	if !slices.Equal(got, want) || c.Err() != nil || c.Kind() != 0 {
		t.Errorf("%q, %v; want %q", got, c.Err(), want)
	}
}

// What is left alone is passed over, and what is walked through need not be taken.
func TestWalkInside(t *testing.T) {
	c := jsonscan.At([]byte(`{"skipped":[1,[2]],"values":[{"slug":"a","n":[]},{"slug":"b"}],"size":2}`))
	var slugs []string
	size := ""
	for key := range c.Members() {
		switch string(key) {
		case "values":
			for i := range c.Elements() {
				for key := range c.Members() {
					if string(key) == "slug" {
						slug, err := jsonscan.String(c.Value())
						slugs = append(slugs, fmt.Sprintf("%d %s %v", i, slug, err))
					}
				}
			}
		case "size":
			size = string(c.Value())
		}
	}
	if want := []string{"0 a <nil>", "1 b <nil>"}; !slices.Equal(slugs, want) || size != "2" || c.Err() != nil {
		t.Errorf("%q, size %s, %v", slugs, size, c.Err())
	}
}

func TestWhatIsNoObject(t *testing.T) {
	for _, tc := range []struct {
		text string
		want error
	}{
		{`null`, nil},
		{`{}`, nil},
		{`"text"`, jsonscan.ErrSyntax},
		{`[{}]`, jsonscan.ErrSyntax},
		{``, jsonscan.ErrSyntax},
		{`{`, jsonscan.ErrSyntax},
		{`{"a"`, jsonscan.ErrSyntax},
		{`{"a":`, jsonscan.ErrSyntax},
		{`{"a":1`, jsonscan.ErrSyntax},
		{`{"a":1,}`, jsonscan.ErrSyntax},
		{`{"a":[1}`, jsonscan.ErrSyntax},
		{`{"a":{]}`, jsonscan.ErrSyntax},
		{`{"a" 1}`, jsonscan.ErrSyntax},
		{`{a:1}`, jsonscan.ErrSyntax},
		{"{\"a\nb\":1}", jsonscan.ErrSyntax},
		{`{"\x":1}`, jsonscan.ErrSyntax},
		{`{"a":` + strings.Repeat("[", 129) + strings.Repeat("]", 129) + `}`, jsonscan.ErrDepth},
		{`{"a":` + strings.Repeat("[", 128) + strings.Repeat("]", 128) + `}`, nil},
	} {
		c := jsonscan.At([]byte(tc.text))
		for range c.Members() {
		}
		if !errors.Is(c.Err(), tc.want) {
			t.Errorf("%.40s: %v, want %v", tc.text, c.Err(), tc.want)
		}
		if c.Err() != nil && (c.Value() != nil || c.Kind() != 0) {
			t.Errorf("%.40s: the cursor goes on after an error", tc.text)
		}
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{`"a"`: "a", `"\u00e4\/"`: "ä/", `null`: "", "\"\xff\"": "\ufffd"} {
		if got, err := jsonscan.String([]byte(text)); got != want || err != nil {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	if _, err := jsonscan.String([]byte(`1`)); err == nil {
		t.Error("a number was read as a string")
	}
}

// Whatever encoding/json takes, the cursor walks through, and it finds the same members.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{
		`{"values":[{"a":1},{"b":[]}],"size":2}`, `[[],{},"",1.5e-3,true,null]`, `{"a":{"b":{"c":"\\\""}}}`,
		`{"a":1,"a":2}`, ` null `, `-0`, `{"\u0061":"\ud83d"}`, `[1,]`, `{"a":}`, `[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole := jsonscan.At(data)
		value := whole.Value()
		valid := json.Valid(data)
		if valid && !errors.Is(whole.Err(), jsonscan.ErrDepth) &&
			(whole.Err() != nil || !bytes.Equal(value, bytes.Trim(data, " \t\r\n"))) {
			t.Fatalf("%q: value %q, %v", data, value, whole.Err())
		}
		c := jsonscan.At(data)
		if c.Kind() == '[' {
			n := 0
			for range c.Elements() {
				n++
			}
			var elements []json.RawMessage
			if json.Unmarshal(data, &elements) == nil && c.Err() == nil && n != len(elements) {
				t.Fatalf("%q: %d elements", data, n)
			}
			return
		}
		got := map[string]string{}
		for key := range c.Members() {
			got[string(key)] = string(c.Value())
		}
		var want map[string]json.RawMessage
		if json.Unmarshal(data, &want) != nil || c.Err() != nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %v, want %v", data, got, want)
		}
		for key, value := range want {
			if utf8.Valid(data) && got[key] != string(value) {
				t.Fatalf("%q: member %q is %q, want %q", data, key, got[key], value)
			}
		}
	})
}

func BenchmarkCursor(b *testing.B) {
	item := `{"type":"repository_permission","permission":"write","user":{"display_name":"A User","links":{"self":{"href":"https://api.bitbucket.org/2.0/users/u"}}}}`
	page := []byte(`{"pagelen":100,"values":[` + strings.Repeat(item+",", 99) + item + `]}`)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		n := 0
		c := jsonscan.At(page)
		for key := range c.Members() {
			if string(key) == "values" {
				for range c.Elements() {
					n++
				}
			}
		}
		if n != 100 {
			b.Fatal(n)
		}
	}
}
