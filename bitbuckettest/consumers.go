package bitbuckettest

import (
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

const (
	codeLife    = 10 * time.Minute
	refreshLife = 90 * 24 * time.Hour
	afterglow   = 10 * time.Minute // how long a refresh token lives after its use
)

// consumers are the OAuth consumers, and what they hold in their hands.
type consumers struct {
	byID      map[string]*consumer
	codes     map[string]*code
	refreshes map[string]*refresh
	signedIn  *store.User // whose browser it is; nil is the first owner of a workspace
}

type consumer struct {
	Consumer
	workspace *store.Workspace
	app       *store.User // who acts with client credentials
}

// code is an authorization code, good for one use.
type code struct {
	consumer  *consumer
	user      *store.User
	redirect  string
	challenge string
	expires   time.Time
}

type refresh struct {
	consumer *consumer
	user     *store.User
	expires  time.Time
}

func newConsumers() *consumers {
	return &consumers{
		byID: map[string]*consumer{}, codes: map[string]*code{},
		refreshes: map[string]*refresh{},
	}
}

// browser is the user who agrees to what a consumer asks for, nil when there is none.
func (all *consumers) browser(client *consumer) *store.User {
	if all.signedIn != nil {
		return all.signedIn
	}
	return client.workspace.FirstOwner()
}
