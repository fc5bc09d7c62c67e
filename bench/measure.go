package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// usage is what doing something once costs.
type usage struct{ cpu, bytes, allocs float64 } // cpu in nanoseconds

// over divides, number by number.
func (u usage) over(v usage) usage {
	return usage{u.cpu / v.cpu, u.bytes / v.bytes, u.allocs / v.allocs}
}

// A result is what an entry was measured to cost, and how often as much as the floor.
type result struct {
	entry string
	usage usage
	ratio usage
}

// measure runs a contest: after a round that is not counted, in which connections are opened, each
// entry does its work in each round. The ratios are to the floor in the same round, since a busy
// machine is busy for all of it.
func (c contest) measure(ctx context.Context, rounds int) ([]result, error) {
	used := make([][]usage, len(c.entries))
	ratios := make([][]usage, len(c.entries))
	for round := range rounds + 1 {
		var floor usage
		for i, e := range c.entries {
			u, err := c.round(ctx, e)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", c.name, e.name, err)
			}
			if i == 0 {
				floor = u
			}
			if round > 0 {
				used[i], ratios[i] = append(used[i], u), append(ratios[i], u.over(floor))
			}
		}
	}
	results := make([]result, len(c.entries))
	for i, e := range c.entries {
		results[i] = result{e.name, medians(used[i]), medians(ratios[i])}
	}
	return results, nil
}

// round does the work of a round, and returns what one time costs.
func (c contest) round(ctx context.Context, e entry) (usage, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began, err := cpuTime()
	if err != nil {
		return usage{}, err
	}
	if err := c.work(ctx, e); err != nil {
		return usage{}, err
	}
	ended, err := cpuTime()
	if err != nil {
		return usage{}, err
	}
	runtime.ReadMemStats(&after)
	n := float64(c.times * max(c.goroutines, 1))
	return usage{
		cpu:    float64(ended-began) / n,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / n,
		allocs: float64(after.Mallocs-before.Mallocs) / n,
	}, nil
}

// work does the work of a round in all its goroutines.
func (c contest) work(ctx context.Context, e entry) error {
	errs := make([]error, max(c.goroutines, 1))
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			for range c.times {
				if errs[i] = c.once(ctx, e); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// once does the work, and makes sure that it was done.
func (c contest) once(ctx context.Context, e entry) error {
	n, err := e.do(ctx)
	if err == nil && n != c.items {
		err = fmt.Errorf("%d items, want %d", n, c.items)
	}
	return err
}

// cpuTime is what this process has used, by itself and in the system.
func cpuTime() (time.Duration, error) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0, err
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), nil
}

func medians(all []usage) usage {
	return usage{
		median(all, func(u usage) float64 { return u.cpu }),
		median(all, func(u usage) float64 { return u.bytes }),
		median(all, func(u usage) float64 { return u.allocs }),
	}
}

func median[T any](all []T, of func(T) float64) float64 {
	values := make([]float64, len(all))
	for i, v := range all {
		values[i] = of(v)
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
