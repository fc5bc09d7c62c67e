// Package otelbitbucket tells OpenTelemetry about the calls of a client: spans of calls and of
// their attempts, events of waits and retries, and metrics.
//
// # Getting started
//
// Set the global providers of OpenTelemetry, or give some with [WithTracerProvider] and
// [WithMeterProvider], and hand the hooks to the client:
//
//	client, err := bitbucket.NewClient(
//		bitbucket.WithEnv(), bitbucket.WithTrace(otelbitbucket.Trace()))
//	if err != nil {
//		return err
//	}
//
// Providers are made with go.opentelemetry.io/otel/sdk: by NewTracerProvider of its package trace with
// WithBatcher(exporter), say. Call the provider's Shutdown before the program ends, or what the
// batcher still holds is lost.
//
// # Spans
//
// Each call of a method is a span, named by the method ("Users.Get"), and so is each page of a
// list. Its parent is the span in the context that the method was given. Each attempt is a child
// span of it, named by the method of HTTP. A wait for the throttle and a retry are events of the
// call's span: a call that waits half an hour is a long span with an event at its beginning that
// says until when.
//
// The attributes are those of the semantic conventions for HTTP clients: http.request.method,
// url.template (the documented path), url.full (without the query), server.address, server.port,
// http.response.status_code, http.request.resend_count and error.type. Neither a credential nor a
// query string gets into spans or metrics, and what a server said of a refusal comes without
// secrets, as in the client's errors.
//
// # Metrics
//
// They are these, each with bitbucket.operation, the method's name:
//
//	bitbucket.client.calls           calls that are over, by status or error
//	bitbucket.client.call.duration   seconds that they took, waits included
//	bitbucket.client.attempts        attempts that were sent, by status or error
//	bitbucket.client.wait.duration   seconds that attempts waited for the throttle
//	bitbucket.client.refusals        attempts that were answered by 429
//
// # What can go wrong
//
// Nothing here fails a call, and nothing is told of calls while no provider is set. A transport that
// makes spans of its own, such as otelhttp, would make a second one of each attempt.
package otelbitbucket

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-9213fc64/bitbucket"
)

// An Option changes what [Trace] tells, or whom.
type Option func(*config)

type config struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// WithTracerProvider sets where spans go. The default is the global provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(c *config) { c.tracers = p }
}

// WithMeterProvider sets where metrics go. The default is the global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(c *config) { c.meters = p }
}

