package v1_test

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// A record of the 1.0 API costs fewer allocations than a decoder of encoding/json makes for the
// struct of what was sent, though what comes of it is also a user in the shape of the 2.0 API, and
// the body itself.
func TestAllocationsOfAnArchive(t *testing.T) {
	const records = 2000
	var all strings.Builder
	for i := range records {
		fmt.Fprintf(&all, `{"username":"user%[1]d","first_name":"A","last_name":"User","display_name":"A User","is_team":false,`+
			`"avatar":"https://avatar.example/%[1]d/128?d=identicon","resource_uri":"/1.0/users/user%[1]d"}`+"\n", i)
	}
	archive := all.String()
	floor := allocations(func() (n int) {
		for d := json.NewDecoder(strings.NewReader(archive)); ; n++ {
			var user bitbucket.V1User
			if err := d.Decode(&user); err == io.EOF {
				return n
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
	ours := allocations(func() (n int) {
		for record, err := range v1.ReadArchive(strings.NewReader(archive)) {
			if err != nil || record.User.V1 == nil {
				t.Fatalf("%+v, %v", record, err)
			}
			n++
		}
		return n
	})
	t.Logf("%.1f allocations a record, where encoding/json makes %.1f", ours, floor)
	if ours > 5.5 {
		t.Error("more than 5.5")
	}
}

// allocations is how many something makes for each of the n that it returns.
func allocations(do func() (n int)) float64 {
	do()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := do()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(n)
}
