package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

// A numberedList is one on a server that pages through it by number.
type numberedList struct {
	items   []string
	pageLen int                            // a page's, whatever was asked for
	order   func(items []string, call int) // what happens to the list before a call
	frame   string                         // members of a page; "next" stands for one
	missing int                            // the number of a page that is not found
	calls   int
}

func (s *numberedList) handle(w http.ResponseWriter, r *http.Request) {
	s.calls++
	if s.order != nil {
		s.order(s.items, s.calls)
	}
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	number = max(number, 1)
	if number == s.missing {
		answer(w, 404, `{"type":"error","error":{"message":"Invalid page"}}`)
		return
	}
	from := min((number-1)*s.pageLen, len(s.items))
	to := min(from+s.pageLen, len(s.items))
	var frame []string
	for member := range strings.FieldsSeq(s.frame) {
		switch member {
		case "size":
			frame = append(frame, fmt.Sprintf(`"size":%d`, len(s.items)))
		case "page":
			frame = append(frame, fmt.Sprintf(`"page":%d`, number))
		case "pagelen":
			frame = append(frame, fmt.Sprintf(`"pagelen":%d`, s.pageLen))
		case "next":
			if to < len(s.items) {
				frame = append(frame, fmt.Sprintf(`"next":"%s?page=%d"`, r.URL.Path, number+1))
			}
		}
	}
	frame = append(frame, `"values":[`+strings.Join(s.items[from:to], ",")+`]`)
	answer(w, 200, "{"+strings.Join(frame, ",")+"}")
}

func numbered(n int, format string) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return all
}

const variableItem = `{"type":"pipeline_variable","uuid":"{%d}","key":"K"}`

// A page of a numbered list that is not found is the list's error, not its end.
func TestMissingPageIsNoEnd(t *testing.T) {
	for missing := 1; missing <= 10; missing++ {
		s := &numberedList{items: numbered(1000, variableItem), pageLen: 100, frame: "size page pagelen", missing: missing}
		c := newClient(t, &wire{handler: s.handle})
		got, err := c.Pipelines.WorkspaceVariables("acme").List(t.Context()).Collect()
		if len(got) != 100*(missing-1) || !errors.Is(err, bitbucket.ErrNotFound) {
			t.Errorf("without page %d: %d variables, %v", missing, len(got), err)
		}
	}
}

// However little a page says of itself, the list goes on as long as more is promised.
func TestListsGoOnWhileMoreIsPromised(t *testing.T) {
	for _, frame := range []string{"size", "size page", "size pagelen", "size page pagelen", "size next", "next", "next page"} {
		for _, n := range []int{1, 99, 100, 101, 250, 300} {
			s := &numberedList{items: numbered(n, variableItem), pageLen: 100, frame: frame}
			c := newClient(t, &wire{handler: s.handle})
			got, err := c.Pipelines.WorkspaceVariables("acme").List(t.Context()).Collect()
			if len(got) != n || err != nil || s.calls != (n+99)/100 {
				t.Errorf("pages with %s: %d variables of %d in %d calls, %v", frame, len(got), n, s.calls, err)
			}
		}
	}
}

// A page that holds less than it was asked for does not end the list, and the next one is the next.
func TestListsWithShorterPages(t *testing.T) {
	for _, frame := range []string{"size", "size page", "size page pagelen"} {
		s := &numberedList{items: numbered(25, variableItem), pageLen: 10, frame: frame}
		c := newClient(t, &wire{handler: s.handle})
		got, err := c.Pipelines.WorkspaceVariables("acme").List(t.Context()).Collect()
		if len(got) != 25 || err != nil {
			t.Errorf("pages of 10 with %s: %d variables of 25, %v", frame, len(got), err)
		}
	}
}

// turned is what a list looks like whose order is another one each time.
func turned(items []string, call int) {
	if call > 1 {
		slices.Reverse(items)
	}
}

