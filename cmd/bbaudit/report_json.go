package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
)

// json writes the report for programs. Characters that a terminal might obey are escaped, which changes no value.
func (r *report) json(w io.Writer) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return err
	}
	var out bytes.Buffer
	for _, c := range text.String() {
		switch {
		case c == '\n' || !unprintable(c):
			out.WriteRune(c)
		case c > 0xffff:
			first, second := utf16.EncodeRune(c)
			fmt.Fprintf(&out, `\u%04x\u%04x`, first, second)
		default:
			fmt.Fprintf(&out, `\u%04x`, c)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}
