package accesstest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Golden compares with a file in testdata, or writes that anew.
func Golden(t *testing.T, name string, got []byte, update bool) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is another one; go test -update writes it anew: compare them", name)
	}
}
