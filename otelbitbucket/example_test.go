package otelbitbucket_test

import (
	"context"
	"fmt"
	"log"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
	"github.com/seed-9213fc64/bitbucket/otelbitbucket"
)

// A program gives its own provider, or sets the global one. Here the spans stay in memory.
func Example() {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))

	srv := bitbuckettest.Demo()
	admin := srv.Admin()
	client, err := bitbucket.NewClient(
		bitbucket.WithTransport(srv),
		bitbucket.WithAPIToken(admin.Email, admin.APIToken),
		bitbucket.WithTrace(otelbitbucket.Trace(otelbitbucket.WithTracerProvider(provider))),
	)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Workspaces.Get(context.Background(), admin.Workspace); err != nil {
		log.Fatal(err)
	}
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name)
	}
	// Output:
	// GET
	// Workspaces.Get
}
