package openapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

func TestMain(m *testing.M) {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	os.Exit(m.Run())
}

// validator is a transport that lets requests and answers through as they are and holds both
// against the document. Requests to the OAuth endpoint, which the document leaves out, are not
// looked at.
type validator struct {
	spec *spec
	next http.RoundTripper

	mu         sync.Mutex
	violations []string
	answers    map[string][]string // by operation: the statuses seen, each once
}

// newValidator puts a validator before next. At the end of the test every violation is an error
// of it.
func newValidator(t testing.TB, next http.RoundTripper) *validator {
	t.Helper()
	return newValidatorOf(t, loadSpec(t), next)
}

// newValidatorOf is newValidator with a document that was loaded before.
func newValidatorOf(t testing.TB, s *spec, next http.RoundTripper) *validator {
	t.Helper()
	v := newRecorder(s, next)
	t.Cleanup(func() {
		for _, violation := range v.recorded() {
			t.Errorf("violation: %s", violation)
		}
	})
	return v
}

// newRecorder is newValidatorOf without the errors at the end.
func newRecorder(s *spec, next http.RoundTripper) *validator {
	return &validator{spec: s, next: next, answers: make(map[string][]string)}
}

// recorded gives the violations so far.
func (v *validator) recorded() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.violations)
}

// seen tells whether an operation, given as "GET /2.0/user", was answered with a status, given as
// in the document.
func (v *validator) seen(operation, status string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, answered := range v.answers[operation] {
		if answered == status || strings.HasSuffix(status, "XX") && answered[0] == status[0] {
			return true
		}
	}
	return false
}

// RoundTrip validates, sends and validates again.
func (v *validator) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasPrefix(req.URL.Path, "/site/oauth2/") {
		return v.next.RoundTrip(req)
	}
	body, err := readAll(req.Body)
	if err != nil {
		return nil, err
	}
	input := v.request(withBody(req, body))
	resp, err := v.next.RoundTrip(withBody(req, body))
	if err != nil || input == nil {
		return resp, err
	}
	answer, err := readAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	if err != nil {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(answer), failingReader{err}))
		return resp, nil //nolint:nilerr // the reader of the body meets it
	}
	v.response(input, resp, answer)
	return resp, nil
}

// request validates a request and gives what the validation of its answer needs, nil when the
// document has no such operation.
func (v *validator) request(req *http.Request) *openapi3filter.RequestValidationInput {
	route, params, err := v.spec.find(req)
	if err != nil {
		v.report(req, "request", err)
		return nil
	}
	query := req.URL.Query()
	input := &openapi3filter.RequestValidationInput{
		Request: req, Route: route, PathParams: params, QueryParams: query,
		Options: &openapi3filter.Options{
			MultiError:                        true,
			SkipSettingDefaults:               true,
			RejectWhenRequestBodyNotSpecified: true,
			AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
			SchemaValidationOptions: []openapi3.SchemaValidationOption{
				openapi3.DisableSchemaErrorDetails(),
			},
		},
	}
	for name, values := range query {
		if !slices.Contains(queryNames(route), name) {
			v.report(req, "request", fmt.Errorf("the operation has no parameter %q", name))
		}
		if len(values) > 1 {
			v.report(req, "request", fmt.Errorf("the parameter %q is given %d times", name, len(values)))
		}
	}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		v.report(req, "request", err)
	}
	return input
}

func (v *validator) response(asked *openapi3filter.RequestValidationInput, resp *http.Response,
	body []byte,
) {
	req := asked.Request
	v.note(asked.Route, resp.StatusCode)
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked,
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{
			MultiError:              true,
			IncludeResponseStatus:   true,
			SchemaValidationOptions: asked.Options.SchemaValidationOptions,
		},
	}
	if resp.StatusCode < 300 && asked.QueryParams.Has("fields") {
		trimmed := *asked
		trimmed.Route = v.spec.forTrimmed(asked.Route)
		input.RequestValidationInput = &trimmed
	}
	if resp.StatusCode == http.StatusNoContent && len(body) > 0 {
		v.report(req, "answer 204", fmt.Errorf("there is a body of %d bytes", len(body)))
	}
	if resp.Header.Get("X-Envoy-Ratelimited") == "true" &&
		resp.StatusCode == http.StatusTooManyRequests && len(body) == 0 {
		return // the edge refuses without a body, which no media type describes
	}
	if err := openapi3filter.ValidateResponse(context.Background(), input); err != nil {
		v.report(req, "answer "+strconv.Itoa(resp.StatusCode), err)
	}
}

func (v *validator) note(route *routers.Route, status int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	operation := route.Method + " " + route.Path
	if text := strconv.Itoa(status); !slices.Contains(v.answers[operation], text) {
		v.answers[operation] = append(v.answers[operation], text)
	}
}

func (v *validator) report(req *http.Request, what string, err error) {
	at := (&url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}).String()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.violations = append(v.violations, fmt.Sprintf("%s of %s %s: %v", what, req.Method, at, err))
}

// withBody copies a request, with a body of its own. No body stays no body.
func withBody(req *http.Request, body []byte) *http.Request {
	out := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return out
	}
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return out
}

// readAll reads a body to its end and closes it.
func readAll(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	return io.ReadAll(body)
}

// failingReader has nothing but an error.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }
