package main

import (
	"slices"
	"testing"
)

func TestChanges(t *testing.T) {
	const source = `package p

import "errors"

func f(a, b int, ok bool) error {
	if a < b && !ok {
		return errors.New("x")
	}
	for range 10 {
		f(a, b, true)
	}
	_, err := g()
	return err
}
`
	changes, err := changesOf("p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, c.old+" → "+c.new)
		if _, err := changesOf("p.go", c.apply([]byte(source))); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
	want := []string{"&& → ||", "< → <=", "! → ", "10 → 11", "f(a, b, true) → _ = 0", "true → false", "err → nil"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
