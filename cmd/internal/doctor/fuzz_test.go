package doctor

import "testing"

// FuzzCompare walks through whatever is sent.
func FuzzCompare(f *testing.F) {
	for _, seed := range []string{
		`{"type":"user","uuid":"{1}","links":{"self":[]}}`, `{"values":[{"user":{"type":7}}],"next":"x"}`,
		`[{"owner":{"uuid":null}}]`, `{"values":[[[]]]}`, `{"type":{}}`, `nul`, `{"a":1,"a":{`,
	} {
		f.Add([]byte(seed))
	}
	all := operations()
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, op := range all {
			if op.shape.item == nil {
				continue
			}
			d, _ := compare(op.shape, body)
			for _, paths := range [][]string{d.Unknown, d.Missing, d.Changed} {
				if len(paths) > mostPaths {
					t.Errorf("%d paths", len(paths))
				}
			}
			for _, member := range op.gives {
				op.shape.identifier(body, member)
			}
		}
	})
}
