module github.com/seed-9213fc64/bitbucket/cmd/browser

go 1.26.0

replace (
	github.com/seed-9213fc64/bitbucket => ../../
	github.com/seed-9213fc64/bitbucket/cmd => ../
	github.com/seed-9213fc64/bitbucket/throttle/filethrottle => ../../throttle/filethrottle
	github.com/seed-9213fc64/bitbucket/throttle/redisthrottle => ../../throttle/redisthrottle
)

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/seed-9213fc64/bitbucket/cmd v0.2.0
)

require (
	github.com/alecthomas/kong v1.17.0 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/charmbracelet/x/ansi v0.11.9 // indirect
	github.com/clipperhouse/displaywidth v0.11.0 // indirect
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/gofrs/flock v0.13.1 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/lucasb-eyer/go-colorful v1.4.1 // indirect
	github.com/mattn/go-runewidth v0.0.27 // indirect
	github.com/redis/go-redis/v9 v9.23.0 // indirect
	github.com/seed-9213fc64/bitbucket v0.2.0 // indirect
	github.com/seed-9213fc64/bitbucket/throttle/filethrottle v0.2.0 // indirect
	github.com/seed-9213fc64/bitbucket/throttle/redisthrottle v0.2.0 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/term v0.47.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

tool github.com/seed-9213fc64/bitbucket/cmd/bbaudit
