package view

import (
	"fmt"
	"slices"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
)

// Admins is how many admins the repositories have.
type Admins struct {
	Least, Most  int   // how many there should be
	Distribution []Bar // repositories by their number of admins
	Top          []Bar // the repositories with the most admins
}

func (a Admins) size() room {
	of := size(20)
	for _, bar := range slices.Concat(a.Distribution, a.Top) {
		of = of.plus(size(12, bar.Label, bar.Mark))
	}
	return of
}

// A Bar is a figure as a length.
type Bar struct {
	Label string
	Count int
	Width int    // in percent of the longest bar
	Mark  string // few or many, where there should be more or fewer
}

// mostBars is how many repositories with the most admins a page shows.
const mostBars = 12

// adminsOf counts the admins of repositories that are still there.
func adminsOf(f *Fold, limits findings.Thresholds) Admins {
	v := Admins{Least: limits.MinAdmins, Most: limits.MaxAdmins}
	repositories := map[int]int{}
	for _, a := range f.Alike {
		for _, n := range a.Repositories {
			if i := int(n); i < len(f.Workspace.Repositories) && f.Workspace.Repositories[i].Gone {
				continue
			}
			repositories[a.Admins]++
			if len(v.Top) < mostBars && a.Admins > 0 {
				v.Top = append(v.Top, v.bar(name(f.Slugs[n]), a.Admins, a.Admins))
			}
		}
	}
	v.Distribution = v.distribution(repositories)
	scale(v.Top)
	scale(v.Distribution)
	return v
}

// steps are the numbers of admins from which on the bars of the distribution begin: one bar for
// each number that is usual, wide ones for more, and none of them across a limit.
func (a Admins) steps() []int {
	all := []int{0, 1, 2, 3, 4, 5, 6, 10, 20, 50, 100, a.Least, a.Most + 1}
	slices.Sort(all)
	return slices.Compact(all)
}

func (a Admins) distribution(repositories map[int]int) []Bar {
	steps := a.steps()
	counts := make([]int, len(steps))
	for admins, n := range repositories {
		i, exact := slices.BinarySearch(steps, admins)
		if !exact {
			i--
		}
		counts[i] += n
	}
	var bars []Bar
	for i, n := range counts {
		switch {
		case n == 0:
		case i == len(steps)-1:
			bars = append(bars, a.bar(fmt.Sprintf("%d or more", steps[i]), n, steps[i]))
		case steps[i+1]-steps[i] > 1:
			bars = append(bars, a.bar(fmt.Sprintf("%d to %d", steps[i], steps[i+1]-1), n, steps[i]))
		default:
			bars = append(bars, a.bar(fmt.Sprint(steps[i]), n, steps[i]))
		}
	}
	return bars
}

// bar makes a bar of repositories that have so many admins, or a few more.
func (a Admins) bar(label string, count, admins int) Bar {
	b := Bar{Label: label, Count: count}
	switch {
	case admins > a.Most:
		b.Mark = "many"
	case admins < a.Least:
		b.Mark = "few"
	}
	return b
}

// scale makes the longest bar the whole width.
func scale(bars []Bar) {
	longest := 1
	for _, b := range bars {
		longest = max(longest, b.Count)
	}
	for i := range bars {
		bars[i].Width = max(1, bars[i].Count*100/longest)
	}
}
