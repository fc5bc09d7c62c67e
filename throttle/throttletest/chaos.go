package throttletest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// A Disturbance is something that happens to the processes of a fleet, or to what they share, while
// they call.
type Disturbance struct {
	Name   string               // of the subtest
	Times  int                  // how often it happens
	Some   int                  // how often in a run that is to be short; 0 for as often
	Errors bool                 // whether Acquire may fail meanwhile
	Start  func(c *Chaos)       // before the processes start; may be nil
	Do     func(c *Chaos)       // the disturbance, once
	Settle func(c *Chaos) error // after the last time; may be nil
}

// Chaos is a fleet that is disturbed.
type Chaos struct {
	*Fleet
	T       *testing.T // the test that goes on
	Budget  string     // what the processes share, as the processes are told
	Random  *rand.Rand // the source of what is to differ between runs
	Running []*Process // those that make calls now
}

const (
	chaosProcesses = 8
	chaosCalls     = 12
	chaosPer       = 4 * time.Second
)

// Kills kills a process and starts another in its place, 100 times.
func Kills() Disturbance {
	return Disturbance{Name: "SIGKILL", Times: 100, Some: 10, Do: func(c *Chaos) {
		c.Sleep(400 * time.Millisecond)
		victim := c.Random.IntN(len(c.Running))
		if c.Random.IntN(2) == 0 {
			victim = c.NextCaller(c.Running)
		}
		c.Running[victim].Kill()
		c.Running[victim] = c.Fleet.Start(0)
	}}
}

// Stops stops a process for longer than the window, 10 times.
func Stops() Disturbance {
	stop := func(c *Chaos) {
		victim := c.Running[c.NextCaller(c.Running)]
		c.Sleep(20 * time.Millisecond)
		victim.Stop()
		<-time.After(chaosPer * 5 / 4)
		victim.Continue()
	}
	return Disturbance{Name: "SIGSTOP for longer than the window", Times: 10, Some: 1, Do: stop}
}

// Sleep waits for a random time below d.
func (c *Chaos) Sleep(d time.Duration) { <-time.After(time.Duration(c.Random.Int64N(int64(d)))) }

// KillAll kills all processes, and starts others in their place after what is between.
func (c *Chaos) KillAll(between func()) {
	for _, p := range c.Running {
		p.Kill()
	}
	between()
	for i := range c.Running {
		c.Running[i] = c.Fleet.Start(0)
	}
}

// Calls waits until that many more calls have been counted.
func (c *Chaos) Calls(more int) {
	want, limit := c.Total()+more, time.After(2*patience)
	for c.Total() < want {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-limit:
			c.T.Fatalf("no more calls: %d were counted, want %d; %v", c.Total(), want, c.Errors())
		}
	}
}

// RunChaos runs eight processes on a budget of 12 calls in 4 seconds for each disturbance, and
// checks that the server never counts more than that in any 4 seconds, and that calls go on
// afterwards. Calls that were held up between Acquire and the server for longer than [Held] are
// counted apart; a run in which these were many is repeated, and so is one with an error while the
// machine did not let the test itself run for that long. It logs a table. The package that calls it has
// a TestMain that calls [Main].
func RunChaos(t *testing.T, full bool, newBudget NewBudget, disturbances ...Disturbance) {
	rows := make([]string, len(disturbances))
	t.Run("Disturbed", func(t *testing.T) {
		for i, d := range disturbances {
			if !full && d.Some > 0 {
				d.Times = d.Some
			}
			t.Run(strings.ReplaceAll(d.Name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				judge(t, Held(chaosPer), func() verdict {
					row, v := disturb(t, newBudget, d)
					rows[i] += row
					return v
				})
			})
		}
	})
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "disturbance\ttimes\tcalls\tmost in %v\theld up > %v\tlongest way\terrors\t"+
		"stall\ttook\n%s", chaosPer, Held(chaosPer), strings.Join(rows, ""))
	table.Flush()
	t.Logf("%d processes, %d calls in %v:\n%s", chaosProcesses, chaosCalls, chaosPer, text.String())
}

// disturb is one run.
func disturb(t *testing.T, newBudget NewBudget, d Disturbance) (row string, v verdict) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	began := time.Now()
	budget := newBudget(t, chaosCalls, chaosPer)
	c := &Chaos{
		Fleet: NewFleet(t, budget, chaosCalls, chaosPer), T: t, Budget: budget,
		Random: rand.New(rand.NewPCG(seed, 0)),
	}
	if d.Start != nil {
		d.Start(c)
	}
	for range chaosProcesses {
		c.Running = append(c.Running, c.Fleet.Start(0))
	}
	c.Ready(chaosProcesses)
	c.Calls(chaosCalls + chaosCalls/2)
	for range d.Times {
		d.Do(c)
	}
	if d.Settle != nil {
		if err := d.Settle(c); err != nil {
			t.Fatal(err)
		}
	}
	c.Calls(2 * chaosCalls)
	for _, p := range c.Running {
		p.Kill()
	}
	<-time.After(50 * time.Millisecond) // what is under way is counted
	most, heldUp, longest := c.Most(chaosPer, Held(chaosPer))
	errs := c.Errors()
	row = fmt.Sprintf("%s\t%d\t%d\t%d of %d\t%d\t%v\t%d\t%v\t%v\n", d.Name, d.Times, c.Total(),
		most, chaosCalls, heldUp, longest.Round(time.Millisecond), len(errs),
		c.Stall().Round(time.Millisecond), time.Since(began).Round(time.Second))
	v = verdict{wrong: overBudget(most, chaosCalls, chaosPer), heldUp: c.Stall()}
	if !d.Errors {
		v.slow = texts(errs)
	}
	if heldUp*10 > c.Total() {
		v.slow = append(v.slow, fmt.Sprintf("%d of %d calls were held up, too many to judge the others", heldUp, c.Total()))
		v.heldUp = longest
	}
	return row, v
}