// Trace returns hooks for [bitbucket.WithTrace] that tell OpenTelemetry about every call.
func Trace(opts ...Option) *bitbucket.Trace {
	cfg := config{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	for _, opt := range opts {
		opt(&cfg)
	}
	name := reflect.TypeFor[Option]().PkgPath()
	t := &teller{
		tracer: cfg.tracers.Tracer(name),
		meters: newMeters(cfg.meters.Meter(name)),
	}
	return &bitbucket.Trace{
		CallStart: t.callStart,
		CallDone:  t.callDone,
		WaitStart: t.waitStart,
		WaitDone:  t.waitDone,
		Attempt:   t.attempt,
		Retry:     t.retry,
	}
}

// A teller is the hooks.
type teller struct {
	tracer trace.Tracer
	meters meters
}

func (t *teller) callStart(ctx context.Context, info bitbucket.CallStartInfo) context.Context {
	ctx, _ = t.tracer.Start(ctx, spanName(info.Operation, info.Method),
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(request(info.Operation, info.Pattern, info.Method, info.URL)...))
	return ctx
}

func (t *teller) callDone(ctx context.Context, info bitbucket.CallDoneInfo) {
	span := trace.SpanFromContext(ctx)
	end := outcome(info.StatusCode, info.Err)
	span.SetAttributes(end...)
	if info.Attempts > 1 {
		span.SetAttributes(attribute.Int("http.request.resend_count", info.Attempts-1))
	}
	for _, unread := range info.Unread {
		span.AddEvent("member not read", trace.WithAttributes(attribute.String("bitbucket.member", unread.Member)))
	}
	if info.Err != nil {
		span.SetStatus(codes.Error, info.Err.Error())
	}
	span.End()
	t.meters.call(ctx, info.Duration, append(end, operation(info.Operation)))
}

func (t *teller) waitStart(ctx context.Context, info bitbucket.WaitStartInfo) {
	var until []attribute.KeyValue
	if !info.Until.IsZero() {
		until = append(until, attribute.String("bitbucket.wait.until", info.Until.UTC().Format(time.RFC3339)))
	}
	trace.SpanFromContext(ctx).AddEvent("waiting for the throttle", trace.WithAttributes(until...))
}

func (t *teller) waitDone(ctx context.Context, info bitbucket.WaitDoneInfo) {
	attributes := []attribute.KeyValue{attribute.Float64("bitbucket.wait.duration", info.Waited.Seconds())}
	name := "slot of the throttle"
	if info.Err != nil {
		name = "gave up waiting for the throttle"
		attributes = append(attributes, attribute.String("error.type", errorType(info.Err)))
	}
	trace.SpanFromContext(ctx).AddEvent(name, trace.WithAttributes(attributes...))
	t.meters.wait(ctx, info.Waited, operation(info.Operation))
}

// attempt makes a span of an attempt that is over, from the time that it took.
func (t *teller) attempt(ctx context.Context, info bitbucket.AttemptInfo) {
	now := time.Now()
	end := outcome(info.StatusCode, info.Err)
	attributes := append(request(info.Operation, info.Pattern, info.Method, info.URL), end...)
	if info.Number > 1 {
		attributes = append(attributes, attribute.Int("http.request.resend_count", info.Number-1))
	}
	_, span := t.tracer.Start(ctx, info.Method,
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(now.Add(-info.Duration)),
		trace.WithAttributes(attributes...))
	if info.Err != nil {
		span.SetStatus(codes.Error, info.Err.Error())
	} else if info.StatusCode >= 400 {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(now))
	t.meters.attempt(ctx, info.StatusCode, append(end, operation(info.Operation)))
}

func (t *teller) retry(ctx context.Context, info bitbucket.RetryInfo) {
	attributes := append(outcome(info.StatusCode, info.Err),
		attribute.Int("bitbucket.attempt", info.Number),
		attribute.Float64("bitbucket.retry.delay", info.Delay.Seconds()))
	trace.SpanFromContext(ctx).AddEvent("retry", trace.WithAttributes(attributes...))
}

// spanName is the method of the library, or where there is none that of HTTP.
func spanName(operation, method string) string {
	if operation == "" {
		return method
	}
	return operation
}

func operation(name string) attribute.KeyValue { return attribute.String("bitbucket.operation", name) }

// request are the attributes of what is sent.
func request(name, pattern, method, address string) []attribute.KeyValue {
	attributes := []attribute.KeyValue{
		operation(name),
		attribute.String("http.request.method", method),
		attribute.String("url.full", address),
	}
	if pattern != "" {
		attributes = append(attributes, attribute.String("url.template", pattern))
	}
	if u, err := url.Parse(address); err == nil {
		attributes = append(attributes, attribute.String("server.address", u.Hostname()))
		if port, err := strconv.Atoi(u.Port()); err == nil {
			attributes = append(attributes, attribute.Int("server.port", port))
		}
	}
	return attributes
}

// outcome are the attributes of how it ended.
func outcome(status int, err error) []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if status != 0 {
		attributes = append(attributes, attribute.Int("http.response.status_code", status))
	}
	switch {
	case err != nil:
		attributes = append(attributes, attribute.String("error.type", errorType(err)))
	case status >= 400:
		attributes = append(attributes, attribute.String("error.type", strconv.Itoa(status)))
	}
	return attributes
}

// errorType is a name of an error that is one of few: the status of a refusal, what a context ended
// with, or the type of what went wrong.
func errorType(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline_exceeded"
	case errors.Is(err, bitbucket.ErrMalformedResponse):
		return "malformed_response"
	}
	if e, ok := errors.AsType[*bitbucket.Error](err); ok && e.StatusCode != 0 {
		return strconv.Itoa(e.StatusCode)
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return fmt.Sprintf("%T", err)
}
