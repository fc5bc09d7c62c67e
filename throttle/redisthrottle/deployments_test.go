package redisthrottle_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// One key is all that is used, so a Cluster is served as well. A hash tag puts the key beside
// others.
func TestCluster(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			server := startServer(t, program, "--cluster-enabled", "yes")
			node := server.client()
			if err := node.ClusterAddSlotsRange(t.Context(), 0, 16383).Err(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the cluster is there", func() bool {
				return strings.Contains(node.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
			})
			client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{server.addr}})
			t.Cleanup(func() { client.Close() })
			for _, key := range []string{"calls", "{acme}:calls"} {
				th := mustNew(t, client, key, 2, time.Hour)
				mustAcquire(t, th)(true)
				mustAcquire(t, mustNew(t, client, key, 2, time.Hour))
				if s, err := th.Inspect(t.Context()); err != nil || s.Free != 0 {
					t.Errorf("Inspect of %s: %+v, %v, want both slots spent", key, s, err)
				}
			}
		})
	}
}

// A replica that takes over does not know the script, so whoever comes first, here a fresh process,
// makes the budget rest for a window: what the replica lacks is not known.
func TestFailover(t *testing.T) {
	t.Parallel()
	const per = time.Hour
	for _, program := range programs(t) {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			primary, replica := startServer(t, program), startServer(t, program)
			_, port, _ := strings.Cut(primary.addr, ":")
			th := mustNew(t, primary.client(), "team", 3, per)
			mustAcquire(t, th)(true)
			if err := replica.client().SlaveOf(t.Context(), "127.0.0.1", port).Err(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the replica has the key", func() bool {
				return replica.client().Exists(t.Context(), "team").Val() == 1
			})
			primary.kill()
			if err := replica.client().SlaveOf(t.Context(), "NO", "ONE").Err(); err != nil {
				t.Fatal(err)
			}
			resting(t, mustNew(t, replica.client(), "team", 3, per), per)
		})
	}
}

// A server that removes the key for want of memory costs a window of rest.
func TestEviction(t *testing.T) {
	t.Parallel()
	const per = time.Hour
	for _, program := range programs(t) {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			server := startServer(t, program, "--maxmemory-policy", "allkeys-random")
			client := server.client()
			th := mustNew(t, client, "team", 3, per)
			mustAcquire(t, th)(true)
			if err := client.ConfigSet(t.Context(), "maxmemory", "4mb").Err(); err != nil {
				t.Fatal(err)
			}
			filler := strings.Repeat("x", 100_000)
			eventually(t, "the key is evicted", func() bool {
				client.Set(t.Context(), rand.Text(), filler, 0)
				return client.Exists(t.Context(), "team").Val() == 0
			})
			if err := client.ConfigSet(t.Context(), "maxmemory", "0").Err(); err != nil {
				t.Fatal(err)
			}
			resting(t, th, per)
			resting(t, mustNew(t, client, "team", 3, per), per)
		})
	}
}
