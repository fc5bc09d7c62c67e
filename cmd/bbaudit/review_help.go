package main

// Help explains review.
func (reviewCommand) Help() string {
	return `A review of access, offline and in three steps. Export gives every access of a saved report to a
reviewer, in CSVs that spreadsheets open. The reviewers write their decisions into them. Import
reads the decisions, refuses what was changed beside them, and lists what has to be revoked or
changed, which somebody does. Close looks that up in a later report, and writes a sign-off. No step
makes a call, and none revokes anything.

Environment: none. Scopes: none.

Exit codes: 0 done, 2 wrong call, or could not tell, 3 rows are open, or what was to go is still
there, 4 done, with reports that are incomplete.

Example: bbaudit review export -report acme.json -roster roster.csv -dir q4
`
}

// Help explains review export.
func (reviewExport) Help() string {
	return `Writes a CSV for each reviewer, and manifest.json, which import needs. A row is what one person, app,
group, deploy key or invitation may do, and by what; what is equal on several repositories of a
project is one row, which names up to 100 of them (the manifest names all). With -split manager or
team, whom the roster has no reviewer for is in unassigned.csv: who is not on it or has none there,
who would review themselves, and groups, deploy keys and invitations. With -split project, what
belongs to no project is there. Keep the SHA-256 that it prints: import compares it with
-manifest-sha256.

Reviewers fill in the last four columns: decision (keep, revoke, change:read, change:write,
not-mine), reviewer, date (2026-12-31) and note, which a kept finding needs. Decisions on role,
membership and effective permission are apart: who loses a role may keep a grant.

Environment: none. Scopes: none.

Exit codes: 0 written, 1 failed, 2 wrong call, 4 written of a report that is incomplete.

Example: bbaudit review export -report acme.json -roster roster.csv -split manager -dir q4
`
}

// Help explains review import.
func (reviewImport) Help() string {
	return `Reads what the reviewers decided, as spreadsheets leave it behind: commas, semicolons or tabs, any
order of rows and columns. Whatever else was changed is a problem, which is told with its file and
line. A row without a decision is open, and so is one that is not-mine: whose it is writes a
decision and their name into the same row of the same file. Reviews of oneself, and the same
decision by one reviewer on more than 50 rows, are said; -strict makes them count.

Environment: none. Scopes: none.

Exit codes: 0 every row is decided on, 2 wrong call, or a file, a row or the manifest was changed,
added, doubled or lost, or a decision is not understood, 3 rows are open.

Example: bbaudit review import -dir q4 -tasks revoke.csv
`
}

// Help explains review close.
func (reviewClose) Help() string {
	return `Looks up in a later report whether what was to be revoked or changed is gone, and writes
signoff.json and signoff.html into the folder. A permission is gone when nothing of it is left, by
whatever way; after a change at most what the change left. What the later report did not read is
never gone. A sign-off that says that all is gone is not written over.

Sign signoff.json with a tool of yours, which is not part of this program:

    ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n bbaudit-review q4/signoff.json

Environment: none. Scopes: none.

Exit codes: 0 everything is gone, 2 wrong call, or the later report does not tell, 3 something is
still there, or rows are open, 4 everything is gone, and one of the reports is incomplete. Of
several 2 wins over 3, and 3 over 4.

Example: bbaudit review close -dir q4 -after acme-later.json -by "Ada"
`
}
