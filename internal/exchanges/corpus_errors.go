package exchanges

import (
	"net/http"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
)

// refusals makes answers with one status, which say what is in Err.
func refusals(status int, sentinel error, all ...Recorded) []Recorded {
	for i := range all {
		r := &all[i]
		r.Kind, r.Type, r.Status, r.Sentinel = Refusal, "error", status, sentinel
		if r.Year == 0 {
			r.Year = 2026
		}
		if r.Operation == "" {
			r.Operation = "Users.Current"
		}
		r.Err.StatusCode = status
	}
	return all
}

// said is what an error says when it says nothing but a message.
func said(message string) *bitbucket.Error { return &bitbucket.Error{Message: message} }

func recordedErrors() []Recorded {
	return slices.Concat(badRequests(), notAuthenticated(), notAllowed(), notFound(), conflicts(),
		removed(), tooMany(), failures())
}

func badRequests() []Recorded {
	return refusals(400, bitbucket.ErrBadRequest, Recorded{
		Name: "fields as arrays", Source: "recorded 2016: guyzmo/git-repo",
		Body: `{"type":"error","error":{"message":"Bad request",
			"fields":{"source":["branch not found: x"],"title":["too long","empty"]}}}`,
		Err: &bitbucket.Error{Message: "Bad request", Fields: map[string][]string{
			"source": {"branch not found: x"}, "title": {"too long", "empty"},
		}},
	}, Recorded{
		Name: "fields as text", Source: "seen 2024: gildas/bitbucket-cli",
		Body: `{"type":"error","error":{"message":"Bad request",
			"fields":{"key":"extra keys not allowed"}}}`,
		Err: &bitbucket.Error{
			Message: "Bad request",
			Fields:  map[string][]string{"key": {"extra keys not allowed"}},
		},
	}, Recorded{
		Name: "field that cannot be filtered by", Source: "reported: BCLOUD-22709",
		Operation: "Workspaces.List",
		Body: `{"type":"error","error":{"message":
			"Field \".values.x\" does not support filtering"}}`,
		Err: said(`Field ".values.x" does not support filtering`),
	}, Recorded{
		Name: "error of the pipelines service, without type", Source: "reported: community 1320853",
		Operation: "Pipelines.WorkspaceVariables.List",
		Body: `{"error":{"message":"Bad request","detail":"Unexpected response body",
			"data":{"key":"unexpected.response.body","arguments":{}}}}`,
		Err: &bitbucket.Error{
			Message: "Bad request", Detail: "Unexpected response body",
			Data: []byte(`{"key":"unexpected.response.body","arguments":{}}`),
		},
	}, Recorded{
		Name:   "flat error",
		Source: "reported 2026: aashari/mcp-server-atlassian-bitbucket#230",
		Body: `{"message":"Bad request","detail":"Nothing here is inside of an error.",
			"data":{"extra":"x"}}`,
		Err: &bitbucket.Error{
			Message: "Bad request", Detail: "Nothing here is inside of an error.",
			Data: []byte(`{"extra":"x"}`),
		},
	}, Recorded{
		Name: "page that is none", Source: "reported: atlassian-api/atlassian-python-api#801",
		Operation: "Users.ListEmails",
		Body:      `{"type": "error", "error": {"message": "Invalid page"}}`, Err: said("Invalid page"),
	}, Recorded{
		Name: "page length that is none", Operation: "Users.ListEmails",
		Source: "reported 2025: jenkinsci/bitbucket-branch-source-plugin#1182",
		Body:   `{"type":"error","error":{"message":"Invalid pagelen"}}`, Err: said("Invalid pagelen"),
	}, Recorded{
		Name: "refused early, as text", Source: "reported 2026: 0pilatos0/bitbucket-cli#323",
		Header: typed(asText), Body: "Bad Request", Err: said("Bad Request"),
	}, Recorded{
		Name: "refused with an empty body", Source: "reported: community 3144636",
		Header: bare(), Err: said(""),
	})
}

