//go:build unix

package main

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// A snippet is what a build file of docs/ci.md runs, by the name of its step or job.
type snippet struct {
	name  string
	lines []string
}

// snippets reads docs/ci.md.
func snippets(t *testing.T) (all []snippet) {
	t.Helper()
	text := must(os.ReadFile("../../docs/ci.md"))
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
		var file struct {
			Pipelines map[string]yaml.Node
			Jobs      map[string]struct {
				Steps []struct{ Run string }
			}
		}
		if err := yaml.Unmarshal(block[1], &file); err != nil {
			t.Fatalf("%v in\n%s", err, block[1])
		}
		for name, job := range file.Jobs {
			s := snippet{name: name}
			for _, step := range job.Steps {
				if step.Run != "" {
					s.lines = append(s.lines, step.Run)
				}
			}
			all = append(all, s)
		}
		for _, node := range file.Pipelines {
			all = append(all, steps(t, &node)...)
		}
	}
	return all
}

// steps finds the steps of pipelines, which may be named or not.
func steps(t *testing.T, node *yaml.Node) (all []snippet) {
	t.Helper()
	var pipeline []struct {
		Step struct {
			Name   string
			Script []string
		}
	}
	if node.Kind == yaml.MappingNode {
		for i := 1; i < len(node.Content); i += 2 {
			all = append(all, steps(t, node.Content[i])...)
		}
		return all
	}
	if err := node.Decode(&pipeline); err != nil {
		t.Fatal(err)
	}
	for _, p := range pipeline {
		all = append(all, snippet{p.Step.Name, p.Step.Script})
	}
	return all
}

// A builder runs snippets as a build system does: one line after the other, until one fails.
type builder struct {
	t   *testing.T
	env []string
	bin string
}

// newBuilder has the program in its path, and a go that installs nothing.
func newBuilder(t *testing.T, env ...string) builder {
	t.Helper()
	for _, tool := range []string{"bash", "git"} {
		needs(t, tool)
	}
	home, program := t.TempDir(), must2(os.Executable())
	b := builder{t: t, bin: filepath.Join(home, "bin")}
	b.file(filepath.Join(b.bin, "bbaudit"), 0o700,
		"#!/bin/sh\nTEST_RUN_AS_PROGRAM=1 exec '"+program+"' \"$@\"\n")
	b.file(filepath.Join(b.bin, "go"), 0o700,
		"#!/bin/sh\ncase \"$1 $2\" in 'install github.com/'*/cmd/bbaudit@v*) ;; *) exit 99 ;; esac\n")
	b.env = append(env, "PATH="+b.bin+":"+os.Getenv("PATH"), "HOME="+home,
		"GIT_AUTHOR_NAME=build", "GIT_AUTHOR_EMAIL=build@example.com", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_COMMITTER_NAME=build", "GIT_COMMITTER_EMAIL=build@example.com")
	return b
}

func must2(text string, err error) string { return string(must([]byte(text), err)) }

func (b builder) file(path string, mode os.FileMode, text string) {
	b.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		b.t.Fatal(err)
	}
}

// run runs a line in a folder, and returns its exit code and what it said.
func (b builder) run(dir, line string) (int, string) {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), "bash", "-e", "-c", line)
	cmd.Dir, cmd.Env = dir, b.env
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// build runs a snippet.
func (b builder) build(dir string, s snippet) (code int, said string) {
	b.t.Helper()
	for _, line := range s.lines {
		var out string
		code, out = b.run(dir, line)
		said += "+ " + line + "\n" + out
		if code != 0 {
			break
		}
	}
	return code, said
}

// checkout makes a repository at a place, as a build finds its own.
func (b builder) checkout(from string) string {
	b.t.Helper()
	dir := filepath.Join(b.t.TempDir(), "here")
	if code, out := b.run("/", "git clone -q "+from+" "+dir); code != 0 {
		b.t.Fatal(out)
	}
	return dir
}

