package jsonscan

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
	"unicode/utf8"
)

// A Cursor is a place in a JSON text: it stands before a value. The bytes that it gives are those
// of the text itself.
type Cursor struct {
	data  []byte
	at    int
	count int
	err   error
	texts strings.Builder // what Text has given
}

// At returns a Cursor before the first value of a text.
func At(data []byte) *Cursor { return &Cursor{data: data} }

// Kind returns the first byte of the value that the cursor stands before, which tells its type: a
// brace, a bracket, a quotation mark, a letter of true, false and null, or what a number begins
// with. It is 0 where there is no value.
func (c *Cursor) Kind() byte {
	c.skipSpace()
	if c.err != nil || c.at == len(c.data) {
		return 0
	}
	return c.data[c.at]
}

// AtEnd reports whether nothing follows any more but white space.
func (c *Cursor) AtEnd() bool {
	c.skipSpace()
	return c.at == len(c.data)
}

// Err returns why the cursor could not go on: [ErrSyntax] or [ErrDepth]. A cursor that has met an
// error stays where it is.
func (c *Cursor) Err() error { return c.err }

// Offset returns where in the text the cursor stands.
func (c *Cursor) Offset() int { return c.at }

// Count returns how many values the cursor has gone through, those inside of others included: what
// decoding them costs, beside the length of the text.
func (c *Cursor) Count() int { return c.count }

// Value returns the value that the cursor stands before, and goes behind it. It is empty after an
// error.
func (c *Cursor) Value() []byte {
	c.skipSpace()
	if c.err != nil {
		return nil
	}
	var s Scanner
	n, done, err := s.Scan(c.data[c.at:])
	c.count += s.count
	if err == nil && !done && (s.state != inWord || s.depth > 0) {
		err = ErrSyntax
	}
	if err != nil {
		c.err = err
		return nil
	}
	value := c.data[c.at : c.at+n]
	c.at += n
	return value
}

// Members yields the keys of the object that the cursor stands before, without quotation marks and
// escapes. In the loop the cursor stands before the value of the key, which may be taken, walked
// through or left alone. When the loop ends by itself the cursor stands behind the object. What is
// no object has no members and is an error, except null.
func (c *Cursor) Members() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if c.Kind() == 'n' {
			c.Value()
			return
		}
		for more := c.enter('{', '}'); more; more = c.more('}') {
			key := c.key()
			before := c.at
			if c.err != nil || !yield(key) {
				return
			}
			if c.at == before {
				c.Value()
			}
		}
	}
}

// Elements yields the numbers of the elements of the array that the cursor stands before. In the
// loop the cursor stands before the element, as it does under [Cursor.Members].
func (c *Cursor) Elements() iter.Seq[int] {
	return func(yield func(int) bool) {
		i := 0
		for more := c.enter('[', ']'); more; more = c.more(']') {
			c.skipSpace()
			before := c.at
			if !yield(i) {
				return
			}
			if c.at == before {
				c.Value()
			}
			i++
		}
	}
}

// enter goes behind the bracket that opens an object or an array, and reports whether there is
// anything in it.
func (c *Cursor) enter(open, end byte) bool {
	if c.Kind() != open {
		c.fail()
		return false
	}
	c.at++
	c.count++
	if c.Kind() == end {
		c.at++
		return false
	}
	return true
}

// more goes behind the comma to the next member or element, or behind the bracket at the end.
func (c *Cursor) more(end byte) bool {
	c.skipSpace()
	if c.err != nil || c.at == len(c.data) {
		c.fail()
		return false
	}
	separator := c.data[c.at]
	if separator != ',' && separator != end {
		c.fail()
		return false
	}
	c.at++
	if separator == end {
		return false
	}
	if end == '}' && c.Kind() != '"' || end == ']' && c.Kind() == end {
		c.fail()
		return false
	}
	return true
}

// key takes a key and the colon behind it.
func (c *Cursor) key() []byte {
	if c.Kind() != '"' {
		c.fail()
		return nil
	}
	raw := c.Value()
	c.count-- // keys are no values
	if c.Kind() != ':' {
		c.fail()
		return nil
	}
	c.at++
	c.skipSpace()
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	plain, err := String(raw)
	if err != nil {
		c.fail()
	}
	return []byte(plain)
}

func (c *Cursor) fail() {
	if c.err == nil {
		c.err = ErrSyntax
	}
}

func (c *Cursor) skipSpace() {
	for c.at < len(c.data) && isSpace(c.data[c.at]) {
		c.at++
	}
}

// Text decodes the value that the cursor stands before as [String] does, and goes behind it. The
// texts of a cursor share their memory, so it is for those that are kept together.
func (c *Cursor) Text() (string, error) {
	value := c.Value()
	if !isPlain(value) {
		return String(value)
	}
	text := value[1 : len(value)-1]
	if c.texts.Cap()-c.texts.Len() < len(text) {
		rest := len(c.data) - c.at
		c.texts = strings.Builder{}
		c.texts.Grow(len(text) + min(rest*2/3, maxTexts)) // a third is names and punctuation
	}
	from := c.texts.Len()
	c.texts.Write(text)
	return c.texts.String()[from:], nil
}

// maxTexts is how much memory a text may hold that it does not need itself.
const maxTexts = 4 << 10

// isPlain reports whether a value is a string that means what stands in it.
func isPlain(value []byte) bool {
	n := len(value)
	return n >= 2 && value[0] == '"' && value[n-1] == '"' && bytes.IndexByte(value, '\\') < 0 && utf8.Valid(value)
}

// String decodes a value that is a JSON string. null is empty; anything else is an error.
func String(value []byte) (string, error) {
	switch {
	case isPlain(value):
		return string(value[1 : len(value)-1]), nil
	case string(value) == "null":
		return "", nil
	}
	var s string
	err := json.Unmarshal(value, &s)
	return s, err
}

// Each yields the elements of an array as they stand.
func Each(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		c := At(array)
		for range c.Elements() {
			if !yield(c.Value()) {
				return
			}
		}
	}
}
