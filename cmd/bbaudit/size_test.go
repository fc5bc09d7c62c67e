//go:build !race

package main

// The size of a large workspace, and how much memory its audit may take, in kB.
const (
	largeUsers       = 2000
	largeRepos       = 5000
	largePermissions = 200_000 // an owner has one on each repository
	largeMemory      = 150_000
	largeDiffMemory  = 700_000
)
