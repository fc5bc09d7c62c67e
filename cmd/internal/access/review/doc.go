// Package review makes an access review of a report: who decides on each access, what was decided,
// and whether what was to go is gone.
//
// It has three steps. [Export] folds the model into rows, each of which is somebody's access, and
// gives every row to one reviewer's CSV; a [Manifest] says what was given to whom. [Read] takes the
// CSVs back, as spreadsheets leave them behind, finds everything that was changed beside the
// decisions, and gives a [Review]. [Review.Close] looks each decision up in a later report, and
// gives a [SignOff].
//
// All of it are pure functions: who calls them reads and writes the files.
package review
