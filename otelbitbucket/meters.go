package otelbitbucket

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// meters are the instruments. One that cannot be made is reported to OpenTelemetry's error handler,
// and counts nothing.
type meters struct {
	calls     metric.Int64Counter
	durations metric.Float64Histogram
	attempts  metric.Int64Counter
	waits     metric.Float64Histogram
	refusals  metric.Int64Counter
}

func newMeters(m metric.Meter) meters {
	return meters{
		calls: made(m.Int64Counter("bitbucket.client.calls",
			metric.WithUnit("{call}"), metric.WithDescription("Calls that are over."))),
		durations: made(m.Float64Histogram("bitbucket.client.call.duration",
			metric.WithUnit("s"), metric.WithDescription("What calls took, waits included."))),
		attempts: made(m.Int64Counter("bitbucket.client.attempts",
			metric.WithUnit("{attempt}"), metric.WithDescription("Attempts that were sent."))),
		waits: made(m.Float64Histogram("bitbucket.client.wait.duration",
			metric.WithUnit("s"), metric.WithDescription("What attempts waited for the throttle."))),
		refusals: made(m.Int64Counter("bitbucket.client.refusals",
			metric.WithUnit("{attempt}"), metric.WithDescription("Attempts that were answered by 429."))),
	}
}

// made reports the error of an instrument, which works all the same.
func made[T any](instrument T, err error) T {
	if err != nil {
		otel.Handle(err)
	}
	return instrument
}

func (m meters) call(ctx context.Context, took time.Duration, attributes []attribute.KeyValue) {
	with := metric.WithAttributes(attributes...)
	m.calls.Add(ctx, 1, with)
	m.durations.Record(ctx, took.Seconds(), with)
}

func (m meters) attempt(ctx context.Context, status int, attributes []attribute.KeyValue) {
	with := metric.WithAttributes(attributes...)
	m.attempts.Add(ctx, 1, with)
	if status == http.StatusTooManyRequests {
		m.refusals.Add(ctx, 1, with)
	}
}

func (m meters) wait(ctx context.Context, took time.Duration, attributes ...attribute.KeyValue) {
	m.waits.Record(ctx, took.Seconds(), metric.WithAttributes(attributes...))
}
