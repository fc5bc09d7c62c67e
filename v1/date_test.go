package v1_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/v1"
)

func TestDates(t *testing.T) {
	for _, tc := range []struct {
		name string
		text string
		utc  string
	}{
		{"summer", "2012-07-13 00:38:14", "2012-07-12T22:38:14Z"},
		{"winter", "2012-01-13 00:38:14", "2012-01-12T23:38:14Z"},
		{"later form", "2016-12-24T14:35:53.817", "2016-12-24T13:35:53.817Z"},
		{"with an offset", "2012-07-12 22:38:14+00:00", "2012-07-12T22:38:14Z"},
		{"with another offset", "2012-07-12 22:38:14-07:00", "2012-07-13T05:38:14Z"},
		{"of 2.0", "2018-03-14T13:17:05.196003+00:00", "2018-03-14T13:17:05.196003Z"},
		{"last hour of summer time", "2012-10-28 01:59:59", "2012-10-27T23:59:59Z"},
		{"shown twice: the first of the two", "2012-10-28 02:30:00", "2012-10-28T00:30:00Z"},
		{"after it", "2012-10-28 03:00:00", "2012-10-28T02:00:00Z"},
		{"last hour of winter time", "2012-03-25 01:59:59", "2012-03-25T00:59:59Z"},
		{"skipped: with the offset before", "2012-03-25 02:30:00", "2012-03-25T01:30:00Z"},
		{"after the skipped hour", "2012-03-25 03:00:00", "2012-03-25T01:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got v1.Date
			if err := json.Unmarshal([]byte(`"`+tc.text+`"`), &got); err != nil {
				t.Fatal(err)
			}
			if utc := got.UTC().Format(time.RFC3339Nano); utc != tc.utc {
				t.Errorf("%s is %s, want %s", tc.text, utc, tc.utc)
			}
			if text, err := json.Marshal(got); err != nil || string(text) != `"`+tc.text+`"` {
				t.Errorf("written as %s, %v", text, err)
			}
		})
	}
	if got := date(t, "2012-07-13 00:38:14").String(); got != "2012-07-13 00:38:14 +0200 CEST" {
		t.Errorf("printed as %s", got)
	}
}

func TestDatesMadeByHand(t *testing.T) {
	moment := v1.Date{Time: time.Date(2019, 4, 29, 12, 0, 0, 5000, time.FixedZone("", 3600))}
	changed := date(t, "2012-07-13 00:38:14")
	changed.Time = moment.Time
	for _, d := range []v1.Date{moment, changed} {
		if text := string(encode(t, d)); text != `"2019-04-29 11:00:00.000005+00:00"` {
			t.Errorf("written as %s", text)
		}
	}
	if text := string(encode(t, v1.Date{})); text != "null" {
		t.Errorf("no date is written as %s", text)
	}
	kept := date(t, "2012-07-13 00:38:14")
	if err := json.Unmarshal([]byte("null"), &kept); err != nil || kept != (v1.Date{}) {
		t.Errorf("null read as %v, %v", kept, err)
	}
}

func TestNoDates(t *testing.T) {
	for _, text := range []string{"", "yesterday", "2012-07-13", "2012-13-13 00:00:00", "2012-07-13 00:38:14 CEST"} {
		if got, err := v1.ParseDate(text); err == nil {
			t.Errorf("%q read as %v", text, got)
		}
	}
	if err := json.Unmarshal([]byte("5"), new(v1.Date)); err == nil {
		t.Error("a number read as a date")
	}
}

// Amsterdam is known on a machine without a database of time zones, since a program
// with this package has one in it.
func TestTimeZonesAreEmbedded(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "date.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, imported := range file.Imports {
		if imported.Path.Value == `"time/tzdata"` {
			return
		}
	}
	t.Error("date.go does not import time/tzdata")
}
