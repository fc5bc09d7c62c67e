package bitbucket_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// A person signs in with a browser (authorization code with PKCE), and the program keeps what it
// needs to go on after a restart. Bitbucket gives out a new refresh token at each use of the old
// one, so what is stored has to be the newest: SavingTokenSource sees each before it is used.
func ExampleSavingTokenSource() {
	srv := bitbuckettest.Demo() // stands for Bitbucket, and for the browser of amber-fox
	consumer := srv.AddConsumer(bitbuckettest.Consumer{
		Workspace: "acme", CallbackURL: "http://localhost:8080/callback",
		Scopes: []string{"account"},
	})
	config := oauth2.Config{
		ClientID: consumer.ID, ClientSecret: consumer.Secret, RedirectURL: consumer.CallbackURL,
		Endpoint: oauth2.Endpoint{ // golang.org/x/oauth2/bitbucket has it, too
			AuthURL:  "https://bitbucket.org/site/oauth2/authorize",
			TokenURL: "https://bitbucket.org/site/oauth2/access_token",
		},
	}
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: srv})

	verifier := oauth2.GenerateVerifier()
	signIn := config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier))
	token, err := config.Exchange(ctx, codeFrom(srv, signIn), oauth2.VerifierOption(verifier))
	if err != nil {
		log.Fatal(err)
	}

	stored := *token // a file of mode 0600, or a key ring
	for range 2 {    // each time the program is started
		last := &oauth2.Token{RefreshToken: stored.RefreshToken}
		source := bitbucket.SavingTokenSource(config.TokenSource(ctx, last),
			func(t *oauth2.Token) error {
				fmt.Println("a new refresh token:", t.RefreshToken != stored.RefreshToken)
				stored = *t
				return nil
			})
		client, err := bitbucket.NewClient(
			bitbucket.WithTokenSource(source), bitbucket.WithTransport(srv))
		if err != nil {
			log.Fatal(err)
		}
		me, err := client.Users.Current(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(me.DisplayName)
	}
	// Output:
	// a new refresh token: true
	// Amber Fox
	// a new refresh token: true
	// Amber Fox
}

// codeFrom opens the page in the browser, and takes the code from where it leads in the end.
func codeFrom(browser http.RoundTripper, page string) string {
	req, err := http.NewRequest(http.MethodGet, page, nil)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := browser.RoundTrip(req)
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		log.Fatal(err)
	}
	return back.Query().Get("code")
}

// A consumer acts for itself, as an app user. It must be marked as private.
func ExampleWithClientCredentials() {
	srv := bitbuckettest.Demo()
	consumer := srv.AddConsumer(bitbuckettest.Consumer{
		Name: "audit", Workspace: "acme", Scopes: []string{"account"},
	})
	client, err := bitbucket.NewClient(
		bitbucket.WithClientCredentials(consumer.ID, consumer.Secret), bitbucket.WithTransport(srv))
	if err != nil {
		log.Fatal(err)
	}
	me, err := client.Users.Current(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(me.Type, me.DisplayName)
	fmt.Println(client) // shows no secret
	// Output:
	// app_user audit
	// bitbucket.Client(https://api.bitbucket.org, OAuth consumer)
}
