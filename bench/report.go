package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// An outcome is what came of a contest.
type outcome struct {
	contest contest
	results []result
}

// A report is what came of a run.
type report struct {
	command  string
	outcomes []outcome
	paces    *paces // nil when they were not measured
}

// A verdict compares a ratio with its goal.
type verdict struct {
	work, of    string
	ratio, goal float64 // no goal at 0
	judged      bool    // by -check
}

// missed compares what is printed.
func (v verdict) missed() bool { return v.goal > 0 && math.Round(v.ratio*100) > math.Round(v.goal*100) }

func (v verdict) String() string {
	return fmt.Sprintf("%s: %s are %.2f of the floor's, the goal is %.2f", v.work, v.of, v.ratio, v.goal)
}

// verdicts are those of a contest.
func (o outcome) verdicts() []verdict {
	ratio, goal := o.results[1].ratio, o.contest.goal
	return []verdict{
		{o.contest.name, "CPU time", ratio.cpu, goal.cpu, false},
		{o.contest.name, "bytes", ratio.bytes, goal.bytes, true},
		{o.contest.name, "allocations", ratio.allocs, goal.allocs, true},
	}
}

// verdicts are those of the paces.
func (p *paces) verdicts() []verdict {
	if p == nil {
		return nil
	}
	const of = "the time"
	return []verdict{
		{"Prefetch, virtual time", of, p.Prefetch.ratio(), prefetchGoal, true},
		{"Parallel(4), virtual time", of, p.Parallel.ratio(), parallelGoal, true},
		{"Parallel(4), a server", of, p.OnTheWire.ratio(), onTheWireGoal, false},
	}
}

// missed are the goals that were missed, of those that -check judges.
func (r report) missed() []verdict {
	all := r.paces.verdicts()
	for _, o := range r.outcomes {
		all = append(all, o.verdicts()...)
	}
	return slices.DeleteFunc(all, func(v verdict) bool { return !v.judged || !v.missed() })
}

// section is the report as a section of the README, under the Go version as its heading.
func (r report) section() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s\n\nMeasured on %s by `%s` on %s/%s with %d cores, with\n%s.\n\n", headingOf, runtime.Version(),
		time.Now().UTC().Format(time.DateOnly), r.command, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), versions())
	b.WriteString(r.goals())
	b.WriteString("\n")
	b.WriteString(r.contestants())
	if r.paces != nil {
		b.WriteString("\n")
		b.WriteString(r.paces.table())
	}
	return b.String()
}

// goals is the table of the client beside its goals.
func (r report) goals() string {
	rows := [][]string{{"bitbucket ÷ floor", "CPU", "goal", "bytes", "goal", "allocations", "goal"}}
	for _, o := range r.outcomes {
		row := []string{o.contest.name}
		for _, v := range o.verdicts() {
			row = append(row, v.cells()...)
		}
		rows = append(rows, row)
	}
	return table(rows)
}

// cells are the ratio, in bold when it misses the goal, and the goal.
func (v verdict) cells() []string {
	ratio, goal := fmt.Sprintf("%.2f", v.ratio), "–"
	if v.goal > 0 {
		goal = fmt.Sprintf("%.2f", v.goal)
	}
	if v.missed() {
		ratio = "**" + ratio + "**"
	}
	return []string{ratio, goal}
}

// contestants is the table of all of them.
func (r report) contestants() string {
	rows := [][]string{{"work", "contestant", "CPU, µs", "bytes", "allocations", "× CPU", "× bytes", "× allocations"}}
	for _, o := range r.outcomes {
		for _, e := range o.results {
			rows = append(rows, []string{
				o.contest.name, e.entry,
				fmt.Sprintf("%.0f", e.usage.cpu/1000), fmt.Sprintf("%.0f", e.usage.bytes), fmt.Sprintf("%.0f", e.usage.allocs),
				fmt.Sprintf("%.2f", e.ratio.cpu), fmt.Sprintf("%.2f", e.ratio.bytes), fmt.Sprintf("%.2f", e.ratio.allocs),
			})
		}
	}
	return table(rows)
}

