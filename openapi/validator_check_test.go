package openapi

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRightExchangesPass(t *testing.T) {
	membership := `{"type":"workspace_membership",` + ann + `,` + acme +
		`,"last_accessed":null,"added_on":"2021-04-02T14:20:48.179"`
	samples := []sample{
		get("user", "/2.0/user", self, ""),
		get("account ID in the path", "/2.0/users/557058:22222222-2222-2222-2222-222222222222", self, ""),
		get("old account ID in the path", "/2.0/users/5bce04000000000000000000", self, ""),
		get("trimmed user", "/2.0/user?fields=uuid", `{"uuid":"`+annUUID+`"}`, ""),
		get("trimmed page", "/2.0/user/emails?fields=values.email,next&pagelen=100",
			`{"values":[{"email":"a@example.com"}]}`, ""),
		get("email", "/2.0/user/emails/a%2Bb@example.com",
			`{"type":"email","email":"a+b@example.com","is_primary":true,"is_confirmed":false}`, ""),
		get("workspaces", "/2.0/user/workspaces?administrator=true&sort=-slug&q=slug%20%3D%20%22acme%22",
			page(`{"type":"workspace_access","administrator":true,"workspace":{"type":"workspace_base","uuid":"`+annUUID+`","slug":"acme",`+selfLink+`}}`), ""),
		get("role", "/2.0/user/workspaces/acme/permission", membership+`,"permission":"owner"}`, ""),
		get("members", "/2.0/workspaces/acme/members?page=8xhd", page(membership+`}`), ""),
		get("empty page", "/2.0/workspaces/acme/members", `{"pagelen":10,"values":[]}`, ""),
		get("members with e-mail", "/2.0/workspaces/acme/members?fields=%2Bvalues.user.email",
			page(`{"type":"workspace_membership",`+strings.Replace(ann, `{`, `{"email":"a@example.com",`,
				1)+`,`+acme+`}`), ""),
		get("permissions", "/2.0/workspaces/acme/permissions/repositories/widgets?sort=user.display_name",
			page(`{"type":"repository_permission","permission":"read",`+ann+`,`+widgets+`,"new_member":1}`),
			""),
		get("links as a list", "/2.0/user", strings.Replace(self, `"links":{`,
			`"links":{"clone":[{"href":"https://h/x","name":"https"}],`, 1), ""),
		get("secured variable", vars,
			page(`{"type":"pipeline_variable","uuid":"`+annUUID+`","key":"T","secured":true}`), ""),
		get("search", search+"&pagelen=373", `{"size":1,"page":1,"pagelen":373,"query_substituted":false,"values":[{"type":"code_search_result","content_match_count":1,
			"content_matches":[{"lines":[{"line":2,"segments":[]},{"line":3,"segments":[{"text":"Foo","match":true}]}]}],"path_matches":[],
			"file":{"type":"commit_file","path":"a.go",`+selfLink+`}}]}`, ""),
		get("ssh key", ssh+"/77777777-7777-7777-7777-777777777777", sshKey, ""),
		get("gpg key", gpg+"/H4M2", gpgKey+`}`, ""),
		get("gpg key in full", gpg+"/H4M2?fields=%2Bkey,%2Bsubkeys",
			gpgKey+`,"key":"-----BEGIN","subkeys":[]}`, ""),
		get("property", "/2.0/users/"+annPath+"/properties/app/name",
			`{"_attributes":["public"],"any":[1,null]}`, ""),

		send("set a grant", "PUT", grant, `{"permission":"write"}`, 200,
			`{"type":"repository_user_permission","permission":"write",`+ann+`,`+selfLink+`}`, ""),
		send("set a project grant", "PUT", project, `{"permission":"create-repo"}`, 200,
			`{"type":"project_group_permission","permission":"create-repo","group":{"type":"group","name":"Developers","slug":"developers","full_slug":"acme:developers"},`+selfLink+`}`, ""),
		send("remove a grant", "DELETE", grant, "", 204, "", ""),
		{
			name: "create a variable", method: "POST", target: vars,
			send: `{"key":"REGION","value":"","secured":false}`, status: 201, mime: jsonType,
			location: "https://h/x", answer: variable,
		},
		send("change a variable", "PUT", vars+"/"+annPath, `{"secured":false}`, 200, variable, ""),
		send("add an ssh key", "POST", ssh+"?expires_on=2026-12-31",
			`{"key":"ssh-ed25519 AAAA","label":""}`, 201, sshKey, ""),
		send("add a gpg key", "POST", gpg, `{"key":"-----BEGIN"}`, 201, gpgKey+`}`, ""),
		send("put a property", "PUT", "/2.0/users/"+annPath+"/properties/app/name", `{"a":1}`, 204, "",
			""),

		refused("bad filter", "/2.0/workspaces/acme/members?q=x", 400, jsonType,
			`{"type":"error","error":{"message":"Bad request","fields":{"q":["wrong"],"x":"also"}}}`, ""),
		refused("login", "/2.0/user", 401, plainType, "Login failed", ""),
		refused("scope", "/2.0/user", 403, jsonType,
			`{"type":"error","error":{"message":"lacking","detail":{"required":["account"],"granted":[]}}}`,
			""),
		refused("not found", "/2.0/users/"+annPath, 404, jsonType,
			`{"type":"error","error":{"message":"x","detail":"y"}}`, ""),
		refused("not found in plain", "/2.0/users/"+annPath, 404, "text/plain", "Not Found", ""),
		refused("service", vars, 404, jsonType,
			`{"error":{"message":"x","detail":"y","data":{"key":"k","arguments":{}}}}`, ""),
		refused("gone", "/2.0/user/permissions/workspaces", 410, jsonType,
			`{"type":"error","error":{"message":"CHANGE-2770","data":{"announcement_url":"https://h/c"}},"data":{"announcement_url":"https://h/c"}}`, ""),
		refused("throttled", "/2.0/user", 429, plainType,
			"Rate limit for this resource has been exceeded", ""),
		refused("error with an ID", "/2.0/user", 500, jsonType,
			`{"type":"error","error":{"message":"Something went wrong","id":"0123456789abcdef0123456789abcdef"}}`, ""),
		refused("gateway", "/2.0/user", 502, "text/html", "<html>", ""),
	}
	against := loadSpec(t)
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			for _, violation := range s.exchange(t, against) {
				t.Error(violation)
			}
		})
	}
}

