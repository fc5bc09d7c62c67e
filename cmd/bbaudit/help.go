package main

import (
	"strconv"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/policy"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/doctor"
)

// exitCodes is what the program says of its exit codes. Each subcommand says which it has.
const exitCodes = "0 all is well (run and diff: complete and below -fail-on; gate: open), " +
	"1 failed without a report, 2 wrong call (gate: could not tell), " +
	"3 findings at or above -fail-on (gate: shut), 4 what was written is incomplete, " +
	"130 interrupted."

const credentials = `Environment: BITBUCKET_EMAIL with BITBUCKET_API_TOKEN, or BITBUCKET_CLIENT_ID with
BITBUCKET_CLIENT_SECRET, or an OAuth token in BITBUCKET_ACCESS_TOKEN; BITBUCKET_BASE_URL and
BITBUCKET_TOKEN_URL for isolated instances; BITBUCKET_WORKSPACE, which Pipelines sets, for
-workspace; NO_COLOR. The credential has to be that of an administrator of the workspace. Access
tokens of repositories, projects and workspaces may not ask for permissions.
`

// Help explains run.
func (runCommand) Help() string {
	return `Reads who may touch what, first what costs a call for each hundred, then what costs a call or two,
then, with -explicit, what costs calls for each repository. It makes at most 100 calls
in any 30 minutes, so a long audit waits, and says so; -resume keeps what was read should it be
killed. Four pages of a list are read at a time; with -resume or -max-calls one by one, so that no
call is spent on a page that is not kept. A list in whose middle a run ended goes on there: who
moved from one page to another meanwhile may be missing, as in a list that is read slowly, so resume
soon, or begin anew with another file.

-format html writes a page for people: one file that needs nothing else, with and without JavaScript,
in light and dark and on paper. -format json is the canonical form, and has all of it.

-without takes these sources: ` + listed(access.Optional()) + `.

-roster: somebody whose status is neither empty nor "active" should not be there any more. -accept: bbaudit
accept writes such a file. -throttle published counts each group of endpoints by the limits that
Bitbucket publishes, in this process alone.

` + credentials + `
Scopes: read:user:bitbucket, read:workspace:bitbucket, read:project:bitbucket,
read:repository:bitbucket, read:pipeline:bitbucket. An OAuth consumer: account, repository,
pipeline; with -explicit also repository:admin and project:admin.

Exit codes: 0 complete and below -fail-on, 1 failed without a report, 2 wrong call, 3 findings at or
above -fail-on, 4 the report is incomplete, 130 interrupted: there may be a report of what was read.

Example: bbaudit run -workspace acme -explicit -accept accepted.yaml -resume acme.checkpoint
-format json -out acme.json
`
}

// Help explains plan.
func (planCommand) Help() string {
	return `Says how many calls an audit with the same flags takes, and how long. It asks for one item of each
long list, and first says how many calls that takes.

` + credentials + `
Scopes: those of run.

Exit codes: 0 said, 1 failed, 2 wrong call, 4 the size of a list could not be read,
130 interrupted.

Example: bbaudit plan -workspace acme -workspace umbrella -explicit
`
}

// Help explains gate.
func (gateCommand) Help() string {
	return `Opens when every check that the policy asks for could be made and passed. A check that cannot be
made keeps it shut with exit code 2, unless the policy lists it under unknown, and nobody can
know; a refused, short, empty or malformed answer is never let pass. With -report it judges a
saved report, so that a build needs no administrator's credential.

` + credentials + `BITBUCKET_REPO_SLUG, which Pipelines sets, is the default of -repo.

Scopes: read:workspace:bitbucket and read:repository:bitbucket; read:pipeline:bitbucket when
variables are checked. An OAuth consumer: account, repository; repository:admin when direct grants
are checked, and pipeline when variables are.

The policy is YAML; of the rules that match a repository the last one decides, and what it leaves
out is as in the defaults. A user is named by UUID or account ID:

` + indented(examplePolicy) + `

The rule of an exception, and a key of unknown, is a check: ` + listed(policy.Names()) + `.
The value of an exception is what is let pass: how many for admins.most and admins.least, and else
the UUID or account ID of somebody, or the UUID of a variable, as the verdict names it.

Exit codes: 0 open, 3 shut, 2 could not tell, 130 interrupted. Call the installed program: go run
turns 2 and 3 into 1.

Example: bbaudit gate -policy .bitbucket/access.yaml -report acme.json -max-age 24h
`
}

