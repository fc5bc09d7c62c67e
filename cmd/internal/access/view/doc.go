// Package view is what a page shows of a report: a pure function of the report, in the order of the
// page, cut where a page would become too large, and saying what was cut.
package view
