package otelbitbucket_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/otelbitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
)

// observed is a client of a server with two people, and what OpenTelemetry hears of it.
type observed struct {
	*bitbucket.Client
	srv    *bitbuckettest.Server
	ada    string
	spans  *tracetest.InMemoryExporter
	meters *metric.ManualReader
	tracer *sdktrace.TracerProvider
}

func observe(t *testing.T, opts ...bitbucket.Option) *observed {
	t.Helper()
	o := &observed{
		srv:    bitbuckettest.New(),
		spans:  tracetest.NewInMemoryExporter(),
		meters: metric.NewManualReader(),
	}
	o.ada = o.srv.AddUser(bitbuckettest.User{Nickname: "ada"}).UUID
	o.srv.AddUser(bitbuckettest.User{Nickname: "bob"})
	o.tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(o.spans))
	token := o.srv.IssueAPIToken("ada")
	client, err := bitbucket.NewClient(append([]bitbucket.Option{
		bitbucket.WithTransport(o.srv),
		bitbucket.WithAPIToken(token.Email, token.Token),
		bitbucket.WithTrace(otelbitbucket.Trace(
			otelbitbucket.WithTracerProvider(o.tracer),
			otelbitbucket.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(o.meters))),
		)),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	o.Client = client
	return o
}

// span finds the one span of a name.
func (o *observed) span(t *testing.T, name string) tracetest.SpanStub {
	t.Helper()
	var found []tracetest.SpanStub
	for _, s := range o.spans.GetSpans() {
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans are called %s", len(found), name)
	}
	return found[0]
}

func attributes(kvs []attribute.KeyValue) map[string]string {
	all := map[string]string{}
	for _, kv := range kvs {
		all[string(kv.Key)] = kv.Value.Emit()
	}
	return all
}

func TestSpanOfACallAndItsAttempt(t *testing.T) {
	o := observe(t)
	ctx, parent := o.tracer.Tracer("test").Start(t.Context(), "program")
	if _, err := o.Users.Get(ctx, o.ada, bitbucket.Fields("uuid", "display_name")); err != nil {
		t.Fatal(err)
	}
	parent.End()

	call, attempt := o.span(t, "Users.Get"), o.span(t, "GET")
	if call.Parent.SpanID() != parent.SpanContext().SpanID() || attempt.Parent.SpanID() != call.SpanContext.SpanID() {
		t.Error("the spans do not lie in one another")
	}
	escaped := strings.NewReplacer("{", "%7B", "}", "%7D").Replace(o.ada)
	want := map[string]string{
		"bitbucket.operation":       "Users.Get",
		"http.request.method":       "GET",
		"url.template":              "/2.0/users/{selected_user}",
		"url.full":                  "https://api.bitbucket.org/2.0/users/" + escaped,
		"server.address":            "api.bitbucket.org",
		"http.response.status_code": "200",
	}
	for name, span := range map[string]tracetest.SpanStub{"call": call, "attempt": attempt} {
		got := attributes(span.Attributes)
		if fmt.Sprint(got) != fmt.Sprint(want) || span.Status.Code != codes.Unset {
			t.Errorf("%s: %v, %v\nwant %v", name, got, span.Status, want)
		}
	}
	if attempt.StartTime.Before(call.StartTime) || attempt.EndTime.After(call.EndTime) {
		t.Errorf("the attempt lasts from %v to %v, the call from %v to %v",
			attempt.StartTime, attempt.EndTime, call.StartTime, call.EndTime)
	}
}