func TestWrongRequestsAreCaught(t *testing.T) {
	samples := []sample{
		get("unknown path", "/2.0/nowhere", self, "no matching operation was found"),
		send("unknown method", "PATCH", "/2.0/user", "", 200, self, "method not allowed"),
		get("missing version", "/user", self, "no matching operation was found"),
		get("UUID without braces", "/2.0/users/11111111-1111-1111-1111-111111111111", self,
			`parameter "selected_user" in path`),
		get("name instead of an account", "/2.0/users/ann", self, `parameter "selected_user" in path`),
		get("escaped twice", "/2.0/users/%257B11111111-1111-1111-1111-111111111111%257D", self,
			`parameter "selected_user" in path`),
		get("slash in a slug", "/2.0/workspaces/ac%2Fme/members", page(""),
			`parameter "workspace" in path`),
		get("unknown parameter", "/2.0/user?expand=all", self, `the operation has no parameter "expand"`),
		get("filter where there is none", "/2.0/repositories/acme/widgets/permissions-config/users?q=a",
			page(""), `no parameter "q"`),
		get("parameter given twice", "/2.0/user?fields=uuid&fields=type", `{"type":"user"}`,
			`"fields" is given 2 times`),
		get("long page", "/2.0/workspaces/acme/members?pagelen=101", page(""),
			`parameter "pagelen" in query`),
		get("empty page", "/2.0/workspaces/acme/members?pagelen=0", page(""),
			`parameter "pagelen" in query`),
		get("two sort keys", "/2.0/workspaces/acme/permissions/repositories?sort=a,b", page(""),
			`parameter "sort" in query`),
		get("plus not escaped", "/2.0/user?fields=+uuid", self, `parameter "fields" in query`),
		get("no search query", strings.TrimSuffix(search, "?search_query=foo"),
			`{"size":0,"page":1,"pagelen":10,"query_substituted":false,"values":[]}`,
			`parameter "search_query" in query`),
		send("long permission body", "PUT", grant, `{"permission":"read","user":1}`, 204, "",
			`property "user" is unsupported`),
		send("none instead of delete", "PUT", grant, `{"permission":"none"}`, 204, "",
			"one of the allowed values"),
		send("create-repo on a repository", "PUT", grant, `{"permission":"create-repo"}`, 204, "",
			"one of the allowed values"),
		send("no body", "PUT", grant, "", 204, "", "value is required but missing"),
		send("not JSON", "PUT", grant, `permission=read`, 204, "", "failed to decode request body"),
		send("body of a delete", "DELETE", grant, `{}`, 204, "", "body"),
		send("expiry in the body", "POST", ssh, `{"key":"k","expires_on":"2026-01-01"}`, 201, sshKey,
			`property "expires_on" is unsupported`),
		send("expiry that is no date", "POST", ssh+"?expires_on=soon", `{"key":"k"}`, 201, sshKey,
			`parameter "expires_on" in query`),
		send("variable without a key", "POST", vars, `{"value":"x"}`, 404, `{"error":{"message":"x"}}`,
			`property "key" is missing`),
		send("empty change", "PUT", vars+"/"+annPath, `{}`, 200, variable, "at least 1 properties"),
		send("attribute that does not exist", "PUT", "/2.0/users/"+annPath+"/properties/app/name",
			`{"_attributes":["secret"]}`, 204, "", "one of the allowed values"),
		send("property name with a dot", "PUT", "/2.0/users/"+annPath+"/properties/app/a.b", `{}`, 204,
			"", `parameter "property_name" in path`),
	}
	against := loadSpec(t)
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) { wantViolation(t, s, against, "request of "+s.method) })
	}
}

