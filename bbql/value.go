package bbql

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// literal is a value that is written without quotes. Only this package can make one out of a
// variable's text.
type literal string

// Null is the value of a field that is not set.
const Null literal = "null"

// nan stands for the float that is equal to nothing. It never reaches an expression.
const nan literal = "NaN"

// Bool is true or false as a value.
func Bool(b bool) literal {
	return literal(strconv.FormatBool(b))
}

// Int is an integer as a value.
func Int[T ~int | ~int8 | ~int16 | ~int32 | ~int64](n T) literal {
	return literal(strconv.FormatInt(int64(n), 10))
}

// Float is a number as a value, written without an exponent. NaN is equal to nothing and neither
// greater nor less than anything. The infinities are written as the greatest and the least number
// there is.
func Float(f float64) literal {
	if math.IsNaN(f) {
		return nan
	}
	f = max(-math.MaxFloat64, min(f, math.MaxFloat64))
	return literal(strconv.FormatFloat(f, 'f', -1, 64))
}

// Time is a point in time as a value, written in UTC and cut to milliseconds. Years that have not
// four digits become the first or the last moment of those that have.
func Time(t time.Time) literal {
	t = t.UTC()
	if t.Year() < 1 {
		t = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if t.Year() > 9999 {
		t = time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
	}
	return literal(t.Format("2006-01-02T15:04:05.000-07:00"))
}

func write[T ~string](value T) string {
	if l, ok := any(value).(literal); ok {
		return string(l)
	}
	return quote(string(value))
}

func writeOrdered[T ~string](value T) string {
	text := write(value)
	if text == "null" || text == "true" || text == "false" {
		panic("bbql: there is no order with " + text)
	}
	return text
}

func writeList[T ~string](values []T) string {
	var items []string
	for _, value := range values {
		if text := write(value); text != string(nan) {
			items = append(items, text)
		}
	}
	if items == nil {
		return ""
	}
	return "(" + strings.Join(items, ",") + ")"
}

// quote writes a string. Only a quote and a backslash mean something inside of a string; all other
// bytes, line ends and control characters included, stand for themselves.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
