package main

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// A snapshot is what the audit has read. What is not complete is what came before the end.
type snapshot struct {
	members      []bitbucket.WorkspaceMembership
	permissions  []bitbucket.RepositoryPermission // effective ones
	repositories []repository                     // only with -explicit
	targets      []*target                        // only with -explicit

	complete struct{ members, permissions, repositories, grants bool }
}

// empty reports whether nothing has been read.
func (s *snapshot) empty() bool {
	return len(s.members)+len(s.permissions)+len(s.repositories) == 0 && !s.complete.members
}

// A repository is what the list of a workspace's repositories says about one.
type repository struct {
	FullName  string `json:"full_name"`
	IsPrivate bool   `json:"is_private"`
	Project   struct {
		Key string `json:"key"`
	} `json:"project"`
}

// A collector reads a snapshot, and keeps count of what that takes.
type collector struct {
	*connection
	explicit bool
	limits   limits
	progress *progress
	found    snapshot
	plan     plan
	stages   struct{ members, repositories, permissions, grants *stage }
}

func newCollector(o options, conn *connection, progress *progress) *collector {
	c := &collector{connection: conn, explicit: o.explicit, limits: o.limits, progress: progress}
	var once sync.Once
	c.plan.update = func(done, total int, known bool) {
		progress.count(done, total, known)
		if known {
			once.Do(func() { c.announceRest(total - done) })
		}
	}
	c.stages.members = c.plan.stage(1, false)
	c.stages.permissions = c.plan.stage(1, false)
	if o.explicit {
		c.stages.repositories = c.plan.stage(1, false)
		c.stages.grants = c.plan.stage(0, false)
	}
	return c
}

// announce says what is known about the calls before the first one.
func (c *collector) announce() {
	_, least, _ := c.plan.count()
	kinds := "one for each 100 members and one for each 100 permissions"
	if c.explicit {
		kinds = "one for each 100 members, 100 permissions and 100 repositories, and two for each repository and each project"
	}
	c.progress.say("%s: at least %d calls: %s", c.workspace, least, kinds)
	c.progress.say("%s", timing(c.client.Throttle(), least, time.Now()))
}

// announceRest says how much is to come, once that is known.
func (c *collector) announceRest(rest int) {
	if rest > 0 {
		c.progress.say("%s to come: %s", plural(rest, "more call", "more calls"), timing(c.client.Throttle(), rest, time.Now()))
	}
}

// collect reads the lists. The first page of each says how many calls it takes, so the longest one comes last, and the
// explicit grants after it.
func (c *collector) collect(ctx context.Context) error {
	// Bitbucket leaves these two fields out of a list unless asked, and shows the first one to administrators.
	more := bitbucket.Fields("+values.user.has_2fa_enabled", "+values.user.account_status")
	members := c.client.Permissions.ListWorkspaceMembers(ctx, c.workspace, more)
	if err := read(c.stages.members, members, &c.found.members, &c.found.complete.members); err != nil {
		return err
	}
	if c.explicit {
		repositories := c.listRepositories(ctx)
		if err := read(c.stages.repositories, repositories, &c.found.repositories, &c.found.complete.repositories); err != nil {
			return err
		}
		c.planGrants()
	}
	less := bitbucket.Fields("-values.user.links", "-values.repository.links") // two thirds of the answer
	permissions := c.client.Permissions.ListWorkspaceRepositories(ctx, c.workspace, less)
	if err := read(c.stages.permissions, permissions, &c.found.permissions, &c.found.complete.permissions); err != nil {
		return err
	}
	if c.explicit {
		return c.readGrants(ctx)
	}
	return nil
}

// read appends the items of a list, page after page.
func read[T any](s *stage, list *bitbucket.List[T], into *[]T, complete *bool) error {
	for got, err := range list.Pages() {
		if err != nil {
			return err
		}
		*into = append(*into, got.Values...)
		page(s, got)
	}
	*complete = true
	return nil
}

// listRepositories lists the repositories of the workspace, with their projects. The client has no method for that.
func (c *collector) listRepositories(ctx context.Context) *bitbucket.List[repository] {
	less := bitbucket.Fields("values.full_name", "values.is_private", "values.project.key")
	return bitbucket.ListAt[repository](ctx, c.client, "/2.0/repositories/"+url.PathEscape(c.workspace), less)
}

// plural writes a number with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