// Complete finds what a list loses whose order changes between the pages, by the identity of the
// items of each type.
func TestCompleteFindsWhatIsLost(t *testing.T) {
	ctx := t.Context()
	type counted func(c *bitbucket.Client, opts ...bitbucket.CallOption) (int, error)
	for name, tc := range map[string]struct {
		item string
		list counted
	}{
		"users by UUID": {
			`{"user":{"uuid":"{%d}"},"permission":"member","workspace":{"uuid":"{w}"}}`,
			func(c *bitbucket.Client, o ...bitbucket.CallOption) (int, error) {
				return count(c.Workspaces.ListMembers(ctx, "acme", o...))
			},
		},
		"users by account": {
			`{"user":{"account_id":"%d"},"permission":"read"}`,
			func(c *bitbucket.Client, o ...bitbucket.CallOption) (int, error) {
				return count(c.Permissions.OnRepository("acme", "x").ListUsers(ctx, o...))
			},
		},
		"users and repositories": {
			`{"user":{"uuid":"{u}"},"permission":"read","repository":{"uuid":"{%d}"}}`,
			func(c *bitbucket.Client, o ...bitbucket.CallOption) (int, error) {
				return count(c.Permissions.ListWorkspaceRepositories(ctx, "acme", o...))
			},
		},
		"groups by slug": {
			`{"group":{"slug":"g%d"},"permission":"read"}`,
			func(c *bitbucket.Client, o ...bitbucket.CallOption) (int, error) {
				return count(c.Permissions.OnRepository("acme", "x").ListGroups(ctx, o...))
			},
		},
		"variables": {variableItem, func(c *bitbucket.Client, o ...bitbucket.CallOption) (int, error) {
			return count(c.Pipelines.WorkspaceVariables("acme").List(ctx, o...))
		}},
		"addresses": {`{"email":"%d@example.com"}`, func(c *bitbucket.Client, o ...bitbucket.CallOption) (int, error) {
			return count(c.Users.ListEmails(ctx, o...))
		}},
		"workspaces": {`{"workspace":{"uuid":"{%d}"}}`, func(c *bitbucket.Client, o ...bitbucket.CallOption) (int, error) {
			return count(c.Workspaces.List(ctx, o...))
		}},
		"SSH keys": {`{"uuid":"{%d}"}`, func(c *bitbucket.Client, o ...bitbucket.CallOption) (int, error) {
			return count(c.SSHKeys.List(ctx, "{u}", o...))
		}},
		"GPG keys": {`{"fingerprint":"%d"}`, func(c *bitbucket.Client, o ...bitbucket.CallOption) (int, error) {
			return count(c.GPGKeys.List(ctx, "{u}", o...))
		}},
	} {
		for _, frame := range []string{"size next", "next"} {
			s := &numberedList{items: numbered(250, tc.item), pageLen: 100, frame: frame, order: turned}
			c := newClient(t, &wire{handler: s.handle})
			n, err := tc.list(c, bitbucket.Complete())
			if n != 250 || !errors.Is(err, bitbucket.ErrIncomplete) {
				t.Errorf("%s with %s: %d items, %v", name, frame, n, err)
				continue
			}
			wantText(t, err.Error(), "250 items came", "200 of them distinct")
			if frame == "size next" {
				wantText(t, err.Error(), "promised 250")
			}
			s.order, s.calls = nil, 0
			if n, err := tc.list(c, bitbucket.Complete()); n != 250 || err != nil {
				t.Errorf("%s with %s, in order: %d items, %v", name, frame, n, err)
			}
			s.order = turned
			if n, err := tc.list(c); n != 250 || err != nil {
				t.Errorf("%s with %s, without Complete: %d items, %v", name, frame, n, err)
			}
		}
	}
}

func count[T any](list *bitbucket.List[T]) (int, error) {
	items, err := list.Collect()
	return len(items), err
}

