// Bench measures what the client costs, beside net/http with encoding/json, which is the floor, and
// beside other clients.
//
//	cd bench && GOWORK=off go run . [-rounds 7] [-only text] [-check] [-write]
//
// It starts a server as a process of its own, so that what it measures is the client: the CPU time of
// this process by getrusage, and bytes and allocations by runtime.MemStats. Every contestant does its
// work in every round, one after the other, and what is shown are medians of the rounds. -check fails
// when a goal of contests.go is missed in bytes, in allocations or in virtual time, which are the same
// on every machine; CPU time is shown beside its goal, for a reader to judge. -write puts the tables
// into README.md, in place of those of the same Go version. It runs where getrusage is: on Unix.
//
// The same contests are Go benchmarks, with the server in the same process:
//
//	GOWORK=off go test -bench . -benchmem
//
// The tests run another client against the in-memory Bitbucket, which must satisfy programs that this
// project did not write.
package main
