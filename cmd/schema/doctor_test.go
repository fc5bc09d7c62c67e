package schema_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/doctor"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// TestDoctorSchema judges reports of the demo, made with every kind of credential, and one of them
// with each of its parts left out.
func TestDoctorSchema(t *testing.T) {
	s := compile(t, "doctor.v1.json")
	server := bitbuckettest.Demo(bitbuckettest.Throttle(0, 0))
	server.Fail(bitbuckettest.On("GET", "/2.0/workspaces/acme"),
		bitbuckettest.Edit(func(d map[string]any) { delete(d, "name"); d["slug"], d["new"] = 7, 1 }))
	admin := server.Admin()
	for sent, option := range map[string]bitbucket.Option{
		doctor.SentAsAPIToken:    bitbucket.WithAPIToken(admin.Email, admin.APIToken),
		doctor.SentAsConsumer:    bitbucket.WithClientCredentials(admin.ClientID, admin.ClientSecret),
		doctor.SentAsAccessToken: bitbucket.WithAccessToken(server.IssueWorkspaceToken("acme")),
		"nothing":                bitbucket.WithAccessToken("nobodys"),
	} {
		client, err := bitbucket.NewClient(
			option, bitbucket.WithTransport(server), bitbucket.WithThrottle(throttle.Unlimited),
			bitbucket.WithRetries(0),
		)
		if err != nil {
			t.Fatal(err)
		}
		if sent == "nothing" {
			sent = doctor.SentAsAccessToken
		}
		r, err := doctor.Examine(t.Context(), doctor.Patient{
			Client: client, Sent: sent, Most: 100, Before: func() error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(written(t, r)); err != nil {
			t.Errorf("%s: %v", r.Credential.Kind, err)
		}
		for member := range written(t, r) {
			without := written(t, r)
			if delete(without, member); s.Validate(without) == nil {
				t.Errorf("the schema takes a report without %s", member)
			}
		}
		more := written(t, r)
		if more["values"] = "of members"; s.Validate(more) == nil {
			t.Error("the schema takes what it does not know")
		}
	}
}

// written is the JSON form of a report.
func written(t *testing.T, r *doctor.Report) map[string]any {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}
