// Package sealed writes JSON files that show when somebody has changed them: the last member,
// sha256, is the SHA-256 of the file with these 64 digits taken out. It protects against accidents,
// and against nobody who can count it anew.
package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// Encode writes v, whose last member is sum.
func Encode(v any, sum *string) ([]byte, error) {
	*sum = ""
	text, err := JSON(v)
	if err != nil {
		return nil, err
	}
	*sum = Sum(text)
	i := bytes.LastIndex(text, []byte(`"sha256": ""`)) + len(`"sha256": "`)
	return append(text[:i], *sum+string(text[i:])...), nil
}

// JSON writes a value in the form that all files of this program have: indented, and harmless to a
// terminal.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(v)
	return escaped(b.Bytes()), err
}

// Decode reads v, of which head then says whether it is what was expected, and its sum. It refuses
// what v does not have, what follows it, and what was changed.
func Decode(data []byte, what string, v any, head func() (expected bool, sum string)) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("it is no %s: %w", what, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("it is no %s: something follows it", what)
	}
	expected, sum := head()
	if !expected {
		return fmt.Errorf("it is no %s of the version that this program reads", what)
	}
	return check(data, sum)
}

// ErrChecksum says that a file was changed after it was written.
var ErrChecksum = errors.New("the checksum does not match: it was changed after it was written")

var digits = regexp.MustCompile(`"sha256": "([0-9a-f]{64})"\n}\n$`)

// check reports whether a file is as it was written with a sum.
func check(data []byte, sum string) error {
	tail := data[max(0, len(data)-128):]
	at := digits.FindSubmatchIndex(tail)
	if at == nil {
		return ErrChecksum
	}
	begin := len(data) - len(tail) + at[2]
	h := sha256.New()
	_, _ = h.Write(data[:begin])
	_, _ = h.Write(data[begin+64:])
	if hex.EncodeToString(h.Sum(nil)) != sum {
		return ErrChecksum
	}
	return nil
}

// Sum is the SHA-256 of a text in hexadecimal digits.
func Sum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
