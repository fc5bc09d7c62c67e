// Package credentials tells whether a program runs with a credential or as a demo.
package credentials

import "os"

// Names are the variables that any part of a credential for [bitbucket.WithEnv]
// may be in.
func Names() []string {
	return []string{"BITBUCKET_EMAIL", "BITBUCKET_API_TOKEN", "BITBUCKET_ACCESS_TOKEN", "BITBUCKET_CLIENT_ID", "BITBUCKET_CLIENT_SECRET"}
}

// InEnvironment reports whether any part of a credential is there. WithEnv then says
// what is missing of it.
func InEnvironment() bool {
	for _, name := range Names() {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}
