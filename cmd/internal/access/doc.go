// Package access knows who may touch what in workspaces of Bitbucket Cloud.
//
// It goes one way: a [Scope] says what to read, a [Collector] reads it page by page through an
// [API] and folds each page into a compact index, and [Collector.Snapshot] gives the model that all
// else is made of. The packages below it are pure functions over that model: findings judges it,
// report files it, render and htmlreport show it, policy opens or shuts a gate by it, review has it
// decided on. Nothing here opens files or connections but through interfaces.
package access
