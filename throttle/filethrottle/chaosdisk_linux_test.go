package filethrottle_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle/throttletest"
)

// fullDisk fills the disk of the file. A file that is there needs no more space, so calls go on;
// one that is lost cannot be made, so that all calls fail until there is space. It needs a disk of
// its own, which only root can mount.
func fullDisk(t *testing.T) {
	disk := memory(t)
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		if os.Getuid() == 0 && *chaos == "full" {
			t.Fatal(err)
		}
		t.Skipf("NOT TESTED: only root can mount a small disk (%v); run it as root", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler := filepath.Join(disk, "filler")
	fill := func() {
		f, err := os.Create(filler)
		if err != nil {
			return
		}
		defer f.Close()
		block := make([]byte, 4096)
		for {
			if _, err := f.Write(block); err != nil {
				return
			}
		}
	}
	throttletest.RunChaos(t, *chaos == "full", func(*testing.T, int, time.Duration) string {
		return filepath.Join(disk, "budget")
	}, throttletest.Disturbance{Name: "disk full", Times: 5, Some: 1, Do: func(c *throttletest.Chaos) {
		fill()
		c.KillAll(func() {})
		c.Calls(24)
		os.Remove(filler)
	}}, throttletest.Disturbance{Name: "disk full and file removed", Times: 5, Some: 1, Errors: true,
		Start: func(c *throttletest.Chaos) { os.Remove(c.Budget); os.Remove(c.Budget + ".lock") },
		Do: func(c *throttletest.Chaos) {
			os.Remove(c.Budget)
			fill()
			<-time.After(time.Second)
			os.Remove(filler)
			c.Calls(12)
		}})
}
