package bitbuckettest

// TB is what [Server.Start] needs of a test; a *testing.T and a *testing.B have it.
type TB interface {
	// Helper, Fatalf and Cleanup are those of a test.
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Start serves on a port of 127.0.0.1 until the test ends, and returns the URL without a path and
// a final slash.
func (s *Server) Start(t TB) (baseURL string) {
	t.Helper()
	addr, stop, err := s.listeners.listen(s)
	if err != nil {
		t.Fatalf("bitbuckettest: %v", err)
		return ""
	}
	t.Cleanup(stop)
	return "http://" + addr
}

// Listen serves on a port of 127.0.0.1 until [Server.Close], for programs that are no tests. It
// returns the URL without a path and a final slash.
func (s *Server) Listen() (baseURL string, err error) {
	addr, _, err := s.listeners.listen(s)
	if err != nil {
		return "", err
	}
	return "http://" + addr, nil
}

// Close ends what [Server.Start] and [Server.Listen] began, and returns when no connection is
// left. As a handler and a transport the server goes on answering.
func (s *Server) Close() { s.listeners.close() }
