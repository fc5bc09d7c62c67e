package bitbuckettest_test

import (
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

func TestVariables(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		c = c.bearer(srv.IssueOAuthToken("ada"))
		me := c.get("/2.0/user").at("links.self.href").(string)
		for name, list := range map[string]string{
			"user": me + "/pipelines_config/variables", "workspace": c.base + variables,
		} {
			t.Run(name, func(t *testing.T) {
				a := c.do("POST", list, `{"key":"REGION","value":"eu"}`).want(201).check(map[string]any{
					"type": "pipeline_variable", "key": "REGION", "value": "eu", "secured": false,
				})
				item := a.header.Get("Location")
				if id := strings.Trim(a.at("uuid").(string), "{}"); item != list+"/%7B"+id+"%7D" {
					t.Errorf("Location %q", item)
				}
				c.get(item).want(200).check(map[string]any{"key": "REGION"})
				// Keys are compared without case, and the arguments say which field is wrong
				// (§16.A).
				conflict := c.do("POST", list, `{"key":"region","value":"us"}`).want(409).check(map[string]any{
					"error.data.key":           "variable-service.variable.duplicate",
					"error.data.arguments.key": "A variable with this key exists already.",
				})
				if conflict.has("", "type") {
					t.Errorf("an error of the service with a type: %s", conflict.body)
				}
				secret := c.do("POST", list, `{"key":"TOKEN","value":"s3cret","secured":true}`).want(201)
				if secret.has("", "value") || strings.Contains(c.get(list).body, "s3cret") {
					t.Errorf("the value of a secured variable is shown: %s", secret.body)
				}
				wantList(t, c.all(list, "key"), "REGION", "TOKEN")
				c.do("PUT", item, `{"value":""}`).want(200).
					check(map[string]any{"key": "REGION", "value": "", "secured": false})
				c.do("PUT", item, `{"key":"AREA"}`).want(200).check(map[string]any{"key": "AREA", "value": ""})
				c.do("PUT", item, `{"key":"Token"}`).want(409)
				c.do("PUT", item, `{"key":"area"}`).want(200).check(map[string]any{"key": "area"})
				for _, bad := range []string{`{"value":"x"}`, `{"key":"A B"}`, `nonsense`} {
					c.do("POST", list, bad).want(400)
				}
				c.do("DELETE", item, "").want(204)
				c.do("DELETE", item, "").want(404).check(
					map[string]any{"error.data.key": "variable-service.variable.not-found"})
				c.do("PUT", item, `{"key":"X"}`).want(404)
				c.get(item).want(404)
				wantList(t, c.all(list, "key"), "TOKEN")
			})
		}
		c.get("/2.0/users/nobody/pipelines_config/variables").want(404)
	})
}

func TestWhoSeesVariables(t *testing.T) {
	srv := small()
	c := inProcess(t, srv)
	ada := c.as(srv.IssueAPIToken("ada")).get("/2.0/user").at("uuid").(string)
	own := "/2.0/users/" + ada + "/pipelines_config/variables"
	c.as(srv.IssueAPIToken("ada")).get(own).want(403).check(map[string]any{"error.message": provided})
	c.bearer(srv.IssueOAuthToken("ada", "pipeline")).get(own).want(200)
	c.bearer(srv.IssueOAuthToken("ada", "pipeline")).do("POST", own, `{"key":"A"}`).want(403)
	c.bearer(srv.IssueOAuthToken("bob")).get(own).want(403)

	body := `{"key":"A","value":"1"}`
	c.as(srv.IssueAPIToken("bob")).get(variables).want(200)
	c.as(srv.IssueAPIToken("bob")).do("POST", variables, body).want(403)
	c.as(srv.IssueAPIToken("dan")).get(variables).want(403)
	c.as(srv.IssueAPIToken("ada", "admin:pipeline:bitbucket")).do("POST", variables, body).want(201)
	c.bearer(srv.IssueWorkspaceToken("acme", "pipeline:variable")).
		do("POST", variables, `{"key":"B"}`).want(201)
}

// Variables of repositories and environments come and go like those of workspaces.
func TestVariablesOfDeployments(t *testing.T) {
	bothWays(t, newSmall, func(t *testing.T, srv *bitbuckettest.Server, c *client) {
		srv.GrantRepository("acme", "widgets", "bob", "write")
		env := srv.AddEnvironment("acme", "widgets",
			bitbuckettest.Environment{Name: "Live", Kind: "Production"})
		ada, bob := c.as(srv.IssueAPIToken("ada")), c.as(srv.IssueAPIToken("bob"))
		repo := "/2.0/repositories/acme/widgets"
		bob.get(repo + "/environments").want(200).check(map[string]any{
			"size": 1, "values.0.name": "Live", "values.0.uuid": env.UUID,
			"values.0.environment_type.name": "Production",
		})
		for _, list := range []string{
			repo + "/pipelines_config/variables", repo + "/deployments_config/environments/" +
				escaped(env.UUID) + "/variables",
		} {
			item := ada.do("POST", list, `{"key":"A","value":"1"}`).want(201).header.Get("Location")
			ada.do("POST", list, `{"key":"a"}`).want(409)
			ada.do("PUT", item, `{"secured":true}`).want(200).check(map[string]any{"value": nil})
			wantList(t, ada.all(list, "key"), "A")
			bob.get(list).want(403)
			ada.do("DELETE", item, "").want(204)
			ada.get(item).want(404)
		}
		none := escaped("{00000000-0000-0000-0000-000000000000}")
		ada.get(repo + "/deployments_config/environments/" + none + "/variables").want(404)
	})
}
