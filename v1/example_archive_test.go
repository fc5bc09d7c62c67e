package v1_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/seed-9213fc64/bitbucket/v1"
)

// Stored answers of both APIs, one after the other in a stream. A record that cannot be read is told
// with its place, and the loop goes on.
func ExampleReadArchive() {
	archive := strings.NewReader(`
{"user": {"username": "auser", "first_name": "A", "last_name": "User"}, "repositories": []}
{"type": "user", "uuid": "{b8af4ba0-9ab1-4ba5-a4c0-ccd31ef4cbb5}", "display_name": "B User"}
{"scm": "git"}
`)
	for record, err := range v1.ReadArchive(archive) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(record.Line, record.Version, record.User.DisplayName)
	}
	// Output:
	// 2 1 A User
	// 3 2 B User
	// bitbucket: record 3 on line 4, at offset 186: malformed response: a user: no user of the 1.0 or the 2.0 API, but an object with "scm"
}

// One stored body. What is encoded again is what was decoded.
func ExampleParseAccount() {
	account, err := v1.ParseAccount([]byte(`{
		"user": {"username": "auser", "first_name": "A", "last_name": "User", "mood": "fine"},
		"repositories": [{"slug": "site", "name": "Site", "followers_count": 3}]}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(account.User.User().DisplayName, *account.Repositories[0].FollowersCount)
	fmt.Println(string(account.User.Extra["mood"]))
	// Output:
	// A User 3
	// "fine"
}
