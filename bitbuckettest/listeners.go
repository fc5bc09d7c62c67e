package bitbuckettest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// listeners are what serves over connections.
type listeners struct {
	mu   sync.Mutex
	stop []func()
}

// listen serves a handler on a port of 127.0.0.1, and returns its address and what ends it: that
// returns when no connection is left.
func (l *listeners) listen(handler http.Handler) (addr string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving, connections sync.WaitGroup
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				connections.Done()
			}
		},
	}
	serving.Go(func() { _ = server.Serve(listener) })
	stop = sync.OnceFunc(func() {
		cancel()
		_ = server.Close()
		serving.Wait()
		connections.Wait()
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop = append(l.stop, stop)
	return listener.Addr().String(), stop, nil
}

// close ends them all.
func (l *listeners) close() {
	l.mu.Lock()
	all := l.stop
	l.stop = nil
	l.mu.Unlock()
	for _, stop := range all {
		stop()
	}
}
