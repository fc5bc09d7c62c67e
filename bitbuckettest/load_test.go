package bitbuckettest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// documented is the file that the documentation of Load shows.
func documented(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("load.go")
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	for line := range strings.Lines(string(source)) {
		if text, is := strings.CutPrefix(line, "//\t"); is {
			file.WriteString(text)
		}
	}
	return file.String()
}

// The file that is documented can be read, and holds what it says.
func TestLoad(t *testing.T) {
	srv, err := bitbuckettest.Load(strings.NewReader(documented(t)), bitbuckettest.Throttle(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	admin := srv.Admin()
	if admin.Workspace != "acme" || admin.Repository != "site" || admin.Email != "ada@example.com" ||
		admin.ClientID != "ci" {
		t.Errorf("%+v", admin)
	}
	c := inProcess(t, srv)
	ada := c.as(bitbuckettest.APIToken{Email: admin.Email, Token: admin.APIToken})
	me := ada.get("/2.0/user").want(200).check(map[string]any{"has_2fa_enabled": true}).
		at("links.self.href").(string)
	ada.get(me + "/ssh-keys").want(200).check(map[string]any{"values.0.label": "laptop"})
	ada.get(me + "/gpg-keys").want(200).check(map[string]any{"values.0.name": "signing"})
	ada.get(me + "/properties/my-app/theme").want(200).check(map[string]any{"dark": true})
	repo := "/2.0/repositories/acme/site"
	ada.get(repo + "/permissions-config/groups").want(200).
		check(map[string]any{"values.0.permission": "write"})
	ada.get(repo + "/branch-restrictions").want(200).
		check(map[string]any{"values.0.kind": "push", "values.0.pattern": "*"})
	env := ada.get(repo + "/environments").want(200).at("values.0.uuid").(string)
	ada.get(repo + "/deployments_config/environments/" + escaped(env) + "/variables").want(200).
		check(map[string]any{"values.0.key": "TOKEN", "values.0.secured": true})
	ada.get("/2.0/workspaces/acme/projects/WEB/deploy-keys").want(200).
		check(map[string]any{"values.0.label": "robot"})
	ada.get("/2.0/workspaces/acme/search/code?search_query=hello").want(200).
		check(map[string]any{"size": 1})
	ada.get("/1.0/invitations/acme").want(200).check(map[string]any{"0.email": "bob@example.com"})
	c.tokenFor(bitbuckettest.Consumer{ID: "ci", Secret: "hush"}, "grant_type=client_credentials").
		want(200)
}

// escaped escapes the braces of a UUID.
func escaped(uuid string) string {
	return strings.NewReplacer("{", "%7B", "}", "%7D").
		Replace(uuid)
}

func TestLoadSaysWhere(t *testing.T) {
	const ada, acme = `"users":[{"nickname":"ada"}]`, `"workspaces":[{"slug":"acme",`
	for file, want := range map[string]string{
		``:                           "the file: EOF",
		`{`:                          "unexpected EOF",
		`[]`:                         "cannot unmarshal array",
		`{"people":[]}`:              `unknown field "people"`,
		`{"users":[{"nick":"ada"}]}`: `unknown field "nick"`,
		`{} {}`:                      "something after its end",
		`{"users":[{}]}`:             "a user needs a nickname (users[0])",
		`{` + ada + `,` + acme +
			`"members":[{"user":"ada"},{"user":"bob"}]}]}`: "no user bob (workspaces[0].members[1])",
		`{` + ada + `,` + acme +
			`"grants":[{"repository":"x","user":"ada"}]}]}`: "no repository x in acme (workspaces[0].grants[0])",
		`{` + acme +
			`"repositories":[{"slug":"x"}],"grants":[{"repository":"x"}]}]}`: "no permission  in {Repository:x",
		`{` + acme +
			`"variables":[{"key":"A"},{"key":"a"}]}]}`: `a variable needs a key of its own, not "a" (workspaces[0].variables[1])`,
		`{"admin":{"user":"ada","workspace":"acme"}}`: "no user ada (admin)",
		`{"consumers":[{"workspace":"acme"}]}`:        "no workspace acme (consumers[0])",
	} {
		srv, err := bitbuckettest.Load(strings.NewReader(file))
		if err == nil || srv != nil || !strings.HasPrefix(err.Error(), "bitbuckettest: ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", file, err, want)
		}
	}
}