// Help explains init.
func (initCommand) Help() string {
	return `Writes recommended rules for a workspace. What breaks them today becomes an exception that ends in
90 days, with a reason that has to be rewritten before a gate reads it.

` + credentials + `
Scopes: read:workspace:bitbucket and read:repository:bitbucket. An OAuth consumer: account,
repository.

Exit codes: 0 written, 1 failed, 2 wrong call, 130 interrupted.

Example: bbaudit init -report acme.json -out .bitbucket/access.yaml
`
}

// Help explains accept.
func (acceptCommand) Help() string {
	return `Writes entries of an accept file for the open cases of a rule in a saved report. It makes no call.
run -accept reads the file.

The rules: ` + listed(findings.IDs()) + `.

Environment: none. Scopes: none.

Exit codes: 0 written, 1 failed, 2 wrong call.

Example: bbaudit accept acme.json -rule outsider -until 2026-12-31 -reason "audit of the books"
-by "Ada" -append accepted.yaml
`
}

// Help explains diff.
func (diffCommand) Help() string {
	return `Says what changed from one saved report to a later one of the same workspace: findings that are new
or gone, who gained or lost what and by what, and what came, went or changed. It makes no call.

What one of the two reports did not read is not known: it is never said to be lost, gone or new, and
the exit code is 4. Compare reports of runs with the same flags. A finding that was accepted and
counts again, or has a higher level now, is as good as new to -fail-on.

Environment: NO_COLOR. Scopes: none.

Exit codes: 0 nothing new at or above -fail-on, 1 failed, 2 wrong call, 3 something new at or above
-fail-on, 4 something is not known.

Example: bbaudit diff last-week.json today.json -format markdown -fail-on new:high
`
}

// Help explains explain.
func (explainCommand) Help() string {
	return `Says by which ways somebody has a permission, as far as a saved report knows: by the role, a group
that administers the workspace, a grant on the project or the repository, in person or by a group;
and what would have to go for the permission to vanish. It makes no call. Grants are in reports of
runs with -explicit; what was not read is said, and the exit code is 4 then.

Environment: NO_COLOR. Scopes: none.

Exit codes: 0 all of it is known, 1 failed, 2 wrong call, 4 something was not read.

Example: bbaudit explain acme.json ada@example.com api
`
}

// Help explains doctor.
func (doctorCommand) Help() string {
	return `Tries each operation of the library that reads, once: which ones the credential may call, which
scope or which kind of credential the others want, and what Bitbucket has removed. It says what kind
of credential it is, what Bitbucket tells of its limits, and how answers differ from what the
library knows: by the names of members, never by what they hold. It first says how many calls that
takes, and never makes more: ` + strconv.Itoa(doctor.Calls) + `, repetitions included, or what -max-calls says. What is left
out for that is named; with -max-calls 60 nothing is. An operation that needs an identifier
takes it out of a list that was read before, and stays untried where the list is empty or refused.

Environment: BITBUCKET_EMAIL with BITBUCKET_API_TOKEN, or BITBUCKET_CLIENT_ID with
BITBUCKET_CLIENT_SECRET, or a token of OAuth, a repository, a project or a workspace in
BITBUCKET_ACCESS_TOKEN; BITBUCKET_BASE_URL and BITBUCKET_TOKEN_URL for isolated instances;
BITBUCKET_WORKSPACE for -workspace.

Scopes: none are needed to find out which ones there are.

Exit codes: 0 everything that was tried is allowed, and nothing is missing in its answers,
1 no call was answered, 2 wrong call, 3 something is refused or gone, or the library no longer
finds something in an answer, 4 something got no usable answer, or it was stopped early,
130 interrupted. A member that the library does not know is said and changes no exit code.

Example: bbaudit doctor -workspace acme -json
`
}

// examplePolicy has every key that a policy may have.
const examplePolicy = `version: 1
defaults:
  admins: {most: 5, least: 2}
  outsiders: none             # or any
  two_step: admins            # or everybody, any
  stale_days: 90              # of admins
repositories:
  - match: ["pay-*", ledger]
    admins:
      allow:                  # without it anybody may be admin; [] is nobody
        - user: "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}"
          note: Ada
        - group: payments-leads
    direct_grants: none       # or any
    unsecured_variables: none # whose names look secret; or any
exceptions:
  - rule: admins.most
    place: ledger
    value: 8
    until: 2026-12-31
    reason: the ledger moves to another team
    by: Ada
unknown:
  two_step: pass-and-say      # where nobody can know
`

// listed names all of something; help breaks the line where it has to.
func listed(names []string) string { return strings.Join(names, ", ") }

// indented makes text stand as it is in help.
func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ")
}