// A cut list is incomplete, and says how much is missing; a filtered one is as long as its filter
// makes it; results of code search cannot be told apart and are only counted.
func TestCompleteCounts(t *testing.T) {
	members := func(c *bitbucket.Client, opts ...bitbucket.CallOption) (int, error) {
		return count(c.Permissions.ListWorkspaceMembers(t.Context(), "acme", append(opts, bitbucket.Complete())...))
	}
	const owner = `{"user":{"uuid":"{1}"},"permission":"owner","workspace":{"uuid":"{w}"}}`
	for name, tc := range map[string]struct {
		body string
		text string // of the error
	}{
		"whole":                       {`{"values":[` + owner + `],"size":1}`, ""},
		"without size":                {`{"values":[` + owner + `]}`, ""},
		"cut":                         {`{"values":[` + owner + `],"size":1,"pagelen":100,"page":1}`, ""},
		"with more than was promised": {`{"values":[` + owner + `],"size":0}`, ""},
		"with one twice":              {`{"values":[` + owner + `,` + owner + `]}`, "2 items came, 1 of them distinct"},
		"with one twice, of two":      {`{"values":[` + owner + `,` + owner + `],"size":2}`, "promised 2"},
		"without anybody to name":     {`{"values":[{"permission":"owner"},{"permission":"owner"}],"size":2}`, ""},
	} {
		n, err := members(newClient(t, answering(200, asJSON, tc.body)), bitbucket.Query(`permission="owner"`))
		if n == 0 || (err == nil) != (tc.text == "") || err != nil && !errors.Is(err, bitbucket.ErrIncomplete) {
			t.Errorf("%s: %d members, %v", name, n, err)
		} else if err != nil {
			wantText(t, err.Error(), tc.text)
		}
	}
	const short = `{"values":[` + owner + `],"size":3,"pagelen":100,"page":1,"next":"/2.0/workspaces/acme/permissions?page=2"}`
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			answer(w, 200, `{"values":[{"user":{"uuid":"{2}"},"permission":"member"}],"size":3,"pagelen":100,"page":2}`)
			return
		}
		answer(w, 200, short)
	}}
	n, err := members(newClient(t, rt))
	if n != 2 || !errors.Is(err, bitbucket.ErrIncomplete) {
		t.Errorf("a list that is cut: %d members, %v", n, err)
	} else {
		wantText(t, err.Error(), "2 items came", "promised 3")
	}
	result := `{"type":"code_search_result","content_match_count":1}`
	c := newClient(t, answering(200, asJSON, `{"size":2,"values":[`+result+`,`+result+`]}`))
	if n, err := count(c.Search.Code(t.Context(), "{u}", "x", bitbucket.Complete())); n != 2 || err != nil {
		t.Errorf("equal results: %d, %v", n, err)
	}
}

// Complete with From is refused before anything is sent, and Complete where there is no list.
func TestCompleteRefusesWhatItCannotTell(t *testing.T) {
	rt := answering(200, asJSON, `{"values":[]}`)
	c := newClient(t, rt)
	from := bitbucket.From("/2.0/user/emails?page=2")
	_, err := c.Users.ListEmails(t.Context(), from, bitbucket.Complete()).Collect()
	everywhere := bitbucket.From("/2.0/user/workspaces/acme/permissions/repositories?page=2")
	_, err2 := c.Permissions.ListMineEverywhere(t.Context(), everywhere, bitbucket.Complete()).Collect()
	_, err3 := c.Users.Current(t.Context(), bitbucket.Complete())
	for _, err := range []error{err, err2, err3} {
		if err == nil || !strings.Contains(err.Error(), "Complete") {
			t.Errorf("taken: %v", err)
		}
	}
	if n := len(rt.requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// From starts anew: of the options that were set before it, those that the cursor carries are
// dropped, on every page.
func TestFromKeepsNoOldOptions(t *testing.T) {
	s := &numberedList{items: numbered(30, variableItem), pageLen: 10, frame: "size page pagelen"}
	rt := &wire{handler: s.handle}
	c := newClient(t, rt)
	got, err := c.Pipelines.WorkspaceVariables("acme").List(t.Context(), bitbucket.Query("a=1"), bitbucket.Sort("key"),
		bitbucket.Fields("values.key"), bitbucket.PageLen(7), bitbucket.Param("x", "y"),
		bitbucket.From("/2.0/workspaces/acme/pipelines-config/variables?page=2&pagelen=10&q=b")).Collect()
	if err != nil || len(got) != 20 {
		t.Errorf("%d variables, %v", len(got), err)
	}
	const at = "GET https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/variables?page="
	if want := []string{at + "2&pagelen=10&q=b", at + "3&pagelen=10&q=b"}; !slices.Equal(rt.requests(), want) {
		t.Errorf("sent %q", rt.requests())
	}
}

// A page that is being fetched ahead is given up when the loop ends.
func TestPrefetchIsGivenUp(t *testing.T) {
	asked, gone := make(chan bool), make(chan error, 1)
	s := &numberedList{items: numbered(300, variableItem), pageLen: 100, frame: "next"}
	rt := &wire{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			close(asked)
			<-r.Context().Done()
			gone <- context.Cause(r.Context())
		}
		s.handle(w, r)
	}}
	c := newClient(t, rt)
	n := 0
	for range c.Pipelines.WorkspaceVariables("acme").List(t.Context(), bitbucket.Prefetch()).All() {
		if n++; n == 2 { // the next page is being fetched since the loop has come back
			<-asked
			break
		}
	}
	if err := <-gone; !errors.Is(err, context.Canceled) || rt.underWay() != 0 {
		t.Errorf("%v, %d requests under way", err, rt.underWay())
	}
}
