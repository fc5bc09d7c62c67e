// Package ledger counts what a credential's budget of 100 calls in any 30 minutes buys: how many calls
// and hours the audit of a workspace takes by several ways of reading it, and how long a job of 1,000
// calls takes by several ways of keeping to the budget. All of it is run, in the virtual time of
// testing/synctest, against the in-memory Bitbucket, which counts any 30 minutes exactly:
//
//	cd bench && GOWORK=off go test -v ./ledger
//
// With -update it writes the two tables into the README of this folder and into that of the project;
// without, it fails when one of them says anything else.
package ledger
