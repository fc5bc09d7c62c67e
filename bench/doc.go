// Package bench measures the client side by side with another one and with plain
// net/http, and runs the other one against the in-memory Bitbucket, which must
// satisfy programs that this project did not write.
//
//	go test -bench . -benchmem ./bench
package bench
