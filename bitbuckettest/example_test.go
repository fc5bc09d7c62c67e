package bitbuckettest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func Example() {
	srv := bitbuckettest.New()
	srv.AddUser(bitbuckettest.User{Nickname: "ada", DisplayName: "Ada A"})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
	srv.AddMember("acme", bitbuckettest.Member{User: "ada", Role: "owner"})
	srv.AddRepository("acme", bitbuckettest.Repository{Slug: "widgets"})
	token := srv.IssueAPIToken("ada")

	client := &http.Client{Transport: srv}
	req, _ := http.NewRequest("GET",
		"https://api.bitbucket.org/2.0/user/workspaces/acme/permissions/repositories", nil)
	req.URL.RawQuery = "fields=values.permission,values.repository.full_name"
	req.SetBasicAuth(token.Email, token.Token)
	resp, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(body))
	// Output: 200 {"values":[{"permission":"admin","repository":{"full_name":"acme/widgets"}}]}
}

func ExampleServer_Client() {
	srv := bitbuckettest.New()
	srv.AddUser(bitbuckettest.User{Nickname: "ada"})
	srv.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
	srv.AddMember("acme", bitbuckettest.Member{User: "ada", Role: "owner"})
	srv.AddRepository("acme", bitbuckettest.Repository{Slug: "widgets"})

	ctx := context.Background()
	grants := srv.Client("ada").Permissions.OnRepository("acme", "widgets")
	srv.AddUser(bitbuckettest.User{Nickname: "bob"})
	srv.AddMember("acme", bitbuckettest.Member{User: "bob"})
	srv.GrantRepository("acme", "widgets", "bob", "write")
	users, err := grants.ListUsers(ctx).Collect()
	fmt.Println(len(users), err)

	// Somebody else takes the grant back meanwhile.
	srv.RevokeGrant("acme", bitbuckettest.Grant{Repository: "widgets", User: "bob"})
	users, err = grants.ListUsers(ctx).Collect()
	fmt.Println(len(users), err, srv.Grants("acme"), srv.Calls())
	// Output:
	// 1 <nil>
	// 0 <nil> [] 2
}

func ExampleLoad() {
	srv, err := bitbuckettest.Load(strings.NewReader(`{
	  "users": [{"nickname": "ada"}, {"nickname": "bob"}],
	  "workspaces": [
	    {"slug": "acme", "members": [{"user": "ada", "role": "owner"}, {"user": "bob"}],
	     "repositories": [{"slug": "widgets"}],
	     "grants": [{"repository": "widgets", "user": "bob", "permission": "write"}]}
	  ]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, user := range []string{"ada", "bob"} {
		fmt.Println(user, srv.Permission("acme", "widgets", user))
	}
	// Output:
	// ada admin
	// bob write
}

func ExampleServer_Fail() {
	srv := bitbuckettest.New()
	srv.Fail(bitbuckettest.On("GET", "/2.0/user"), bitbuckettest.Status(503, "", "Retry-After", "30"),
		1)

	client := &http.Client{Transport: srv}
	for range 2 {
		resp, err := client.Get("https://api.bitbucket.org/2.0/user")
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	// Output:
	// 503 30
	// 401
}
