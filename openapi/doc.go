// Package openapi holds openapi.yaml, a description of Bitbucket's user surface, and the tests
// that hold the client and the in-memory Bitbucket against it: every request that the one sends
// and every answer that the other gives must be as the document says. It has nothing to import.
package openapi
