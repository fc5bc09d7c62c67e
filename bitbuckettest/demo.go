package bitbuckettest

import (
	"bytes"
	_ "embed"
)

//go:embed demo.json
var demo []byte

// Demo makes a server with two workspaces. Acme, "acme", has 66 people, one app user, 126
// repositories in 6 projects, 10 groups, and permissions given to users and groups, on
// repositories and on projects. Acme Labs, "acme-labs", is a small one that is run from
// admin.atlassian.com: its memberships have no times, its groups have UUIDs for slugs, and the
// 1.0 API refuses it. The demo is the same every time; it is the file demo.json, in the form that
// [Load] reads. Nobody in it is real, and all addresses are at example.com. What an audit should
// notice:
//
//   - amber-fox and birch-fox own the workspace; amber-fox is the administrator of
//     [Server.Admin] and has a personal workspace besides
//   - cedar-fox has an unknown (null) has_2fa_enabled, and some others have none enabled
//   - dale-fox has a private profile
//   - elm-fox has an account ID of 24 hexadecimal digits
//   - fern-fox left the administrators and is in no group, but is still admin on three repositories
//   - web-shop has eight admins
//   - gale-storm is no longer a member of the workspace and still may write to two repositories
//   - holly-fox is inactive, and a member still
//   - iris-fox has two e-mail addresses, one of them unconfirmed
//   - juniper-fox reaches plat-api in three ways: read by herself, write by her team, admin by
//     a group
//   - release-robot is an app user that writes to one repository of every project
//   - two people who are not there yet are invited, and ops-deploy has a deploy key that is older
//     than whoever added it
//   - some members may do nothing at all
//
// What there is to read besides: amber-fox has two pipeline variables, two SSH keys, a GPG key with a
// subkey, and the property settings of demo-app. Acme has 13 pipeline variables, plat-api two, and
// one for its environment Production; of each, one is secured. Deploy keys are on plat-api,
// ops-deploy and the project OPS; plat-api and the repositories of each project's deployment have
// branch restrictions.
func Demo(opts ...Option) *Server {
	s, err := Load(bytes.NewReader(demo), opts...)
	if err != nil {
		panic(err) // the file is part of the package, and a test loads it
	}
	return s
}
