package throttletest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// Open opens a budget by its name: a path, an address, or whatever another process finds it by.
type Open func(budget string, calls int, per time.Duration) (throttle.Throttle, error)

// NewBudget makes an untouched budget, and returns the name by which other processes [Open] it.
type NewBudget func(t *testing.T, calls int, per time.Duration) (budget string)

// RunProcesses tests a throttle that processes share, with real processes: the test binary, started again. The package
// that calls it has a TestMain that calls [Main]. It takes about 40 seconds.
func RunProcesses(t *testing.T, newBudget NewBudget, open Open) {
	t.Run("EightProcesses", func(t *testing.T) { eightProcesses(t, newBudget) })
	t.Run("Killed", func(t *testing.T) { killed(t, newBudget, open) })
}

// eightProcesses make 400 calls together, in no more than 1.10 of the shortest time possible.
func eightProcesses(t *testing.T, newBudget NewBudget) {
	const processes, calls, per, jobs = 8, 50, 2 * time.Second, 400
	const shortest = (jobs/calls - 1) * per
	fleet := NewFleet(t, newBudget(t, calls, per), calls, per)
	for range processes {
		fleet.Start(jobs / processes)
	}
	fleet.Ready(processes)
	began := time.Now()
	fleet.Wait()
	took := fleet.Last().Sub(began) // processes take their time to exit
	for _, err := range fleet.Errors() {
		t.Error(err)
	}
	if n := fleet.Total(); n != jobs {
		t.Errorf("%d calls were counted, want %d", n, jobs)
	}
	if n := fleet.Most(per); n > calls {
		t.Errorf("up to %d calls in %v, want at most %d", n, per, calls)
	}
	t.Logf("%d calls took %v, %.3f of the shortest possible", jobs, took, took.Seconds()/shortest.Seconds())
	if took < shortest || took > shortest*110/100 {
		t.Errorf("%d calls took %v, want %v to %v", jobs, took, shortest, shortest*110/100)
	}
}

// killed kills one of eight processes at random moments, 50 times: half of them right after the server has got a call.
func killed(t *testing.T, newBudget NewBudget, open Open) {
	const processes, calls, per, kills = 8, 20, 1500 * time.Millisecond, 50
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	budget := newBudget(t, calls, per)
	fleet := NewFleet(t, budget, calls, per)
	var running []*Process
	for range processes {
		running = append(running, fleet.Start(0))
	}
	fleet.Ready(processes)
	for kill := range kills {
		var victim int
		if kill%2 == 0 {
			<-time.After(time.Duration(random.Int64N(int64(200 * time.Millisecond))))
			victim = random.IntN(processes)
		} else {
			victim = fleet.NextCaller(running)
			<-time.After(time.Duration(random.Int64N(int64(10 * time.Millisecond))))
		}
		running[victim].Kill()
		running[victim] = fleet.Start(0)
	}
	for _, p := range running {
		p.Kill()
	}
	last := time.Now()
	for _, err := range fleet.Errors() {
		t.Error(err)
	}
	if n := fleet.Most(per); n > calls {
		t.Errorf("up to %d calls in %v, want at most %d", n, per, calls)
	}
	t.Logf("%d calls were counted", fleet.Total())

	th, err := open(budget, calls, per)
	if err != nil {
		t.Fatal(err)
	}
	for range calls {
		acquire(t, th)(true)
		fleet.Count()
	}
	// A slot whose holder died comes back a window after it was taken, and a little later still where the server may have
	// counted its call late.
	if whole := time.Since(last); whole >= per*3/2 {
		t.Errorf("the budget was whole again %v after the last kill, want about %v", whole, per)
	}
	if n := fleet.Most(per); n > calls {
		t.Errorf("after the kills: up to %d calls in %v, want at most %d", n, per, calls)
	}
}
