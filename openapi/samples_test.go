package openapi

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

const (
	annUUID = "{11111111-1111-1111-1111-111111111111}"
	ann     = `"user":{"type":"user","uuid":"` + annUUID +
		`","account_id":"557058:22222222-2222-2222-2222-222222222222","display_name":"Ann"}`
	acme     = `"workspace":{"type":"workspace","uuid":"{33333333-3333-3333-3333-333333333333}","slug":"acme","name":"Acme"}`
	widgets  = `"repository":{"type":"repository","uuid":"{44444444-4444-4444-4444-444444444444}","name":"widgets","full_name":"acme/widgets"}`
	selfLink = `"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}}`
	self     = `{"type":"user","uuid":"` + annUUID +
		`","display_name":"Ann","has_2fa_enabled":null,"location":null,"created_on":"2018-03-14T13:17:05.196003+00:00",` + selfLink + `}`
	variable = `{"type":"pipeline_variable","uuid":"{55555555-5555-5555-5555-555555555555}","key":"REGION","value":"eu","secured":false}`
	sshKey   = `{"type":"ssh_key","uuid":"{77777777-7777-7777-7777-777777777777}","key":"ssh-ed25519 AAAAC3","comment":"ann@host","label":"","fingerprint":"w9tZ+1/2=","created_on":"2018-03-14T13:17:05+02:00","expires_on":null,"last_used":null,` + selfLink + `}`
	gpgKey   = `{"type":"gpg_key","key_id":"ymok","fingerprint":"h4m2","parent_fingerprint":null,"name":"mine","added_on":"2024-09-24T12:09:33.154081+00:00","created_on":"2018-03-20T13:09:04.207005+00:00","expires_on":null`

	ssh     = "/2.0/users/" + annPath + "/ssh-keys"
	gpg     = "/2.0/users/" + annPath + "/gpg-keys"
	annPath = "%7B11111111-1111-1111-1111-111111111111%7D"
	grant   = "/2.0/repositories/acme/widgets/permissions-config/users/" + annPath
	project = "/2.0/workspaces/acme/projects/WEB/permissions-config/groups/developers"
	vars    = "/2.0/workspaces/acme/pipelines-config/variables"
	search  = "/2.0/users/" + annPath + "/search/code?search_query=foo"

	jsonType  = "application/json; charset=utf-8"
	plainType = "text/plain; charset=utf-8"
)

// sample is an exchange: what is sent and what comes back. A body that is text has the type
// application/json.
type sample struct {
	name     string
	method   string
	target   string
	send     string
	status   int
	mime     string
	location string
	answer   string
	want     string // a part of the only violation; empty for none
}

// exchange sends the sample through a validator and gives the violations.
func (s sample) exchange(t *testing.T, against *spec) []string {
	t.Helper()
	v := newRecorder(against, roundTripper(func(req *http.Request) (*http.Response, error) {
		got, err := io.ReadAll(req.Body)
		if err != nil || string(got) != s.send {
			t.Errorf("the server reads %q, %v, want %q", got, err, s.send)
		}
		header := http.Header{}
		if s.mime != "" {
			header.Set("Content-Type", s.mime)
		}
		if s.location != "" {
			header.Set("Location", s.location)
		}
		return &http.Response{
			StatusCode: s.status, Header: header,
			Body: io.NopCloser(strings.NewReader(s.answer)), Request: req,
		}, nil
	}))
	req, err := http.NewRequestWithContext(t.Context(), s.method, "http://127.0.0.1:8080"+s.target,
		strings.NewReader(s.send))
	if err != nil {
		t.Fatal(err)
	}
	if s.send != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := v.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := readAll(resp.Body); err != nil || string(answer) != s.answer {
		t.Errorf("the client reads %q, %v, want %q", answer, err, s.answer)
	}
	return v.recorded()
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func get(name, target, answer, want string) sample {
	return sample{
		name: name, method: "GET", target: target, status: 200, mime: jsonType,
		answer: answer, want: want,
	}
}

func refused(name, target string, status int, mime, answer, want string) sample {
	return sample{
		name: name, method: "GET", target: target, status: status, mime: mime,
		answer: answer, want: want,
	}
}

func send(name, method, target, body string, status int, answer, want string) sample {
	s := sample{
		name: name, method: method, target: target, send: body, status: status, answer: answer,
		want: want,
	}
	if answer != "" {
		s.mime = jsonType
	}
	return s
}

func page(values string) string {
	return `{"pagelen":10,"page":1,"size":1,"next":"https://api.bitbucket.org/2.0/x?page=8xhd","values":[` + values + `]}`
}
