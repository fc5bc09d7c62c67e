module github.com/seed-9213fc64/bitbucket/bench

go 1.26.0

require (
	github.com/ktrysmt/go-bitbucket v0.10.0
	github.com/seed-9213fc64/bitbucket v0.2.0
)

require (
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	golang.org/x/net v0.55.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/seed-9213fc64/bitbucket => ../
