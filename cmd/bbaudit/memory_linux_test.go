package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// sayPeakMemory writes how much memory this process has had at most.
func sayPeakMemory(w io.Writer) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if value, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			fmt.Fprintln(w, "peak memory:", strings.TrimSpace(value))
		}
	}
}