// table is the table of the paces.
func (p *paces) table() string {
	rows := [][]string{{"20 pages of 50 ms", "one by one", "ahead", "ratio", "goal"}}
	both := []pace{p.Prefetch, p.Parallel, p.OnTheWire}
	for i, v := range p.verdicts() {
		row := []string{v.work, both[i].OneByOne.Round(time.Millisecond).String(), both[i].Ahead.Round(time.Millisecond).String()}
		rows = append(rows, append(row, v.cells()...))
	}
	return table(rows)
}

// table aligns a table of Markdown, whose first row is its head, so that it can be read as text.
func table(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
	}
	var b strings.Builder
	for _, row := range slices.Insert(slices.Clone(rows), 1, rule) {
		for i, cell := range row {
			b.WriteString("| " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+1))
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// versions are the modules of the other contestants, as this program was built with them.
func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "modules of unknown versions"
	}
	var names []string
	for _, module := range info.Deps {
		if slices.Contains(otherModules, module.Path) {
			names = append(names, module.Path+" "+module.Version)
		}
	}
	return strings.Join(names, ",\n")
}

const (
	readme    = "README.md"
	headingOf = "## "
)

// atHome is an error unless the README of the current folder is that of this program.
func atHome() error {
	if _, err := os.Stat("contests.go"); err != nil {
		return fmt.Errorf("-write writes %s beside its source, so run it in that folder: %w", readme, err)
	}
	return nil
}

// write puts the section into the README, in place of that of the same Go version.
func write(section string) error {
	old, err := os.ReadFile(readme)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.WriteFile(readme, []byte(replaceSection(string(old), section)), 0o644)
}

// replaceSection is a README with a section instead of the one with the same heading, or besides
// those that there are, in the order of their headings.
func replaceSection(old, section string) string {
	sections := strings.Split(old, "\n"+headingOf)[1:]
	for i, s := range sections {
		sections[i] = headingOf + strings.TrimSpace(s) + "\n"
	}
	heading, _, _ := strings.Cut(section, "\n")
	sections = slices.DeleteFunc(sections, func(s string) bool { return strings.HasPrefix(s, heading+"\n") })
	sections = append(sections, section)
	slices.Sort(sections)
	return introduction + "\n" + strings.Join(sections, "\n")
}

const introduction = `# What the client costs

A program of this folder wrote these tables: ` + "`GOWORK=off go run . -write`" + `. It has its server in a process of its
own, so that what is measured is the client: CPU time by getrusage, bytes and allocations by runtime.MemStats. The
contestants work in turn, round after round; what is shown are medians of the rounds, and ratios to the floor in the same
round. CPU time depends on the machine and on who else uses it. Bytes and allocations do not, and ` + "`-check`" + ` fails when one of
them misses its goal. A goal that was missed is in **bold**.

- The floor is net/http and encoding/json's Decoder, into plain structs that have the same fields as the client's, with
  connections kept and all pages read. goccy/go-json decodes into the same structs.
- The client is as NewClient makes it, but for its throttle, which never has to wait here: ` + "`throttle.Window(1000, time.Millisecond)`" + `,
  and ` + "`throttle.Unlimited`" + ` where the table says so.
- The answers are as long as Bitbucket's, with all their links, in pages of 100. Other services' clients get answers in the
  form of their service, as long as Bitbucket's and with those of its fields that the service has: GitHub's users and
  repositories, GitLab's members and projects, DigitalOcean's projects and droplets. They decode what their own structs
  have, so a ratio below 1 may mean that they keep less. go-bitbucket reads Bitbucket's answers: the grants of a repository for permissions.
- In an archive of the 1.0 API the floor reads into a struct with the fields of users of either API; a record of
  ReadArchive keeps the body that it was read from besides.
- Virtual time is that of testing/synctest, in which nothing but the latency and the work takes time. The work begins at
  the first item of a page and takes 50 ms.
`
