package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// refused takes an error in place of a page. Its own error ends the run.
func (c *Collector) refused(
	ctx context.Context,
	s *space,
	source Source,
	ask Ask,
	err error,
) error {
	if ends(ctx, err) && !c.onlyHere(ctx, s, source, err) {
		return err
	}
	verdict := verdictOf(err)
	if verdict == Refused && source.first && errors.Is(err, bitbucket.ErrNotFound) {
		gone, err := c.gone(ctx, s, ask)
		if err != nil {
			return err
		}
		if gone {
			return c.keep(s, Entry{Ask: ask.key(), Verdict: Gone, Why: "it went away while it was read"})
		}
	}
	if s != nil && ofCredential(err) {
		s.denied[source.Name] = why(err)
	}
	if err := c.keep(s, Entry{Ask: ask.key(), Verdict: verdict, Why: why(err)}); err != nil ||
		s == nil {
		return err
	}
	if s.failures++; verdict == Failed && s.failures >= giveUpAfter {
		s.fallen = fmt.Sprintf("given up after %d failures in a row: %s", giveUpAfter, why(err))
	}
	if verdict != Failed {
		s.failures = 0
	}
	return nil
}

// ends reports whether an error is one of the whole run: it was stopped, the credential is none, or
// the server takes no more calls.
func ends(ctx context.Context, err error) bool {
	_, late := errors.AsType[*throttle.WaitError](err)
	return ctx.Err() != nil || late || errors.Is(err, bitbucket.ErrUnauthorized) ||
		errors.Is(err, bitbucket.ErrRateLimited)
}

// notHere is what Bitbucket says with 401 of a token that is none, and at some endpoints of a good one
// that lacks a scope.
const notHere = "not supported for this endpoint"

// onlyHere reports whether a 401 is of one list and not of the credential: of evidence that a run can
// do without, since the next call tells, or where the workspace can still be read.
func (c *Collector) onlyHere(ctx context.Context, s *space, source Source, err error) bool {
	e, ok := errors.AsType[*bitbucket.Error](err)
	switch {
	case !ok || e.StatusCode != http.StatusUnauthorized || !strings.Contains(e.Message, notHere) || ctx.Err() != nil:
		return false
	case s == nil:
		return source.aside
	case source.Name == TheWorkspace || c.before(ctx) != nil:
		return false
	}
	for _, err := range c.api.Pages(ctx, Ask{Source: TheWorkspace, Workspace: s.asked}, "") {
		return err == nil
	}
	return false
}

// verdictOf tells what Bitbucket does not show from what went wrong.
func verdictOf(err error) Verdict {
	e, ok := errors.AsType[*bitbucket.Error](err)
	if !ok || errors.Is(err, bitbucket.ErrMalformedResponse) {
		return Failed
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusGone:
		return Refused
	}
	return Failed
}

// ofCredential reports whether a refusal is of the credential, whatever the place: a scope is missing,
// or its kind may not ask. That is what the library has advice about when something is forbidden.
func ofCredential(err error) bool {
	e, ok := errors.AsType[*bitbucket.Error](err)
	return ok && (e.StatusCode == http.StatusForbidden && e.Hint != "" || e.StatusCode == http.StatusUnauthorized)
}

// gone reports whether a place is not there any more: whether a list that named it before came, whole
// and without it, under another name, too. Another 404 would prove nothing, since Bitbucket sends it also for what it
// does not show, and at times for what is there. The list is in no plan.
func (c *Collector) gone(ctx context.Context, s *space, ask Ask) (bool, error) {
	p := s.index.placeOf(ask)
	if !p.listed || p.uuid == "" {
		return false, nil // no list named it, or it may have another name by now
	}
	list := Ask{Source: Repositories, Workspace: ask.Workspace, Place: ask.Place, slug: ask.slug}
	if KindOf(ask.Source) == KindProject {
		list.Source = Projects
	} else {
		list.scope = &Scope{Repositories: []string{ask.Place}, uuid: p.uuid}
	}
	if err := c.before(ctx); err != nil {
		return false, err
	}
	seen, told := map[string]bool{}, 0
	for page, err := range c.api.Pages(ctx, list, "") {
		if err != nil {
			if ends(ctx, err) {
				return false, err
			}
			return false, nil
		}
		for i := range page.Items {
			item := &page.Items[i]
			if item.odd(list) != "" || item.named(ask.Place, p.uuid) {
				return false, nil
			}
			seen[item.place()] = true
		}
		if page.Told != nil {
			told = max(told, *page.Told)
		}
		if page.Next == "" {
			return len(seen) >= told, nil
		}
		if err := c.before(ctx); err != nil {
			return false, err
		}
	}
	return false, nil
}

// named reports whether an item is the repository or the project of a name or a UUID.
func (i *Item) named(place, uuid string) bool {
	return i.Repository != nil && (strings.EqualFold(i.Repository.Slug, place) || i.Repository.UUID == uuid) ||
		i.Project != nil && (strings.EqualFold(i.Project.Key, place) || i.Project.UUID == uuid)
}

// place is the slug of a repository or the key of a project.
func (i *Item) place() string {
	if i.Project != nil {
		return i.Project.Key
	}
	return i.Repository.Slug
}

// why is an error on one line without what every error of the library begins with.
func why(err error) string { return strings.TrimPrefix(err.Error(), "bitbucket: ") }
