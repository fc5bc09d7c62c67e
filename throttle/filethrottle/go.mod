module github.com/seed-9213fc64/bitbucket/throttle/filethrottle

go 1.26.0

require (
	github.com/gofrs/flock v0.13.1
	github.com/seed-9213fc64/bitbucket v0.2.0
)

require (
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