// TestSnippetsForCI runs the build files of docs/ci.md against the demo: an audit that publishes its
// report, and gates that judge it.
func TestSnippetsForCI(t *testing.T) {
	all := snippets(t)
	if len(all) != 3 || all[0].name != "Who may touch what" || all[1].name != "Access" ||
		all[2].name != "audit" {
		t.Fatalf("the snippets are %+v", all)
	}
	for _, s := range all {
		if strings.Contains(strings.Join(s.lines, "\n"), "go run") {
			t.Errorf("%s calls the program through go run, which changes its exit codes", s.name)
		}
	}
	server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	base := server.Start(t)
	consumer := server.AddConsumer(bitbuckettest.Consumer{
		Workspace: "acme", Scopes: []string{"account", "repository", "pipeline"},
	})
	credential := []string{
		"BITBUCKET_CLIENT_ID=" + consumer.ID, "BITBUCKET_CLIENT_SECRET=" + consumer.Secret,
		"BITBUCKET_BASE_URL=" + base, "BITBUCKET_TOKEN_URL=" + base + "/site/oauth2/access_token",
	}
	published := filepath.Join(t.TempDir(), "acme", "access-audit.git")

	t.Run("the audit", func(t *testing.T) {
		b := newBuilder(t, append(credential,
			"BITBUCKET_WORKSPACE=acme", "BITBUCKET_REPO_SLUG=access-audit")...)
		if code, out := b.run("/", "git init -q --bare -b main "+published); code != 0 {
			t.Fatal(out)
		}
		here := b.checkout(published)
		b.file(filepath.Join(here, "README"), 0o600, "reports\n")
		b.run(here, "git checkout -q -b main; git add . && git commit -qm begin && git push -q origin main")
		if code, said := b.build(here, all[0]); code != exitOK {
			t.Fatalf("exit code %d:\n%s", code, said)
		}
		_, before := b.run(published, "git rev-parse main")
		server.Fail(bitbuckettest.On("GET", "/2.0/workspaces/acme/permissions"),
			bitbuckettest.ServerError())
		defer server.Heal()
		if code, said := b.build(here, all[0]); code != exitIncomplete && code != exitFailed {
			t.Errorf("an audit that cannot read: exit code %d:\n%s", code, said)
		}
		if _, after := b.run(published, "git rev-parse main"); after != before || len(after) < 40 {
			t.Errorf("an incomplete report is published: %s, %s", before, after)
		}
	})

	t.Run("the gate", func(t *testing.T) {
		repositories := filepath.Dir(filepath.Dir(published)) // in place of those at bitbucket.org
		b := newBuilder(t, "BITBUCKET_WORKSPACE=acme", "BITBUCKET_REPO_SLUG=plat-docs",
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+repositories+"/.insteadOf",
			"GIT_CONFIG_VALUE_0=git@bitbucket.org:")
		calls := server.Calls()
		for _, test := range []struct {
			name, policy string
			want         int
		}{
			{"open", openPolicy, exitOK},
			{"shut", strings.Replace(openPolicy, "most: 8", "most: 2", 1), exitFindings},
			{"a policy that nobody understands", "version: 7\n", exitUsage},
		} {
			here := b.place(test.policy)
			code, said := b.build(here, all[1])
			if code != test.want {
				t.Errorf("%s: exit code %d, want %d:\n%s", test.name, code, test.want, said)
			}
			if test.want != exitUsage {
				cases(t, filepath.Join(here, "test-results", "junit.xml"))
			}
		}
		old(t, b, published)
		if code, said := b.build(b.place(openPolicy), all[1]); code != exitUsage {
			t.Errorf("by an old report: exit code %d:\n%s", code, said)
		}
		if server.Calls() != calls {
			t.Errorf("a gate made %d calls", server.Calls()-calls)
		}
	})

	t.Run("GitHub", func(t *testing.T) {
		b := newBuilder(t, append(credential, "BITBUCKET_WORKSPACE=acme")...)
		here := b.place("version: 1\ndefaults: {admins: {most: 100}}\n")
		if code, said := b.build(here, all[2]); code != exitOK {
			t.Errorf("exit code %d:\n%s", code, said)
		}
		cases(t, filepath.Join(here, "junit.xml"))
		b.file(filepath.Join(here, ".bitbucket", "access.yaml"), 0o600, openPolicy)
		gate := all[2].lines[len(all[2].lines)-1]
		if code, said := b.run(here, gate); code != exitFindings {
			t.Errorf("exit code %d:\n%s", code, said)
		}
	})
}

// place is a folder with a policy.
func (b builder) place(policy string) string {
	b.t.Helper()
	here := filepath.Join(b.t.TempDir(), "here")
	b.file(filepath.Join(here, ".bitbucket", "access.yaml"), 0o600, policy)
	return here
}

// cases reads a file of JUnit, which has to have some.
func cases(t *testing.T, path string) {
	t.Helper()
	var suites struct {
		Cases []struct{} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(must(os.ReadFile(path)), &suites); err != nil || len(suites.Cases) == 0 {
		t.Errorf("%s: %d cases, %v", path, len(suites.Cases), err)
	}
}

// old publishes a report of two days ago.
func old(t *testing.T, b builder, published string) {
	t.Helper()
	here := b.checkout(published)
	path := filepath.Join(here, "report.json")
	r := decode(t, string(must(os.ReadFile(path))))
	aged := *r
	aged.Run.Started = aged.Run.Started.Add(-48 * time.Hour)
	b.file(path, 0o600, string(must((*report.Report).Encode(&aged))))
	if code, out := b.run(here, "git commit -qam old && git push -q"); code != 0 {
		t.Fatal(out)
	}
}