func TestWrongAnswersAreCaught(t *testing.T) {
	change := func(doc, old, new string) string {
		if !strings.Contains(doc, old) {
			t.Fatalf("%s does not hold %s", doc, old)
		}
		return strings.Replace(doc, old, new, 1)
	}
	membership := `{"type":"workspace_membership",` + ann + `,` + acme
	role := "/2.0/workspaces/acme/permissions"
	samples := []sample{
		get("UUID without braces", "/2.0/user", change(self, annUUID, strings.Trim(annUUID, "{}")),
			`"/uuid"`),
		get("type of something else", "/2.0/user", change(self, `"user"`, `"team"`), `"/type"`),
		get("no type", "/2.0/user", change(self, `"type":"user",`, ``), `property "type" is missing`),
		get("no links", "/2.0/user", change(self, `,`+selfLink, ``), `property "links" is missing`),
		get("link without an address", "/2.0/user", change(self, `"href"`, `"url"`), `"/links/self"`),
		get("link that is a string", "/2.0/user", change(self,
			`{"href":"https://api.bitbucket.org/2.0/x"}`, `"https://h/x"`), `"/links/self"`),
		get("time without an offset", "/2.0/user", change(self, `+00:00`, ``), `"/created_on"`),
		get("time with a space", "/2.0/user", change(self, `14T13`, `14 13`), `"/created_on"`),
		get("null where there is none", "/2.0/user", change(self, `"Ann"`, `null`), `"/display_name"`),
		get("null instead of a time", "/2.0/user", change(self, `"2018-03-14T13:17:05.196003+00:00"`,
			`null`), `"/created_on"`),
		get("e-mail nobody asked for", "/2.0/user",
			change(self, `"location"`, `"email":"a@example.com","location"`), `"/email"`),
		get("trimmed and wrong", "/2.0/user?fields=uuid", `{"uuid":"1"}`, `"/uuid"`),
		get("unknown member of a page", role, change(page(membership+`,"permission":"member"}`), `"size"`,
			`"total":1,"size"`), `property "total" is unsupported`),
		get("page without values", role, `{"pagelen":10}`, `property "values" is missing`),
		get("page number 0", role, change(page(""), `"page":1`, `"page":0`), `"/page"`),
		get("size as text", role, change(page(""), `"size":1`, `"size":"1"`), `"/size"`),
		get("next that is no URL", role, change(page(""), `https://api.bitbucket.org`, ``), `"/next"`),
		get("bare list", role, `[]`, "value must be an object"),
		get("role missing", role, page(membership+`}`), `property "permission" is missing`),
		get("role that does not exist", role, page(membership+`,"permission":"admin"}`), `"/permission"`),
		get("role where there is none", "/2.0/workspaces/acme/members",
			page(membership+`,"permission":"owner"}`), `"/permission"`),
		get("workspace with a name", "/2.0/user/workspaces",
			page(`{"type":"workspace_access","administrator":true,"workspace":{"type":"workspace_base","uuid":"`+annUUID+`","slug":"acme","name":"Acme",`+selfLink+`}}`), `"/values/0/workspace/name"`),
		get("effective permission none", role+"/repositories",
			page(`{"type":"repository_permission","permission":"none",`+ann+`,`+widgets+`}`),
			`"/values/0/permission"`),
		get("slug instead of a full name", role+"/repositories",
			page(change(`{"type":"repository_permission","permission":"read",`+ann+`,`+widgets+`}`, "acme/",
				"")), `"/values/0/repository/full_name"`),
		get("secret that shows", vars, page(change(variable, `false`, `true`)), `"/values/0"`),
		get("user grant for a group", project,
			`{"type":"project_user_permission","permission":"read",`+ann+`,`+selfLink+`}`,
			`property "group" is missing`),
		get("ssh key with its comment", ssh+"/"+annPath, change(sshKey, `AAAAC3`, `AAAAC3 ann@host`),
			`"/key"`),
		get("gpg key nobody asked for", gpg+"/h4m2", gpgKey+`,"key":"-----BEGIN"}`, `"/key"`),
		get("result with a commit", search, `{"size":1,"page":1,"pagelen":10,"query_substituted":false,"values":[{"type":"code_search_result","content_match_count":0,
			"content_matches":[],"path_matches":[],"file":{"type":"commit_file","path":"a","commit":{},`+selfLink+`}}]}`, `"/values/0/file/commit"`),
		get("half a document", "/2.0/user", `{"type":"us`, "failed to decode response body"),
		send("body of nothing", "DELETE", grant, "", 204, `{}`, "there is a body of 2 bytes"),
		send("created, but where", "POST", vars, `{"key":"REGION"}`, 201, variable,
			`header "Location" missing`),
		{
			name: "JSON sent as text", method: "GET", target: "/2.0/user", status: 200, mime: plainType,
			answer: self, want: "Content-Type",
		},
		refused("status that is not documented", "/2.0/user", 418, plainType, "x",
			"status is not supported"),
		refused("200 for a creation", "/2.0/user", 201, jsonType, self, "status is not supported"),
		refused("error without its type", "/2.0/user", 403, jsonType, `{"error":{"message":"x"}}`,
			`property "type" is missing`),
		refused("error without a message", vars, 404, jsonType, `{"error":{"detail":"x"}}`,
			`property "message" is missing`),
		refused("error with a status", "/2.0/user", 401, jsonType,
			`{"type":"error","error":{"message":"x","status":401}}`, `property "status" is unsupported`),
		refused("detail as a list", "/2.0/user", 403, jsonType,
			`{"type":"error","error":{"message":"x","detail":["y"]}}`, `"/error/detail"`),
		refused("gone without a reason", "/2.0/user/permissions/workspaces", 410, jsonType,
			`{"type":"error","error":{"message":"x"}}`, `property "data" is missing`),
		refused("throttled in other words", "/2.0/user", 429, plainType, "slow down",
			"regular expression"),
		refused("throttled as JSON", "/2.0/user", 429, jsonType,
			`{"type":"error","error":{"message":"x"}}`, "Content-Type"),
	}
	against := loadSpec(t)
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) { wantViolation(t, s, against, "answer ") })
	}
}

