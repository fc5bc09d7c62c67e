package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/throttle/filethrottle"
	"github.com/seed-9213fc64/bitbucket/throttle/redisthrottle"
)

// A budget is where the calls of an account are counted: the value of the flag -throttle. The zero
// budget is the default.
type budget struct {
	none      bool
	published bool
	file      string
	at        *redis.Options
	key       string // in Redis
}

// parseBudget reads file:PATH, redis://HOST/KEY, published or none. Its errors do not repeat the
// text, which may hold a password.
func parseBudget(text string) (budget, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	switch {
	case text == "":
		return budget{}, nil
	case text == "none":
		return budget{none: true}, nil
	case text == "published":
		return budget{published: true}, nil
	case scheme == "file" && rest != "":
		return budget{file: rest}, nil
	case scheme == "redis" || scheme == "rediss":
		return parseRedis(text)
	}
	return budget{}, usagef("-throttle: it is file:PATH, redis://HOST/KEY, published or none")
}

// parseRedis reads where the Redis server is, and the key.
func parseRedis(text string) (budget, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") == "" {
		return budget{}, usagef(
			"-throttle: it looks like redis://HOST/KEY or redis://HOST:PORT/KEY, or rediss:// for TLS",
		)
	}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	at := &redis.Options{
		Addr: net.JoinHostPort(u.Hostname(), port), Username: u.User.Username(),
		MaxRetries: -1, DialerRetries: 1, // when Redis is away, say so at once
	}
	at.Password, _ = u.User.Password()
	if u.Scheme == "rediss" {
		at.TLSConfig = &tls.Config{ServerName: u.Hostname()}
	}
	return budget{at: at, key: strings.TrimPrefix(u.Path, "/")}, nil
}

// open returns the throttle of a budget that is not the default, and what to call in the end.
func (b budget) open(
	ctx context.Context,
	calls int,
	per time.Duration,
) (throttle.Throttle, func(), error) {
	nothing := func() {}
	switch {
	case b.none:
		return throttle.Unlimited, nothing, nil
	case b.published:
		return smooth(throttle.PublishedLimits()), nothing, nil
	case b.at != nil:
		return b.openRedis(ctx, calls, per)
	}
	t, err := filethrottle.Open(b.file, calls, per)
	if err != nil {
		return nil, nil, err
	}
	return smooth(t), nothing, nil
}

func (b budget) openRedis(
	ctx context.Context,
	calls int,
	per time.Duration,
) (throttle.Throttle, func(), error) {
	logging.Disable() // what it would write to the standard error comes back as an error too
	client := redis.NewClient(b.at)
	end := func() { _ = client.Close() }
	t, err := redisthrottle.New(client, b.key, calls, per)
	if err == nil {
		_, err = t.Inspect(ctx) // New asks nothing yet
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return smooth(t), end, nil
}

// isDefault reports whether the flag was left out.
func (b budget) isDefault() bool { return b == budget{} }

// orCached returns the budget in the user's cache folder in place of the default, so that one run
// knows what the one before has spent.
func (b budget) orCached(account string, env environment) (budget, error) {
	if !b.isDefault() {
		return b, nil
	}
	dir, err := cacheDir(env)
	if err != nil {
		return b, usagef("there is no cache folder to count calls in (%v): say -throttle file:PATH", err)
	}
	return budget{file: filepath.Join(dir, "bitbucket", "budget-"+account)}, nil
}

// cacheDir is the user's cache folder by the program's environment.
func cacheDir(env environment) (string, error) {
	for _, name := range []string{"XDG_CACHE_HOME", "LocalAppData"} {
		if dir := env.get(name); filepath.IsAbs(dir) {
			return dir, nil
		}
	}
	return os.UserCacheDir()
}

// describe names the kind of a budget, without what may be secret in it.
func (b budget) describe() string {
	switch {
	case b.none:
		return "none"
	case b.published:
		return "published"
	case b.at != nil:
		return "redis"
	}
	return "file"
}
