// Package schema holds JSON Schemas of the files that bbaudit writes and reads: reports, accept
// files and policies.
package schema

import "embed"

// Files holds report.v1.json, accept.v1.json and policy.v1.json.
//
//go:embed *.json
var Files embed.FS
