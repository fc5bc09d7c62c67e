package bitbucket

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestLinksReadOneOrMany(t *testing.T) {
	const sent = ` {
		"self": {"href": "https://api.bitbucket.org/2.0/x"},
		"html": {"name":"page","href":"https://bitbucket.org/x?a={b},\"c\"","title":null},
		"avatar": null,
		"snippets": {"href":"https://api.bitbucket.org/2.0/snippets{?role}","templated":"true"},
		"clone": [ {"href":"https://bitbucket.org/x.git","name":"https"}, {"href":"git@bitbucket.org:x.git","name":"ssh","extra":[{"a":"]"}]} ],
		"later": {}
	} `
	var got Links
	if err := json.Unmarshal([]byte(sent), &got); err != nil {
		t.Fatal(err)
	}
	want := Links{
		Self: Link{Href: "https://api.bitbucket.org/2.0/x"},
		HTML: Link{Href: `https://bitbucket.org/x?a={b},"c"`, Name: "page"},
		Other: map[string][]Link{
			"snippets": {{Href: "https://api.bitbucket.org/2.0/snippets{?role}", Templated: true}},
			"clone":    {{Href: "https://bitbucket.org/x.git", Name: "https"}, {Href: "git@bitbucket.org:x.git", Name: "ssh"}},
			"later":    {{}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Get("clone").Name != "https" || got.Get("self") != want.Self || got.Get("none") != (Link{}) {
		t.Errorf("Get: clone %v, self %v, none %v", got.Get("clone"), got.Get("self"), got.Get("none"))
	}

	again, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back Links
	if err := json.Unmarshal(again, &back); err != nil || !reflect.DeepEqual(back, want) {
		t.Errorf("after writing and reading again: %+v, %v", back, err)
	}
}

// FuzzLinks compares the reading by hand with encoding/json's.
func FuzzLinks(f *testing.F) {
	f.Add([]byte(`{"self":{"href":"a"},"x":[{"href":"b\u00e9\"","name":"n"}]}`))
	f.Add([]byte(`{"self" : { "href" : "a" , "q" : [1, {"}":"]"}] } , "html":{"href":"é"}}`))
	f.Add([]byte(`{"`))
	f.Add([]byte(`{"a":`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var byHand Links
		err := byHand.UnmarshalJSON(data) // must not panic, whatever comes
		var plain struct {
			Self *struct{ Href *string }
		}
		if !json.Valid(data) || err != nil || json.Unmarshal(data, &plain) != nil {
			return
		}
		var keys map[string]json.RawMessage
		if json.Unmarshal(data, &keys) != nil || plain.Self == nil || plain.Self.Href == nil || keys["self"] == nil || len(byHand.Other["self"]) > 0 {
			return
		}
		var self map[string]json.RawMessage
		var href string
		if json.Unmarshal(keys["self"], &self) != nil || json.Unmarshal(self["href"], &href) != nil {
			return
		}
		if byHand.Self.Href != href {
			t.Errorf("%s: href %q, want %q", data, byHand.Self.Href, href)
		}
	})
}
