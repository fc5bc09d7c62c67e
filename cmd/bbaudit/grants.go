package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-9213fc64/bitbucket"
)

// grantReaders is how many lists of grants are read at once. The throttle sets the pace, not this.
const grantReaders = 8

// A target is a repository or a project, and what was granted on it.
type target struct {
	name    string // slug or key
	project bool
	config  *bitbucket.PermissionConfig
	users   []bitbucket.UserPermission
	groups  []bitbucket.GroupPermission
	gone    bool // it was there when the audit began
}

// planGrants makes the targets out of the repositories and their projects.
func (c *collector) planGrants() {
	var projects, slugs []string
	for _, r := range c.found.repositories {
		projects = append(projects, r.Project.Key)
		slugs = append(slugs, slugOf(r.FullName))
	}
	slices.Sort(projects)
	for _, key := range slices.Compact(projects) {
		if key != "" {
			c.found.targets = append(c.found.targets, &target{
				name: key, project: true, config: c.client.Permissions.OnProject(c.workspace, key)})
		}
	}
	slices.Sort(slugs)
	for _, slug := range slices.Compact(slugs) {
		c.found.targets = append(c.found.targets, &target{
			name: slug, config: c.client.Permissions.OnRepository(c.workspace, slug)})
	}
	c.stages.grants.expect(2 * len(c.found.targets))
}

// slugOf takes the workspace off the full name of a repository.
func slugOf(fullName string) string {
	return fullName[strings.LastIndex(fullName, "/")+1:]
}

// readGrants reads the grants on all targets. The first failure ends it.
func (c *collector) readGrants(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range grantReaders {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(c.found.targets) {
					return
				}
				if err := c.readTarget(ctx, c.found.targets[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.found.complete.grants = true
	return nil
}

// readTarget reads the grants on one target. One that was removed since the audit began has none.
func (c *collector) readTarget(ctx context.Context, t *target) error {
	err := readGrantsOf(c.stages.grants, t.config.ListUsers(ctx), &t.users)
	if errors.Is(err, bitbucket.ErrNotFound) {
		c.stages.grants.call(-1)
		t.gone = true
		return nil
	}
	if err != nil {
		return err
	}
	return readGrantsOf(c.stages.grants, t.config.ListGroups(ctx), &t.groups)
}

func readGrantsOf[T any](s *stage, list *bitbucket.List[T], into *[]T) error {
	for got, err := range list.Pages() {
		if err != nil {
			return err
		}
		*into = append(*into, got.Values...)
		if got.Next == "" {
			s.call(0)
		} else {
			s.call(1)
		}
	}
	return nil
}
