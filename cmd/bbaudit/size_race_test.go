//go:build race

package main

// The race detector takes ten times the time and the memory, so the workspace is a tenth of what it
// is without.
const (
	largeUsers       = 200
	largeRepos       = 500
	largePermissions = 20_000
	largeMemory      = 300_000
	largeDiffMemory  = 1_000_000
)