func TestValidatorKeepsOutOfTheWay(t *testing.T) {
	broken := errors.New("connection reset")
	v := newRecorder(loadSpec(t), roundTripper(func(req *http.Request) (*http.Response, error) {
		switch req.URL.Path {
		case "/2.0/user":
			return nil, broken
		default:
			return &http.Response{
				StatusCode: 200, Header: http.Header{"Content-Type": {jsonType}},
				Body: io.NopCloser(io.MultiReader(strings.NewReader("half"), failingReader{broken})),
			}, nil
		}
	}))
	client := &http.Client{Transport: v}
	if _, err := client.Get("http://127.0.0.1/2.0/user"); !errors.Is(err, broken) {
		t.Errorf("got error %v, want the transport's", err)
	}
	for _, path := range []string{"/2.0/user/emails", "/site/oauth2/access_token"} {
		resp, err := client.Get("http://127.0.0.1" + path)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := readAll(resp.Body); string(body) != "half" || !errors.Is(err, broken) {
			t.Errorf("%s: read %q, %v", path, body, err)
		}
	}
	if got := v.recorded(); len(got) > 0 {
		t.Errorf("violations: %q", got)
	}
	if v.seen("GET /2.0/user", "5XX") || v.seen("GET /2.0/user/emails", "200") {
		t.Error("an answer counts that did not come whole")
	}
}

func TestSeen(t *testing.T) {
	v := newValidator(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 503, Header: http.Header{"Content-Type": {"text/html"}},
			Body: io.NopCloser(strings.NewReader("down")),
		}, nil
	}))
	resp, err := (&http.Client{Transport: v}).Get("http://127.0.0.1/2.0/users/" + annPath)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	for status, want := range map[string]bool{"503": true, "5XX": true, "500": false, "404": false} {
		if got := v.seen("GET /2.0/users/{selected_user}", status); got != want {
			t.Errorf("seen(%s) = %t, want %t", status, got, want)
		}
	}
}

// wantViolation checks that the sample gives one violation, of the right side and with the right
// text.
func wantViolation(t *testing.T, s sample, against *spec, side string) {
	t.Helper()
	got := s.exchange(t, against)
	var matching int
	for _, violation := range got {
		if strings.HasPrefix(violation, side) && strings.Contains(violation, s.want) {
			matching++
		}
	}
	if matching != 1 {
		t.Errorf("violations %q, want one %q with %q", got, side, s.want)
	}
}
