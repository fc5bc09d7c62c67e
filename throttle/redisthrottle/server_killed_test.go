package redisthrottle_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// No server outlives a run that is killed, not even one that is frozen at that moment.
func TestServerOfAKilledRun(t *testing.T) {
	const inside = "REDISTHROTTLE_KILLED_RUN"
	if os.Getenv(inside) != "" {
		server := startRedis(t)
		fmt.Println("serving at", server.addr)
		server.freeze(time.Hour)
	}
	serverProgram(t) // or the test is left out

	run := exec.Command(os.Args[0], "-test.run=^TestServerOfAKilledRun$")
	run.Env = append(os.Environ(), inside+"=1")
	stdout, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err := run.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = run.Wait() // "signal: killed"
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "serving at ")
	if !ok {
		t.Fatalf("the run says %q, %v", line, err)
	}
	for limit := time.Now().Add(10 * time.Second); ; <-time.After(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return // refused: nobody listens any more
		}
		conn.Close()
		if time.Now().After(limit) {
			t.Fatalf("a server still listens at %s", addr)
		}
	}
}
