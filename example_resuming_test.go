package bitbucket_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/seed-9213fc64/bitbucket"
)

// A list that was stopped after a page is continued from its cursor, be it in another process: a
// job of a thousand calls that is killed does not begin again.
func ExampleFrom() {
	client, ctx := exampleClient(), context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	checkpoint := filepath.Join(dir, "cursor")

	read := func(pages int) (items int) {
		cursor, err := os.ReadFile(checkpoint) // none is the beginning
		if err != nil && !os.IsNotExist(err) {
			log.Fatal(err)
		}
		permissions := client.Permissions.ListWorkspaceRepositories(ctx, "acme",
			bitbucket.From(string(cursor)))
		for page, err := range permissions.Pages() {
			if err != nil {
				log.Fatal(err)
			}
			items += len(page.Values) // store them together with the cursor
			if err := os.WriteFile(checkpoint, []byte(page.Next), 0o600); err != nil {
				log.Fatal(err)
			}
			if pages--; pages == 0 {
				break
			}
		}
		return items
	}
	fmt.Println(read(3), "and then", read(100))
	// Output: 300 and then 1706
}
