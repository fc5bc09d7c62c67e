package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestSeveralWorkspaces(t *testing.T) {
	b, server := asDemoAdmin(t)
	list := write(t, "workspaces", "# ours\nacme\n\nAmberFox # personal\n")
	got := b.call(
		t.Context(),
		args(
			[]string{"-workspaces", list, "-workspace", "missing", "-format", "json", "-fail-on", "none"},
			quiet,
		)...)
	r := decode(t, got.stdout)
	if got.code != exitIncomplete || len(r.Access.Workspaces) != 3 {
		t.Fatalf("exit code %d, %d workspaces: %s", got.code, len(r.Access.Workspaces), got.stderr)
	}
	for i, want := range []bool{false, true, true} { // the one that is missing does not end the others
		if w := r.Access.Workspaces[i]; w.Complete != want {
			t.Errorf("%s: complete %v, want %v", w.Asked, w.Complete, want)
		}
	}
	if r.Run.Calls.Made != server.Calls() {
		t.Errorf("%d calls made, the server counted %d", r.Run.Calls.Made, server.Calls())
	}
}

func TestNarrow(t *testing.T) {
	b, server := asDemoAdmin(t)
	got := b.call(
		t.Context(),
		args(
			[]string{
				"-workspace",
				"acme",
				"-project",
				"WEB",
				"-repo",
				"Plat-API",
				"-format",
				"json",
				"-fail-on",
				"none",
			},
			quiet,
		)...)
	r := decode(t, got.stdout)
	if w := r.Access.Workspaces[0]; got.code != exitOK || len(w.Repositories) != 22 || !w.Narrow {
		t.Errorf(
			"exit code %d, %d repositories, narrow %v: %s",
			got.code,
			len(w.Repositories),
			w.Narrow,
			got.stderr,
		)
	}
	if server.Calls() != r.Run.Calls.Planned {
		t.Errorf("%d calls, %d planned", server.Calls(), r.Run.Calls.Planned)
	}
	got = b.call(
		t.Context(),
		args([]string{"-workspace", "acme", "-repo", "missing", "-format", "json"}, quiet)...)
	if got.code != exitIncomplete || !strings.Contains(got.stderr, "there is no repository missing") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
}

func TestRoster(t *testing.T) {
	b, server := asDemoAdmin(t)
	roster := "email,name,manager,team,status\nAmber-Fox@example.com,Amber,Boss,Platform,active\nholly-fox@example.com,Holly,Boss,Web,terminated\n"
	for i := range 100 {
		roster += strings.Repeat("x", i+1) + "@example.com,Somebody,,,\n"
	}
	got := b.call(
		t.Context(),
		args(
			[]string{"-workspace", "acme", "-roster", write(t, "roster.csv", roster), "-format", "json"},
			quiet,
		)...)
	r := decode(t, got.stdout)
	missing := items(r, "not-on-roster")
	if slices.Contains(missing, "Amber Fox") || slices.Contains(missing, "Holly Fox") ||
		!slices.Contains(missing, "Birch Fox") {
		t.Errorf("not on the roster: %q", missing)
	}
	if got := items(r, "roster-status"); !slices.Equal(got, []string{"Holly Fox"}) {
		t.Errorf("roster-status: %q", got)
	}
	asked := 0
	for _, request := range server.Requests() {
		if strings.Contains(request.RawQuery, "user.email%20IN") {
			asked++
		}
	}
	if asked != 2 || r.Run.Calls.Made != r.Run.Calls.Planned {
		t.Errorf(
			"%d calls for 102 addresses, %d made of %d planned",
			asked,
			r.Run.Calls.Made,
			r.Run.Calls.Planned,
		)
	}
	if len(r.Inputs) != 1 || len(r.Inputs[0].SHA256) != 64 {
		t.Errorf("inputs %+v", r.Inputs)
	}
}

func TestPlanIsWhatARunTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		today()
		server := bitbuckettest.Demo()
		b := asAdmin(t, server, "amber-fox")
		plan := b.call(t.Context(), "plan", "-workspace", "acme", "-explicit")
		if plan.code != exitOK || !strings.HasPrefix(plan.stdout, "553 calls: about 2h30m") {
			t.Fatalf("exit code %d: %.200q %s", plan.code, plan.stdout, plan.stderr)
		}
		if spent := server.Calls(); spent > 4 ||
			!strings.Contains(plan.stderr, "planning spends at most 4 calls") {
			t.Errorf("it spent %d calls and said:\n%s", spent, plan.stderr)
		}
		server.ResetLog()
		began := time.Now()
		run := b.call(t.Context(), "run", "-workspace", "acme", "-explicit", "-format", "json")
		r := decode(t, run.stdout)
		if server.Calls() != 553 || r.Run.Calls.Planned != 553 || r.Run.Calls.Refused == 553 {
			t.Errorf("%d calls, planned %d", server.Calls(), r.Run.Calls.Planned)
		}
		if took := time.Since(began); took > 3*time.Hour {
			t.Errorf("it took %v", took)
		}
		for _, request := range server.Requests() {
			if request.Status == 429 {
				t.Fatal("a call was refused by the throttle")
			}
		}
	})
}

// Pages that are read some at a time take the calls that they take one by one, give the same report,
// and are there earlier.
func TestPagesAtATime(t *testing.T) {
	const latency = 200 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		b, server := asDemoAdmin(t, bitbuckettest.Latency(func() time.Duration { return latency }))
		audit := func(flags ...string) (report string, calls int, took time.Duration) {
			server.ResetLog()
			began := time.Now()
			got := b.call(t.Context(), args([]string{"run", "-workspace", "acme", "-format", "json"}, quiet, flags)...)
			r := decode(t, got.stdout)
			if r.Run.Calls.Made != server.Calls() || r.Run.Calls.Planned != server.Calls() || !r.Complete {
				t.Errorf("%q: %d calls, made %d, planned %d", flags, server.Calls(), r.Run.Calls.Made, r.Run.Calls.Planned)
			}
			return withoutRun(t, got.stdout), server.Calls(), time.Since(began)
		}
		together, calls, took := audit()
		alone, callsAlone, tookAlone := audit("-resume", filepath.Join(t.TempDir(), "checkpoint"))
		if together != alone || calls != callsAlone {
			t.Errorf("%d calls, one by one %d; the same report: %v", calls, callsAlone, together == alone)
		}
		if tookAlone != time.Duration(calls)*latency || took > tookAlone*2/3 {
			t.Errorf("%v, one by one %v", took, tookAlone)
		}
	})
}

func TestMaxCalls(t *testing.T) {
	b, server := asDemoAdmin(t)
	server.Fail(
		bitbuckettest.On("GET", "/2.0/workspaces/acme/permissions/repositories"),
		bitbuckettest.ServerError(),
	)
	synctest.Test(t, func(t *testing.T) {
		got := b.call(t.Context(), "run", "-workspace", "acme", "-max-calls", "7", "-throttle", "none")
		if got.code != exitIncomplete || server.Calls() != 7 {
			t.Errorf("exit code %d after %d calls: %s", got.code, server.Calls(), got.stderr)
		}
	})
}
