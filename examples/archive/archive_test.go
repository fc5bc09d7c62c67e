package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
)

// outcome is what a run of the program leaves.
type outcome struct {
	code           int
	stdout, stderr string
}

func archive(stdin string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := run(args, strings.NewReader(stdin), &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

const (
	v1Amber = `{"username":"amber-fox","first_name":"Amber","last_name":"Fox","avatar":"","resource_uri":"/1.0/users/amber-fox"}`
	v2Amber = `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}","display_name":"Amber Wren","username":"amber-fox"}`
	late    = `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}","account_id":"557058:1","display_name":"Amber Lark"}`
)

// The sample in the program is what -make prints.
func TestSampleIsUpToDate(t *testing.T) {
	made := archive("", "-make")
	if made.code != exitOK || made.stderr != "" {
		t.Fatalf("exit %d: %s", made.code, made.stderr)
	}
	if made.stdout != sample {
		t.Errorf("sample.jsonl is out of date: go run ./examples/archive -make > sample.jsonl; a new one is\n%s", made.stdout)
	}
}

func TestSample(t *testing.T) {
	const want = `NAME         USERNAME     TYPE  STATUS  UUID                                    ACCOUNT ID                                   API      BODIES
Acme         acme         team  -       -                                       -                                            1.0      2
Amber Fox    amber-fox    user  active  {345858ed-b8dc-5f07-ab99-f8b9f37687b1}  557058:bd5c9363-a129-5ee7-9f70-f3b3f73c6c36  1.0 2.0  4
Birch Otter  birch-heron  user  active  {92d0e5c2-70e7-573e-8d1e-94b7f4666a0b}  557058:a6e418e8-1722-53d1-88d6-c9f8bfe8ff62  1.0 2.0  4
Cedar Wren   cedar-wren   user  active  {bbf7e082-c5a4-58ce-bb15-5d90edf9fbc2}  557058:58a0cf5a-2e22-5931-b047-dcdc5ee7d682  2.0      2
Dale Otter   dale-otter   user  -       -                                       -                                            1.0      1
Elm Fox      elm-fox      user  active  {ab1c8664-127c-54b8-b6ba-cdb18285a79d}  557058:e08086d6-1e55-522e-9948-d9b225efcfdc  1.0 2.0  4
Fern Heron   -            user  -       {25cb1067-4131-5ff1-b99f-56ef0f3ebadf}  557058:f277e351-2b33-52fa-bb5c-59bdbf4354f8  2.0      1
Fern Heron   fern-heron   user  -       -                                       -                                            1.0      2

8 in all
`
	got := archive("")
	if got.stdout != want {
		t.Errorf("got\n%s\nwant\n%s", got.stdout, want)
	}
	if got.code != exitOK || got.stderr != "archive: the sample: 1 of the records hold something else than users\n" {
		t.Errorf("exit %d: %s", got.code, got.stderr)
	}
}

func TestFormats(t *testing.T) {
	stdin := v1Amber + v2Amber + `{"type":"user","display_name":"=cmd","created_on":"2018-03-14T13:17:05+00:00","links":{}}`
	var people []personDoc
	got := archive(stdin, "-format", "json", "-")
	if err := json.Unmarshal([]byte(got.stdout), &people); err != nil || got.code != exitOK {
		t.Fatalf("exit %d, %v: %s%s", got.code, err, got.stdout, got.stderr)
	}
	want := []personDoc{
		{Name: "=cmd", Type: "user", CreatedOn: "2018-03-14", APIs: []string{"2.0"}, Bodies: 1},
		{Name: "Amber Wren", Username: "amber-fox", Type: "user", UUID: "{11111111-1111-1111-1111-111111111111}", APIs: []string{"1.0", "2.0"}, Bodies: 2},
	}
	if !reflect.DeepEqual(people, want) {
		t.Errorf("got %+v, want %+v", people, want)
	}
	rows, err := csv.NewReader(strings.NewReader(archive(stdin, "-format", "csv", "-").stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	wantRows := [][]string{
		{"name", "username", "type", "status", "uuid", "account_id", "created_on", "api", "bodies"},
		{"'=cmd", "", "user", "", "", "", "2018-03-14", "2.0", "1"},
		{"Amber Wren", "amber-fox", "user", "", "{11111111-1111-1111-1111-111111111111}", "", "", "1.0 2.0", "2"},
	}
	if !reflect.DeepEqual(rows, wantRows) {
		t.Errorf("got %q, want %q", rows, wantRows)
	}
	if got := archive(`{"type":"user","display_name":"a\u001b[31m\u202eb"}`, "-"); !strings.Contains(got.stdout, `a\x1b[31m\u202eb`) {
		t.Errorf("the table is %q", got.stdout)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	plain, packed := filepath.Join(dir, "old.jsonl"), filepath.Join(dir, "new.json.gz")
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	fmt.Fprint(zip, v2Amber, late)
	if err := errors.Join(zip.Close(), os.WriteFile(packed, zipped.Bytes(), 0o600), os.WriteFile(plain, []byte(v1Amber+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if got := archive("", plain, packed); got.code != exitOK || !strings.Contains(got.stdout, "Amber Lark  amber-fox  user  -       {11111111-1111-1111-1111-111111111111}  557058:1    1.0 2.0  3\n") {
		t.Errorf("exit %d:\n%s%s", got.code, got.stdout, got.stderr)
	}
	if got := archive("", packed, plain); !strings.Contains(got.stdout, "Amber Fox ") {
		t.Errorf("from new to old:\n%s", got.stdout)
	}
}

func TestErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, tc := range []struct {
		name   string
		stdin  string
		args   []string
		code   int
		stderr string
		people bool
	}{
		{"help", "", []string{"-h"}, exitOK, "", false},
		{"no such flag", "", []string{"-x"}, exitUsage, "archive: flag provided but not defined: -x (-h shows the flags)\n", false},
		{"no such format", "", []string{"-format", "xml"}, exitUsage, "archive: -format xml: it is table, csv or json (-h shows the flags)\n", false},
		{"-make with files", "", []string{"-make", "x"}, exitUsage, "archive: -make reads no files (-h shows the flags)\n", false},
		{"no such file", "", []string{missing}, exitFailed, "archive: open " + missing + ": no such file or directory\n", false},
		{"no such file, and one that is", v1Amber, []string{missing, "-"}, exitFailed, "archive: open " + missing + ": no such file or directory\n", true},
		{
			"a bad record", v1Amber + "\n{\"a\x1b\n" + v2Amber,
			[]string{"-"},
			exitFailed,
			"archive: the standard input: record 2 on line 2, at offset 114: malformed response: it is no valid JSON at offset 117\n", true,
		},
		{"nothing but another body", `{"count":3}`, []string{"-"}, exitOK, "archive: the standard input: 1 of the records hold something else than users\n", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := archive(tc.stdin, tc.args...)
			if got.code != tc.code || got.stderr != tc.stderr || strings.Contains(got.stdout, "amber-fox") != tc.people {
				t.Errorf("exit %d\n%q\n%s", got.code, got.stderr, got.stdout)
			}
		})
	}
	many := archive(strings.Repeat("bad\n{\"x\"\n", 20), "-")
	if lines := strings.Split(strings.TrimSpace(many.stderr), "\n"); many.code != exitFailed || len(lines) != mostErrors+1 || lines[mostErrors] != "archive: 21 errors in all" {
		t.Errorf("exit %d: %q", many.code, many.stderr)
	}
}

// Bodies of one person are found by whatever they have in common.
func TestWhoIsWho(t *testing.T) {
	const (
		uuid1 = "{11111111-1111-1111-1111-111111111111}"
		uuid2 = "{22222222-2222-2222-2222-222222222222}"
	)
	for _, tc := range []struct {
		name   string
		bodies []string
		want   []string // name, user name, type, UUID, account ID, bodies
	}{
		{
			"a body in the middle ties both ends",
			[]string{v1Amber, late, v2Amber},
			[]string{"Amber Wren|amber-fox|user|" + uuid1 + "|557058:1|3"},
		},
		{
			"nothing ties them",
			[]string{v1Amber, late},
			[]string{"Amber Fox|amber-fox|user|||1", "Amber Lark||user|" + uuid1 + "|557058:1|1"},
		},
		{
			"links of 2.0 with a user name",
			[]string{v1Amber, `{"type":"user","uuid":"` + uuid1 + `","display_name":"A","links":{"self":{"href":"https://bitbucket.org/!api/2.0/users/Amber-Fox"}}}`},
			[]string{"A|amber-fox|user|" + uuid1 + "||2"},
		},
		{
			"links to the site, and of teams",
			[]string{`{"username":"acme","first_name":"","avatar":"","is_team":true}`, `{"type":"team","uuid":"` + uuid1 + `","display_name":"Acme","links":{"html":{"href":"https://bitbucket.org/acme"}}}`},
			[]string{"Acme|acme|team|" + uuid1 + "||2"},
		},
		{
			"links of 2.0 with a UUID",
			[]string{late, `{"type":"user","display_name":"A","links":{"self":{"href":"https://api.bitbucket.org/2.0/users/%7B11111111-1111-1111-1111-111111111111%7D"}}}`},
			[]string{"A||user|" + uuid1 + "|557058:1|2"},
		},
		{
			"a link of 1.0 alone",
			[]string{v1Amber, `{"first_name":"Amber","last_name":"Wren","resource_uri":"/api/1.0/users/amber-fox/"}`},
			[]string{"Amber Wren|amber-fox|user|||2"},
		},
		{
			"a user name that was given away",
			[]string{v1Amber, v2Amber, `{"type":"user","uuid":"` + uuid2 + `","display_name":"New","username":"amber-fox"}`, late, v1Amber},
			[]string{"Amber Fox|amber-fox|user|" + uuid2 + "||2", "Amber Lark|amber-fox|user|" + uuid1 + "|557058:1|3"},
		},
		{
			"what 1.0 did not say does not hide what is known",
			[]string{`{"username":"acme","display_name":"Acme Corporation","avatar":"","is_team":true}`, `{"username":"acme","first_name":"","last_name":"","avatar":""}`},
			[]string{"Acme Corporation|acme|team|||2"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			known := newDirectory()
			for _, body := range tc.bodies {
				u, err := bitbucket.ParseUser([]byte(body))
				if err != nil {
					t.Fatal(err)
				}
				version := 2
				if u.V1 != nil {
					version = 1
				}
				known.learn(u, version)
			}
			var got []string
			for _, p := range known.people() {
				got = append(got, fmt.Sprintf("%s|%s|%s|%s|%s|%d", p.Name.value, p.Username.value, p.Type.value, p.UUID.value, p.AccountID.value, p.Bodies))
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}
