package schema_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestReviewSchemas judges the files of a review that this repository holds, and each of them with a
// part left out or changed.
func TestReviewSchemas(t *testing.T) {
	for schema, file := range map[string]string{
		"review-manifest.v1.json": "manifest.json", "review-result.v1.json": "result.json",
		"review-signoff.v1.json": "signoff.json",
	} {
		s := compile(t, schema)
		data, err := os.ReadFile(filepath.Join("..", "internal", "access", "review", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(whole); err != nil {
			t.Fatal(err)
		}
		for _, member := range slices.Collect(keys(whole.(map[string]any))) {
			changed, _ := jsonschema.UnmarshalJSON(bytes.NewReader(data))
			delete(changed.(map[string]any), member)
			if s.Validate(changed) == nil {
				t.Errorf("%s takes one without %s", schema, member)
			}
		}
		text := string(data)
		for _, change := range []struct{ old, new string }{
			{`"version": 1`, `"version": 2`},
			{`"demo": false`, `"demo": 0`},
			{`"complete": true`, `"complete": true, "more": 1`},
			{`"sha256": "`, `"sha256": "x`},
			{`"reviewer": "Ada"`, `"reviewer": null`},
			{`"started": "2026-11-25T`, `"started": "25.11.2026 `},
		} {
			changed, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(text, change.old, change.new, 1)))
			if err != nil || !strings.Contains(text, change.old) {
				t.Fatalf("%s: %q: %v", file, change.old, err)
			}
			if s.Validate(changed) == nil {
				t.Errorf("%s takes %q in place of %q", schema, change.new, change.old)
			}
		}
	}
}