func notAuthenticated() []Recorded {
	const realm = `Basic realm="Bitbucket.org HTTP"`
	asking := func(contentType string) http.Header {
		return http.Header{"Content-Type": {contentType}, "Www-Authenticate": {realm}}
	}
	lines := "Login failed due to incorrect login credentials or method.\n" +
		"If you are unsure which login method to use:\n" +
		"- use an API token\n"
	invalid := "Token is invalid, expired, or not supported for this endpoint."
	expired := "Access token expired. Use your refresh token to obtain a new access token."
	return append(refusals(401, bitbucket.ErrUnauthorized, Recorded{
		Name: "API token as Bearer", Source: "reported: community 94071", Header: asking(asJSON),
		Body: `{"type":"error","error":{"message":"` + invalid + `"}}`, Err: said(invalid),
	}, Recorded{
		Name: "OAuth token expired", Source: "reported: public issue threads", Header: asking(asJSON),
		Body: `{"type":"error","error":{"message":"` + expired + `"}}`, Err: said(expired),
	}, Recorded{
		Name:   "wrong Basic credentials, several lines of text",
		Source: "reported: GearPlug/bitbucket-python#10", Header: asking(asText), Body: lines,
		Err: said("Login failed due to incorrect login credentials or method. " +
			"If you are unsure which login method to use: - use an API token"),
	}), refusals(400, bitbucket.ErrBadRequest, Recorded{
		Name: "error of the token endpoint", Source: "RFC 6749, section 5.2",
		Body: `{"error":"invalid_grant","error_description":"The specified refresh_token is invalid"}`,
		Err: &bitbucket.Error{
			Message: "invalid_grant",
			Detail:  "The specified refresh_token is invalid",
		},
	})...)
}

func notAllowed() []Recorded {
	const lacking = "Your credentials lack one or more required privilege scopes."
	const mechanism = "This API is not accessible by this authentication mechanism"
	const token = "This resource does not support authentication using the provided token"
	const jwt = "This API is only accessible with the following authentication types: jwt"
	return append(refusals(402, bitbucket.ErrPlanLimit, Recorded{
		Name: "no seat left", Source: documented, Operation: "Permissions.OnRepository.SetUser",
		Body: `{"type":"error","error":{"message":"You have reached your plan's user limit"}}`,
		Err:  said("You have reached your plan's user limit"),
	}), refusals(403, bitbucket.ErrForbidden, Recorded{
		Name: "missing scope", Source: "reported: gildas/bitbucket-cli#56",
		Body: `{"type":"error","error":{"message":"` + lacking + `",
			"detail":{"required":["account"],"granted":["repository"]}}}`,
		Err: &bitbucket.Error{
			Message: lacking, RequiredScopes: []string{"account"},
			GrantedScopes: []string{"repository"},
		},
	}, Recorded{
		Name:   "missing scope of an API token, which the headers name otherwise",
		Source: "seen 2026: notes of a public agent kit",
		Header: http.Header{
			"Content-Type": {asJSON}, "X-Accepted-Oauth-Scopes": {"account"},
			"X-Oauth-Scopes":    {"read:repository:bitbucket, read:pipeline:bitbucket"},
			"X-Credential-Type": {"apikey"},
		},
		Body: `{"type":"error","error":{"message":"` + lacking + `","detail":{
			"required":["read:user:bitbucket"],
			"granted":["read:repository:bitbucket","read:pipeline:bitbucket"]}}}`,
		Err: &bitbucket.Error{
			Message: lacking, RequiredScopes: []string{"read:user:bitbucket"},
			GrantedScopes: []string{"read:repository:bitbucket", "read:pipeline:bitbucket"},
		},
	}, Recorded{
		Name: "kind of credential that is not taken", Source: "reported 2026: decocms/studio#7231",
		Body: `{"type":"error","error":{"message":"` + mechanism + `"}}`, Err: said(mechanism),
	}, Recorded{
		Name: "API token where only OAuth goes", Source: "seen 2026: eggzec/bb",
		Operation: "Pipelines.UserVariables.List",
		Body:      `{"type":"error","error":{"message":"` + token + `"}}`, Err: said(token),
	}, Recorded{
		Name: "credential of an app only", Source: "seen 2026: eggzec/bb", Operation: "Properties.Put",
		Body: `{"type":"error","error":{"message":"` + jwt + `"}}`, Err: said(jwt),
	}, Recorded{
		Name: "path without its version", Source: "reported 2026: avivsinai/bitbucket-cli#70",
		Body: `{"type":"error","error":{"message":"Forbidden"}}`, Err: said("Forbidden"),
	})...)
}

