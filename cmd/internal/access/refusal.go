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
	if ends(ctx, err) {
		return err
	}
	verdict := verdictOf(err)
	if verdict == Refused && source.first && errors.Is(err, bitbucket.ErrNotFound) {
		gone, err := c.gone(ctx, ask)
		if err != nil {
			return err
		}
		if gone {
			return c.keep(s, Entry{Ask: ask.key(), Verdict: Gone, Why: "it went away while it was read"})
		}
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

// verdictOf tells what Bitbucket does not show from what went wrong.
func verdictOf(err error) Verdict {
	e, ok := errors.AsType[*bitbucket.Error](err)
	if !ok || errors.Is(err, bitbucket.ErrMalformedResponse) {
		return Failed
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusGone:
		return Refused
	}
	return Failed
}

// gone asks whether a place is there any more.
func (c *Collector) gone(ctx context.Context, ask Ask) (bool, error) {
	if err := c.before(ctx); err != nil {
		return false, err
	}
	ask.Source = stillThere(ask.Source)
	for _, err := range c.api.Pages(ctx, ask, "") {
		if err != nil && ends(ctx, err) {
			return false, err
		}
		return errors.Is(err, bitbucket.ErrNotFound), nil
	}
	return false, nil
}

// The sources that tell whether a place is there. They are in no plan.
const (
	theRepository = "the repository"
	theProject    = "the project"
)

func stillThere(source string) string {
	if source == ProjectUsers {
		return theProject
	}
	return theRepository
}

// why is an error on one line without what every error of the library begins with.
func why(err error) string { return strings.TrimPrefix(err.Error(), "bitbucket: ") }
