package wire

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestTokensInAnswers(t *testing.T) {
	for body, want := range map[string][]string{
		`{"access_token":"a1","token_type":"bearer","refresh_token":"r1","expires_in":7200}`: {"a1", "r1"},
		`{"error":"no","ID_Token":"i1","error_description":"d"}`:                             {"i1"},
		`{"access_token":5,"refresh_token":"r\u003d1"}`:                                      {"r=1"},
		`{"access_token":"a1","refresh_token":"r1 and no end`:                                {"a1", "r1 and no end"},
		"error=no&access_token=a%3D1&refresh_token=r1&token_type=bearer":                     {"a=1", "r1"},
		"you sent nothing": nil,
		`["access_token"]`: nil,
		"":                 nil,
	} {
		got := tokensIn([]byte(body))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestSecretsSentForTokens(t *testing.T) {
	sent := func(body string, sign func(*http.Request)) *http.Response {
		req, err := http.NewRequest(http.MethodPost, "https://h/token", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		sign(req)
		return &http.Response{Request: req}
	}
	basic := func(r *http.Request) { r.SetBasicAuth("id", "s%3D1") }
	none := func(*http.Request) {}
	for _, tc := range []struct {
		resp *http.Response
		want []string
	}{
		{nil, nil},
		{&http.Response{}, nil},
		{sent("grant_type=refresh_token&refresh_token=r%2F1&client_id=id", none), []string{"r/1"}},
		{sent("client_secret=s1&code=c1", none), []string{"c1", "s1"}},
		{sent("grant_type=client_credentials", basic), []string{"aWQ6cyUzRDE=", "s%3D1", "s=1"}},
	} {
		got := secretsOf(tc.resp)
		slices.Sort(got)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	unreadable := sent("refresh_token=r1", none)
	unreadable.Request.GetBody = nil
	if got := secretsOf(unreadable); got != nil {
		t.Errorf("of a body that cannot be had: %q", got)
	}
}
