//go:build unix && !linux

package filethrottle_test

import "testing"

func TestChaosOnFullDisk(t *testing.T) { t.Skip("NOT TESTED: this mounts a small disk as Linux does") }
