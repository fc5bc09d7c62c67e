//go:build !unix

package redisthrottle_test

import (
	"errors"
	"time"
)

// serverNames is empty: neither Redis nor Valkey runs here.
func serverNames() []string { return nil }

type watchdog struct{}

func watch(int) (*watchdog, error) { return nil, errors.ErrUnsupported }

func (*watchdog) end() {}

func (s *redisServer) freeze(time.Duration) { s.t.Fatal(errors.ErrUnsupported) }
