package bitbucket_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// The hooks of a call that is refused once: package otelbitbucket makes spans and metrics of them.
func ExampleTrace() {
	srv := bitbuckettest.Demo()
	srv.Fail(bitbuckettest.On("GET", "/2.0/user"), bitbuckettest.BadGateway(), 1)
	trace := &bitbucket.Trace{
		CallStart: func(ctx context.Context, info bitbucket.CallStartInfo) context.Context {
			fmt.Println("call", info.Operation, info.Method, info.Pattern)
			return ctx
		},
		Attempt: func(_ context.Context, info bitbucket.AttemptInfo) {
			fmt.Println("attempt", info.Number, info.StatusCode, info.Err)
		},
		Retry: func(_ context.Context, info bitbucket.RetryInfo) {
			fmt.Println("again, since", info.StatusCode, info.Delay < time.Minute)
		},
		CallDone: func(_ context.Context, info bitbucket.CallDoneInfo) {
			fmt.Println("done", info.StatusCode, "after", info.Attempts, "attempts")
		},
	}
	client := srv.Client("amber-fox", bitbucket.WithTrace(trace))
	if _, err := client.Users.Current(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// call Users.Current GET /2.0/user
	// attempt 1 502 <nil>
	// again, since 502 true
	// attempt 2 200 <nil>
	// done 200 after 2 attempts
}

// The log has an attempt a line, and neither credentials nor query strings.
func ExampleWithLogger() {
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" { // which differ each time
				return slog.Attr{}
			}
			return a
		},
	})
	client := exampleClient(bitbucket.WithLogger(slog.New(handler)))
	if _, err := client.Workspaces.Get(context.Background(), "acme"); err != nil {
		log.Fatal(err)
	}
	// Output:
	// level=DEBUG msg="bitbucket: attempt" operation=Workspaces.Get pattern=/2.0/workspaces/{workspace} method=GET url=https://api.bitbucket.org/2.0/workspaces/acme number=1 status=200
}
