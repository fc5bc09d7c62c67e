package openapi

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// unfit are the recorded answers that the document does not describe, and why.
var unfit = map[string]string{
	"team":                                  "teams are no users any more",
	"very old user, whose kind is its type": "objects have a type and a UUID now",
	"user whose links are an empty array":   "no document knows links in this form",
	"user whose rels have arrays":           "links are URLs but for clone, and a template is none",
	"user whose links are an array":         "no document knows links in this form",

	"flat error":                            "documents have the error inside of an envelope",
	"repository that is none, without type": "only the pipelines service leaves it out in documents",
	"error of the token endpoint":           "the token endpoint is no operation of the document",
	"refused with an empty body":            "no document knows a refusal without a body",
}

// What Bitbucket is known to have sent fits the document.
func TestRecordedAnswersFitTheDocument(t *testing.T) {
	document := loadSpec(t)
	for _, r := range exchanges.Where(func(r exchanges.Recorded) bool {
		return r.API == "2.0" && r.Operation != "" && r.Kind != exchanges.Odd
	}) {
		t.Run(r.Name, func(t *testing.T) {
			reason := unfit[r.Name]
			violations := playRecorded(t, document, r)
			if reason == "" && len(violations) > 0 {
				t.Errorf("%s:\n%s\nin %s", r.Operation, strings.Join(violations, "\n"), r.Body)
			}
			if reason != "" && len(violations) == 0 {
				t.Errorf("it fits; take it out of the list that says: %s", reason)
			}
		})
	}
}

// playRecorded makes the call that gets a recorded answer, and returns how the answer violates
// the document.
func playRecorded(t *testing.T, document *spec, r exchanges.Recorded) []string {
	t.Helper()
	calls := 0
	v := newRecorder(document, roundTripper(func(req *http.Request) (*http.Response, error) {
		if calls++; calls > 1 {
			return answered(req, 200, http.Header{"Content-Type": {jsonType}}, `{"values":[]}`), nil
		}
		return answered(req, r.Status, r.Header.Clone(), r.Body), nil
	}))
	c, err := bitbucket.NewClient(bitbucket.WithTransport(v), bitbucket.WithAccessToken("token"),
		bitbucket.WithThrottle(throttle.Unlimited), bitbucket.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	x, _ := exchanges.Find(r.Operation)
	_, err = x.Call(t.Context(), c, exchanges.Acme())
	if err != nil && r.Kind != exchanges.Refusal && r.Unread == "" {
		t.Fatal(err)
	}
	var found []string
	for _, violation := range v.recorded() {
		if strings.HasPrefix(violation, "answer") {
			found = append(found, violation)
		}
	}
	return found
}

func answered(req *http.Request, status int, header http.Header, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}
}
