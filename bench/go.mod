module github.com/seed-9213fc64/bitbucket/bench

go 1.26.0

require (
	github.com/digitalocean/godo v1.237.0
	github.com/goccy/go-json v0.12.0
	github.com/google/go-github/v84 v84.0.0
	github.com/ktrysmt/go-bitbucket v0.10.0
	github.com/seed-9213fc64/bitbucket v0.2.0
	gitlab.com/gitlab-org/api/client-go/v2 v2.64.0
	golang.org/x/time v0.16.0
)

require (
	github.com/google/go-querystring v1.2.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	golang.org/x/net v0.55.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
)

replace github.com/seed-9213fc64/bitbucket => ../
