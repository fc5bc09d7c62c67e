package v1

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // so that Amsterdam is known on every machine
)

// A Date is a point in time as the 1.0 API wrote it, in one of three forms:
//
//	2012-07-13 00:38:14         created_on, last_updated: the time in Amsterdam
//	2016-12-24T14:35:53.817     the same, since about 2013
//	2012-07-12 22:38:14+00:00   utc_created_on, utc_last_updated
//
// A time without an offset is read as the time that clocks in Amsterdam showed.
// Clocks go back once a year, and show one hour twice: such a time is taken for
// the first of the two (summer time). Clocks go forward once a year, and skip an
// hour: such a time is read with the offset that was in force before (winter
// time). The utc_ members know better, and are there next to most of the others.
//
// A Date that was decoded is encoded in the form that it came in, unless its Time
// was changed; then, and when it was made by hand, in the last form.
type Date struct {
	time.Time
	text string // as it came
}

// The forms of a Date. Fractions of a second are accepted after all of them.
const (
	dateWithSpace  = "2006-01-02 15:04:05"
	dateWithT      = "2006-01-02T15:04:05"
	dateWithOffset = "2006-01-02 15:04:05Z07:00"
)

// ParseDate reads a date in any of the forms. RFC 3339 is accepted besides.
func ParseDate(text string) (Date, error) {
	for _, form := range [...]string{dateWithOffset, time.RFC3339} {
		if t, err := time.Parse(form, text); err == nil {
			return Date{t, text}, nil
		}
	}
	for _, form := range [...]string{dateWithSpace, dateWithT} {
		if t, err := time.Parse(form, text); err == nil {
			return Date{inAmsterdam(t), text}, nil
		}
	}
	return Date{}, fmt.Errorf("bitbucket: %q is no date of the 1.0 API", text)
}

// UnmarshalJSON reads a date. Null is the zero Date.
func (d *Date) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	if text == nil {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(*text)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// MarshalJSON writes the date as it came. The zero Date is null.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.text != "" {
		if came, err := ParseDate(d.text); err == nil && came.Equal(d.Time) {
			return json.Marshal(d.text)
		}
	}
	if d.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(d.UTC().Format("2006-01-02 15:04:05.999999999-07:00"))
}

// inAmsterdam takes the digits of a time for what clocks in Amsterdam showed.
func inAmsterdam(digits time.Time) time.Time {
	at := func(offset int) time.Time {
		return digits.Add(-time.Duration(offset) * time.Second).In(amsterdam())
	}
	_, before := digits.Add(-24 * time.Hour).In(amsterdam()).Zone()
	_, after := digits.Add(24 * time.Hour).In(amsterdam()).Zone()
	for _, offset := range [...]int{before, after} {
		if _, there := at(offset).Zone(); there == offset {
			return at(offset)
		}
	}
	return at(before) // clocks skipped it
}

// amsterdam is the time zone of the dates without an offset. It is read once.
var amsterdam = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic("bitbucket: the time zone database that is part of this program is damaged: " + err.Error())
	}
	return zone
})
