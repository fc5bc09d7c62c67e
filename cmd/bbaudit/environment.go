package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
)

// An environment is the variables of the process, as KEY=value.
type environment []string

// get returns a variable; the last one counts, and one that is not there is empty.
func (e environment) get(name string) string {
	for _, variable := range slices.Backward(e) {
		if key, value, ok := strings.Cut(variable, "="); ok && key == name {
			return value
		}
	}
	return ""
}

// untouched reports whether no variable is there that could mean Bitbucket.
func (e environment) untouched() bool {
	for _, variable := range e {
		if strings.HasPrefix(variable, "BITBUCKET_") {
			return false
		}
	}
	return true
}

// A credential is the one in the environment.
type credential struct {
	kind    string
	options []bitbucket.Option
	account string // names whose calls are counted, without giving it away
}

// credential reads the credential, which has to be whole and the only one.
func (e environment) credential() (credential, error) {
	var found []credential
	email, token, err := e.pair("BITBUCKET_EMAIL", "BITBUCKET_API_TOKEN")
	if err != nil {
		return credential{}, err
	}
	id, secret, err := e.pair("BITBUCKET_CLIENT_ID", "BITBUCKET_CLIENT_SECRET")
	if err != nil {
		return credential{}, err
	}
	if token != "" {
		found = append(found, e.named("API token", email, bitbucket.WithAPIToken(email, token)))
	}
	if secret != "" {
		found = append(found, e.named("OAuth consumer", id, bitbucket.WithClientCredentials(id, secret)))
	}
	if bearer := e.get("BITBUCKET_ACCESS_TOKEN"); bearer != "" {
		found = append(found, e.named("access token", bearer, bitbucket.WithAccessToken(bearer)))
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return credential{}, usagef(
			"there is no credential: set BITBUCKET_EMAIL and BITBUCKET_API_TOKEN, " +
				"or BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET, or BITBUCKET_ACCESS_TOKEN",
		)
	}
	return credential{}, usagef(
		"there are %d credentials, of the kinds %s and %s: leave one",
		len(found),
		found[0].kind,
		found[1].kind,
	)
}

// secrets are those of the credentials, for what must not show them.
func (e environment) secrets() (all []string) {
	for _, name := range []string{
		"BITBUCKET_API_TOKEN", "BITBUCKET_CLIENT_SECRET", "BITBUCKET_ACCESS_TOKEN",
	} {
		if secret := e.get(name); secret != "" {
			all = append(all, secret)
		}
	}
	return all
}

// named makes a credential with the addresses of its servers. All API tokens of a user share one
// budget at Bitbucket, so the address counts and not the token.
func (e environment) named(kind, account string, option bitbucket.Option) credential {
	c := credential{kind: kind, options: []bitbucket.Option{option}}
	base := e.get("BITBUCKET_BASE_URL")
	if base != "" {
		c.options = append(c.options, bitbucket.WithBaseURL(base))
	}
	if url := e.get("BITBUCKET_TOKEN_URL"); url != "" {
		c.options = append(c.options, bitbucket.WithTokenURL(url))
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", base, kind, account))
	c.account = fmt.Sprintf("%x", sum[:8])
	return c
}

// pair reads two variables that make sense only together.
func (e environment) pair(first, second string) (string, string, error) {
	a, b := e.get(first), e.get(second)
	switch {
	case a == "" && b != "":
		return "", "", usagef("%s is set but %s is not: set both", second, first)
	case a != "" && b == "":
		return "", "", usagef("%s is set but %s is not: set both", first, second)
	}
	return a, b, nil
}
