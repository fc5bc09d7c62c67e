// Package conformance holds tests that run programs by others, unmodified, against the in-memory
// Bitbucket on loopback: the clients go-scm, go-atlassian and go-bitbucket as Go modules, and the
// clients of Backstage and "bitbucket" as packages for node. What they read is compared with what
// the server holds. It is a module of its own, since nothing else needs what these programs need.
package conformance
