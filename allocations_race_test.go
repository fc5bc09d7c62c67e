//go:build race

package bitbucket_test

// underRace says that the race detector is on, which allocates for itself and empties pools.
const underRace = true
