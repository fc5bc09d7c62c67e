//go:build !race

package bitbucket_test

const underRace = false
