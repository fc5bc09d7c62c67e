package review_test

import (
	"fmt"
	"testing"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/review"
)

// large makes a workspace with 200,000 permissions: of 2,000 people on 100 of 5,000 repositories
// each, in 20 projects, or in as many projects as there are repositories, so that nothing is equal.
func large(equal bool) access.Workspace {
	w := access.Workspace{
		Slug: "big", UUID: "{big}",
		Coverage: []access.Coverage{{List: access.Members, Verdict: access.Whole}, {List: access.Permissions, Verdict: access.Whole}},
	}
	for i := range 5000 {
		project := i
		if equal {
			project = i / 250
		}
		w.Repositories = append(w.Repositories, access.Repository{
			Slug: fmt.Sprintf("repository-%04d", i), UUID: fmt.Sprintf("{00000000-0000-4000-8000-%012d}", i),
			Project: fmt.Sprintf("P%04d", project),
		})
	}
	for i := range 2000 {
		id := fmt.Sprintf("{00000000-0000-4000-9000-%012d}", i)
		p := access.Person{ID: id, UUID: id, Name: fmt.Sprintf("Somebody %d", i), Type: "user", Role: "member"}
		h := access.Holding{Permission: "write"}
		for j := range 100 {
			h.Repositories = append(h.Repositories, w.Repositories[(i*37)%50+j*50].Slug)
		}
		p.Permissions = []access.Holding{h}
		w.People = append(w.People, p)
	}
	return w
}

// BenchmarkLarge takes a review of 200,000 permissions all the way.
func BenchmarkLarge(b *testing.B) {
	for name, equal := range map[string]bool{"folded": true, "nothing equal": false} {
		b.Run(name, func(b *testing.B) {
			s := access.Snapshot{Workspaces: []access.Workspace{large(equal)}}
			r, text := reportOf(b, s, read)
			after, afterText := reportOf(b, s, later)
			b.ReportAllocs()
			for b.Loop() {
				m, files, err := review.Export(review.Order{
					Report: r, ReportFile: text, Split: review.ByProject, Now: exported, Tool: tool,
				})
				if err != nil {
					b.Fatal(err)
				}
				manifest, err := m.Encode()
				if err != nil {
					b.Fatal(err)
				}
				tr := &trip{m, manifest, files}
				size := 0
				for _, data := range files {
					size += len(data)
				}
				tr.decide(all("revoke"))
				v, err := tr.back()
				if err != nil {
					b.Fatal(err)
				}
				v.Now = later
				signed, err := v.Close(after, afterText, "Zed", report.Tool{})
				if err != nil || signed.Outcomes.Still != m.Rows() {
					b.Fatal(err)
				}
				b.ReportMetric(float64(m.Rows()), "rows")
				b.ReportMetric(float64(size), "B-of-CSVs")
				b.ReportMetric(float64(len(manifest)), "B-of-manifest")
			}
		})
	}
}
