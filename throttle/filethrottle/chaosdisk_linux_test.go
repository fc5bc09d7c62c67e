package filethrottle_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle/throttletest"
)

// A file that is there needs no more space when the disk is full, so calls go on; one that is lost
// cannot be made, so that all calls fail until there is space. Each run needs a disk of its own,
// which only root can mount.
func TestChaosOnFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: only root can mount a small disk")
	}
	onSmallDisk := func(t *testing.T, _ int, _ time.Duration) string {
		return filepath.Join(smallDisk(t), "budget")
	}
	filler := func(c *throttletest.Chaos) string { return filepath.Join(filepath.Dir(c.Budget), "filler") }
	throttletest.RunChaos(t, *chaos == "full", onSmallDisk,
		throttletest.Disturbance{Name: "disk full", Times: 5, Some: 1, Do: func(c *throttletest.Chaos) {
			fill(filler(c))
			c.KillAll(func() {})
			c.Calls(24)
			os.Remove(filler(c))
		}},
		throttletest.Disturbance{
			Name: "disk full and file removed", Times: 5, Some: 1, Errors: true,
			Do: func(c *throttletest.Chaos) {
				os.Remove(c.Budget)
				fill(filler(c))
				<-time.After(time.Second)
				os.Remove(filler(c))
				c.Calls(12)
			},
		},
	)
}

// smallDisk mounts a disk for a test.
func smallDisk(t *testing.T) string {
	t.Helper()
	disk := memory(t)
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("NOT TESTED: a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return disk
}

// fill writes a file until its disk is full.
func fill(path string) {
	f, err := os.Create(path)
	if err != nil {
		return
	}
	defer f.Close()
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
}
