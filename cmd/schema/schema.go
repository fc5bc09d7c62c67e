// Package schema holds JSON Schemas of the files that bbaudit writes and reads: reports of run and
// of doctor, what changed between two of run, accept files, policies, and the manifest, the result and
// the sign-off of a review.
package schema

import "embed"

// Files holds report.v1.json, diff.v1.json, accept.v1.json, policy.v1.json and doctor.v1.json, and of a
// review review-manifest.v1.json, review-result.v1.json and review-signoff.v1.json.
//
//go:embed *.json
var Files embed.FS