func notFound() []Recorded {
	const noAccess = "You may not have access to this repository or it no longer exists in this " +
		"workspace. If you think this repository exists and you have access, make sure you are " +
		"authenticated."
	return refusals(404, bitbucket.ErrNotFound, Recorded{
		Name: "route that is none", Source: "seen: gildas/bitbucket-cli", Operation: "Users.Get",
		Body: `{"type":"error","error":{"message":"Resource not found",
			"detail":"There is no API hosted at this URL"}}`,
		Err: &bitbucket.Error{
			Message: "Resource not found",
			Detail:  "There is no API hosted at this URL",
		},
	}, Recorded{
		Name: "missing, or not to be seen", Source: "reported: gildas/bitbucket-cli#121",
		Operation: "Permissions.OnRepository.ListUsers",
		Body:      `{"type":"error","error":{"message":"` + noAccess + `"}}`, Err: said(noAccess),
	}, Recorded{
		Name: "message that is the identifier", Source: "reported: MunifTanjim/node-bitbucket#56",
		Operation: "Users.Get",
		Body:      `{"type":"error","error":{"message":"113977999"}}`, Err: said("113977999"),
	}, Recorded{
		Name: "workspace that is none", Source: "recorded 2021: JupiterOne/graph-bitbucket",
		Operation: "Workspaces.Get",
		Body:      `{"type":"error","error":{"message":"No workspace with identifier 'x'."}}`,
		Err:       said("No workspace with identifier 'x'."),
	}, Recorded{
		Name: "repository that is none, without type", Source: "seen 2026: eggzec/bb",
		Operation: "Permissions.OnRepository.ListUsers",
		Body:      `{"error":{"message":"Repository acme/x not found."}}`,
		Err:       said("Repository acme/x not found."),
	}, Recorded{
		Name: "not found, as text", Source: "recorded 2018: codecov/umbrella", Operation: "Users.Get",
		Header: http.Header{"Content-Type": {asText}, "Cache-Control": {"max-age=900"}},
		Body:   "Not Found", Err: said("Not Found"),
	})
}

func conflicts() []Recorded {
	return refusals(409, bitbucket.ErrConflict, Recorded{
		Name: "variable that is there already", Operation: "Pipelines.WorkspaceVariables.Create",
		Source: "seen 2026: Bitbucket's own component for pipelines variables",
		Body: `{"error":{"message":"Conflict","detail":"The variable exists.",
			"data":{"key":"variable-service.variable.duplicate","arguments":{"key":"NEW"}}}}`,
		Err: &bitbucket.Error{
			Message: "Conflict", Detail: "The variable exists.",
			Data: []byte(`{"key":"variable-service.variable.duplicate","arguments":{"key":"NEW"}}`),
		},
	})
}

func removed() []Recorded {
	const change = "CHANGE-2770 - Functionality has been deprecated"
	const entry = "Please read the changelog entry for more details."
	const data = `{"announcement_url":"https://developer.example/changelog/#CHANGE-2770"}`
	return refusals(410, bitbucket.ErrGone, Recorded{
		Name: "removed endpoint", Operation: "Permissions.ListRepositories",
		Source: "reported 2026: aashari/mcp-server-atlassian-bitbucket#230",
		Body: `{"type":"error","error":{"message":"` + change + `","detail":"` + entry + `",
			"data":` + data + `},"data":` + data + `}`,
		Err: &bitbucket.Error{Message: change, Detail: entry, Data: []byte(data)},
	}, Recorded{
		Name: "removed endpoint of 1.0", Source: "reported 2019: xuhdev/backup-on-the-go#4", API: "1.0",
		Year: 2019,
		Body: `{"type":"error","error":{"message":"Resource removed",
			"detail":"This API is no longer supported.\n\nSee the documentation."}}`,
		Err: &bitbucket.Error{
			Message: "Resource removed",
			Detail:  "This API is no longer supported.\n\nSee the documentation.",
		},
	})
}

func tooMany() []Recorded {
	return refusals(429, bitbucket.ErrRateLimited, Recorded{
		Name: "limit of the application", Source: "recorded 2021: renovatebot/renovate#3024",
		Header: http.Header{"Content-Type": {asText}, "Etag": {`"0123456789abcdef0123456789abcdef"`}},
		Body:   "Rate limit for this resource has been exceeded",
		Err:    said("Rate limit for this resource has been exceeded"),
	}, Recorded{
		Name: "burst that the edge refuses", Source: "reported 2026: kodustech/kodus-ai#1165",
		Header: http.Header{"X-Envoy-Ratelimited": {"true"}, "Server": {"envoy"}}, Err: said(""),
	})
}

func failures() []Recorded {
	const gateway = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
		"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
	return slices.Concat(refusals(500, bitbucket.ErrServer, Recorded{
		Name: "error with an ID", Source: "reported: BCLOUD-22709",
		Body: `{"type":"error","error":{"message":"Something went wrong",
			"id":"0123456789abcdef0123456789abcdef"}}`,
		Err: &bitbucket.Error{Message: "Something went wrong", ID: "0123456789abcdef0123456789abcdef"},
	}), refusals(502, bitbucket.ErrServer, Recorded{
		Name: "page of a gateway", Source: "reported: public issue threads", Header: typed("text/html"),
		Body: gateway,
		Err:  said(`an HTML page, not an answer of the API: "502 Bad Gateway"`),
	}), refusals(503, bitbucket.ErrServer, Recorded{
		Name: "text of a gateway", Source: "reported: public issue threads", Header: typed("text/plain"),
		Body: "upstream connect error or disconnect/reset before headers",
		Err:  said("upstream connect error or disconnect/reset before headers"),
	}))
}
