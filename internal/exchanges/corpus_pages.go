package exchanges

import "github.com/seed-9213fc64/bitbucket"

// recordedPages are envelopes.
func recordedPages() []Recorded {
	const (
		email    = emailBody
		emails   = "Users.ListEmails"
		variable = `{"type":"pipeline_variable","uuid":"{55555555-5555-5555-5555-555555555555}",
			"key":"A","value":"","secured":false}`
	)
	value := []bitbucket.Email{emailValue()}
	return []Recorded{{
		Name: "page with a hash for a cursor", Source: "recorded 2019: codecov/umbrella", Year: 2019,
		Kind: Paged, Type: "email", Operation: emails,
		Body: `{"pagelen":10,"values":[` + email + `],
			"next":"https://api.bitbucket.org/2.0/user/emails?pagelen=10&page=8xhd"}`,
		Want: value, Next: "/2.0/user/emails?pagelen=10&page=8xhd",
	}, {
		Name: "page with nothing but values", Source: "documented 2026: guide to pagination", Year: 2026,
		Kind: Paged, Type: "email", Operation: emails,
		Body: `{"values":[` + email + `]}`, Want: value,
	}, {
		Name: "page with a link back", Source: "documented 2026: guide to pagination", Year: 2026,
		Kind: Paged, Type: "email", Operation: emails,
		Body: `{"size":11,"page":2,"pagelen":10,"values":[` + email + `],
			"previous":"https://api.bitbucket.org/2.0/user/emails?page=1"}`,
		Want: value,
	}, {
		Name: "empty page that is not the last", Source: "documented 2026: guide to pagination",
		Year: 2026, Kind: Paged, Type: "email", Operation: emails,
		Body: `{"pagelen":10,"values":[],"next":"https://api.bitbucket.org/2.0/user/emails?page=2"}`,
		Want: []bitbucket.Email{}, Next: "/2.0/user/emails?page=2",
	}, {
		Name: "page of the pipelines service, without next although size is larger", Year: 2020,
		Source: "reported 2020: BCLOUD-20639 and ansible-collections/community.general#1498",
		Kind:   Paged, Type: "pipeline_variable", Operation: "Pipelines.WorkspaceVariables.List",
		Body: `{"page":1,"pagelen":1,"size":2,"values":[` + variable + `]}`,
		Want: []bitbucket.Variable{{
			Type: "pipeline_variable", Key: "A",
			UUID: "{55555555-5555-5555-5555-555555555555}",
		}},
		Next: "/2.0/workspaces/acme/pipelines-config/variables?pagelen=100&page=2",
	}, {
		Name: "page whose values hold a text", Source: "seen 2026: eggzec/bb", Year: 2026,
		Kind: Odd, Type: "email", Operation: emails,
		Body: `{"values":["A workspace on a Free plan does not support this feature."]}`,
		Err:  &bitbucket.Error{StatusCode: 200}, Sentinel: bitbucket.ErrMalformedResponse,
	}, {
		Name: "page that leads to another host", Source: codecov2021, Year: 2021,
		Kind: Odd, Type: "email", Operation: emails,
		Body: `{"values":[` + email + `],"next":"https://bitbucket.org/!api/2.0/user/emails?page=2"}`,
		Want: value, Sentinel: bitbucket.ErrForeignOrigin,
	}, {
		Name: "HTML with status 200", Source: "seen: gateways and captive portals", Year: 2026,
		Kind: Odd, Operation: "Users.Current", Header: typed(asHTML),
		Body:     "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body></body></html>\n",
		Err:      &bitbucket.Error{StatusCode: 200},
		Sentinel: bitbucket.ErrMalformedResponse,
	}, {
		Name: "empty body with status 200", Source: "seen: gateways", Year: 2026,
		Kind: Odd, Operation: "Workspaces.Get", Header: bare(),
		Err: &bitbucket.Error{StatusCode: 200}, Sentinel: bitbucket.ErrMalformedResponse,
	}}
}
