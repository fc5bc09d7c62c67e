package throttletest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/throttle"
)

// Open opens a budget by its name: a path, an address, or whatever another process finds it by.
type Open func(budget string, calls int, per time.Duration) (throttle.Throttle, error)

// NewBudget makes an untouched budget, and returns the name by which other processes [Open] it.
type NewBudget func(t *testing.T, calls int, per time.Duration) (budget string)

// Held is for how long a call of a fleet may be held up between Acquire and the server, when the
// window is as long: an eighth of it. A throttle that lends slots cannot answer for a call that is
// held up for longer and whose process then dies. Such calls are counted apart.
func Held(per time.Duration) time.Duration { return per / 8 }

// RunProcesses tests a throttle that processes share, with real processes: the test binary, started
// again. The package that calls it has a TestMain that calls [Main].
func RunProcesses(t *testing.T, newBudget NewBudget, open Open) {
	t.Run("EightProcesses", func(t *testing.T) {
		t.Parallel()
		eightProcesses(t, newBudget)
	})
	t.Run("Killed", func(t *testing.T) {
		t.Parallel()
		killed(t, newBudget, open)
	})
}

// RunUndisturbed has eight processes make 300 calls with 100 in 30 seconds, in no more than 1.10
// of the shortest time possible. The package that calls it has a TestMain that calls [Main].
func RunUndisturbed(t *testing.T, newBudget NewBudget) {
	inTime(t, newBudget, 100, 30*time.Second, 300)
}

// eightProcesses make 200 calls together, in no more than 1.10 of the shortest time possible.
func eightProcesses(t *testing.T, newBudget NewBudget) {
	inTime(t, newBudget, 50, 4*time.Second, 200)
}

// inTime has eight processes make calls, and checks how long they take.
func inTime(t *testing.T, newBudget NewBudget, calls int, per time.Duration, jobs int) {
	const processes = 8
	shortest := time.Duration(jobs/calls-1) * per
	judge(t, busy, func() verdict {
		fleet := NewFleet(t, newBudget(t, calls, per), calls, per)
		for i := range processes {
			fleet.Start((jobs + i) / processes)
		}
		fleet.Ready(processes)
		began := time.Now()
		fleet.Wait()
		took := fleet.Last().Sub(began) // processes take their time to exit
		t.Logf("%d calls, %d in %v, took %v, %.3f of the shortest possible",
			jobs, calls, per, took, took.Seconds()/shortest.Seconds())
		v := fleet.verdict(calls, per)
		if n := fleet.Total(); n != jobs {
			v.wrong = append(v.wrong, fmt.Sprintf("%d calls were counted, want %d", n, jobs))
		}
		if took < shortest {
			v.wrong = append(v.wrong, fmt.Sprintf("%d calls took %v, want %v or more", jobs, took, shortest))
		}
		if most := shortest * 110 / 100; took > most {
			v.slow = append(v.slow, fmt.Sprintf("%d calls took %v, want at most %v", jobs, took, most))
		}
		return v
	})
}

// verdict checks that the budget was kept and that there were no errors.
func (f *Fleet) verdict(calls int, per time.Duration) verdict {
	most, heldUp, longest := f.Most(per, Held(per))
	if heldUp > 0 {
		f.t.Logf("%d of %d calls were held up for longer than %v, the longest for %v: not counted",
			heldUp, f.Total(), Held(per), longest)
	}
	return verdict{overBudget(most, calls, per), texts(f.Errors()), max(longest, f.Stall())}
}

// killed kills one of eight processes at random moments, 50 times: half of them right after the
// server has got a call. Afterwards the budget is whole within a window and a half, since a slot
// whose holder died comes back a window after it was taken, and a little later still where the
// server may have counted its call late.
func killed(t *testing.T, newBudget NewBudget, open Open) {
	const processes, calls, per, kills = 8, 20, 4 * time.Second, 50
	judge(t, busy, func() verdict {
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
			if kill%4 != 0 {
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
		t.Logf("%d calls were counted", fleet.Total())

		th, err := open(budget, calls, per)
		if err != nil {
			t.Fatal(err)
		}
		for range calls {
			done := acquire(t, th)
			fleet.count(time.Now())
			done(true)
		}
		v := fleet.verdict(calls, per)
		if whole := time.Since(last); whole >= per*3/2 {
			v.slow = append(v.slow, fmt.Sprintf("the budget was whole again %v after the last kill, want about %v", whole, per))
		}
		return v
	})
}
