module github.com/seed-9213fc64/bitbucket/conformance

go 1.26.0

replace github.com/seed-9213fc64/bitbucket => ../

require (
	github.com/ctreminiom/go-atlassian/v2 v2.12.0
	github.com/drone/go-scm v1.42.0
	github.com/ktrysmt/go-bitbucket v0.10.0
	github.com/seed-9213fc64/bitbucket v0.2.0
)

require (
	dario.cat/mergo v1.0.2 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	github.com/tidwall/gjson v1.18.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.0 // indirect
	golang.org/x/net v0.55.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
