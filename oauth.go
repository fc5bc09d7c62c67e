package bitbucket

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket/internal/wire"
)

// SavingTokenSource returns a token source that gives each new token to save before anybody uses
// it. Bitbucket rotates refresh tokens: each use of one returns another and ends the old one, so a
// program that wants to refresh after a restart must store what it got last. An error from save is
// returned by Token, and save is called again the next time. Printing the source shows no token.
func SavingTokenSource(ts oauth2.TokenSource, save func(*oauth2.Token) error) oauth2.TokenSource {
	s := &savingTokenSource{source: func() (*oauth2.Token, error) { return ts.Token() }, save: save}
	s.saved = func() tokenID { return tokenID{} }
	return s
}

// A savingTokenSource holds its tokens in closures, which no verb prints.
type savingTokenSource struct {
	source func() (*oauth2.Token, error)
	save   func(*oauth2.Token) error

	mu    sync.Mutex
	saved func() tokenID // the last one
}

// tokenID tells one token from another.
type tokenID struct {
	access, refresh string
	expiry          time.Time
}

// Token returns the source's token, saved when it is a new one.
func (s *savingTokenSource) Token() (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, err := s.source()
	if err != nil {
		return nil, err
	}
	if token == nil {
		return nil, errors.New("bitbucket: the token source gave neither a token nor an error")
	}
	id := tokenID{token.AccessToken, token.RefreshToken, token.Expiry.UTC().Round(0)}
	if id != s.saved() {
		if err := s.save(token); err != nil {
			err = wire.NewRedactor(id.access, id.refresh).Error(err)
			return nil, fmt.Errorf("bitbucket: a new token could not be saved: %w", err)
		}
		s.saved = func() tokenID { return id }
	}
	return token, nil
}

// String names the source and nothing of its tokens.
func (s *savingTokenSource) String() string { return "bitbucket.SavingTokenSource" }

// GoString is String.
func (s *savingTokenSource) GoString() string { return s.String() }

// LogValue is what slog prints.
func (s *savingTokenSource) LogValue() slog.Value { return slog.StringValue(s.String()) }