// A call that is refused, waits and succeeds tells all of it, and in seconds.
func TestWaitsAndRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := observe(t, bitbucket.WithThrottle(throttle.Window(100, 30*time.Minute)))
		o.srv.Fail(bitbuckettest.Any, bitbuckettest.Status(429, "Rate limit for this resource has been exceeded"), 1)
		if _, err := o.Users.Current(t.Context()); err != nil {
			t.Fatal(err)
		}
		call := o.span(t, "Users.Current")
		var events []string
		for _, e := range call.Events {
			events = append(events, e.Name)
		}
		want := []string{"retry", "waiting for the throttle", "slot of the throttle"}
		if !slices.Equal(events, want) {
			t.Fatalf("events %q, want %q", events, want)
		}
		if got := attributes(call.Events[0].Attributes); got["http.response.status_code"] != "429" || got["bitbucket.retry.delay"] != "60" {
			t.Errorf("retry %v", got)
		}
		if got := attributes(call.Events[2].Attributes); got["bitbucket.wait.duration"] != "60" {
			t.Errorf("wait %v", got)
		}
		if got := attributes(call.Attributes); got["http.request.resend_count"] != "1" || got["http.response.status_code"] != "200" {
			t.Errorf("call %v", got)
		}
		counts := o.counts(t)
		for name, want := range map[string]float64{
			"bitbucket.client.calls": 1, "bitbucket.client.attempts": 2, "bitbucket.client.refusals": 1,
			"bitbucket.client.wait.duration": 60, "bitbucket.client.call.duration": 60,
		} {
			if counts[name] != want {
				t.Errorf("%s is %v, want %v", name, counts[name], want)
			}
		}
	})
}

// counts sums up what each instrument has counted.
func (o *observed) counts(t *testing.T) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := o.meters.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					sums[m.Name] += float64(p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					sums[m.Name] += p.Sum
				}
			}
		}
	}
	return sums
}

func TestRefusalsAreErrorsOfTheirStatus(t *testing.T) {
	o := observe(t)
	if _, err := o.Users.Get(t.Context(), "557058:00000000-0000-0000-0000-000000000000"); err == nil {
		t.Fatal("somebody was found")
	}
	call := o.span(t, "Users.Get")
	if got := attributes(call.Attributes); got["error.type"] != "404" || call.Status.Code != codes.Error {
		t.Errorf("%v, %v", got, call.Status)
	}
}

func TestGivingUpIsNoStatus(t *testing.T) {
	o := observe(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.Users.Current(ctx); err == nil {
		t.Fatal("a call that was given up succeeded")
	}
	call := o.span(t, "Users.Current")
	if got := attributes(call.Attributes); got["error.type"] != "canceled" || got["http.response.status_code"] != "" {
		t.Errorf("%v", got)
	}
}

// Each page of a list is a call, and a path without a method is called by the method of HTTP.
func TestPagesAndPathsWithoutAMethod(t *testing.T) {
	o := observe(t)
	for range bitbucket.ListAt[map[string]any](t.Context(), o.Client, "/2.0/nowhere").All() {
	}
	for _, s := range o.spans.GetSpans() {
		got := attributes(s.Attributes)
		if s.Name != "GET" || got["url.template"] != "" || got["url.full"] != "https://api.bitbucket.org/2.0/nowhere" {
			t.Errorf("%s %v", s.Name, got)
		}
	}
	if n := len(o.spans.GetSpans()); n != 2 { // the call and its attempt
		t.Errorf("%d spans", n)
	}
}

// Whatever a server says, and whatever was asked: no secret and no query gets out.
func TestNoSecretGetsOut(t *testing.T) {
	const token, query = "s3cr3t-t0k3n-of-the-test", "filter-that-nobody-should-see"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"error":{"message":"you sent %s","detail":"%s"}}`, r.Header.Get("Authorization"), token)
	}))
	defer srv.Close()
	spans, reader := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	client, err := bitbucket.NewClient(bitbucket.WithBaseURL(srv.URL), bitbucket.WithAccessToken(token),
		bitbucket.WithTrace(otelbitbucket.Trace(
			otelbitbucket.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))),
			otelbitbucket.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))))))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = client.Users.ListEmails(t.Context(), bitbucket.Query(query)).Collect()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	told := fmt.Sprintf("%+v %+v", spans.GetSpans(), all)
	if len(spans.GetSpans()) != 2 || !strings.Contains(told, "you sent") {
		t.Fatalf("the refusal was not told: %s", told)
	}
	for _, secret := range []string{token, query} {
		if strings.Contains(told, secret) {
			t.Errorf("%q got out", secret)
		}
	}
}
