package bitbuckettest

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// Client is a client of the server, in process, for a user: with an API token that has all
// scopes, or with an OAuth token for an app user, who has no e-mail address. It has the throttle
// that the server has. Options win over what it has otherwise, but for a credential: it has one
// already, and a second is an error. It panics, as the set-up does, when there is no such user
// or when an option is wrong.
func (s *Server) Client(user string, opts ...bitbucket.Option) (client *bitbucket.Client) {
	s.setUp(func() error {
		u, err := s.store.Anybody(user)
		if err != nil {
			return err
		}
		usual := []bitbucket.Option{bitbucket.WithTransport(s), bitbucket.WithThrottle(s.sameThrottle())}
		if len(u.Emails) == 0 {
			token := s.issueOAuth(&credential{Actor: store.Actor{User: u}})
			usual = append(usual, bitbucket.WithAccessToken(token.secret))
		} else {
			token, err := s.issueAPIToken(u.UUID, nil)
			if err != nil {
				return err
			}
			usual = append(usual, bitbucket.WithAPIToken(token.Email, token.Token))
		}
		client, err = bitbucket.NewClient(append(usual, opts...)...)
		return err
	})
	return client
}

// sameThrottle is a client's side of the throttle of the server. Its calls are spaced where the
// server refuses bursts.
func (b *backend) sameThrottle() throttle.Throttle {
	same := throttle.Unlimited
	if of := b.set.throttle; of.calls > 0 {
		same = throttle.Window(of.calls, of.per)
	}
	if of := b.set.burst; of.calls > 0 {
		same = throttle.Smooth(same, rate.NewLimiter(rate.Every(of.per/time.Duration(of.calls)), 1))
	}
	return same
}
