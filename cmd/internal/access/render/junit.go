package render

import (
	"encoding/xml"
	"io"
)

type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Failure *junitReason `xml:"failure,omitempty"`
	Error   *junitReason `xml:"error,omitempty"`
	Skipped *junitReason `xml:"skipped,omitempty"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes a suite as build systems read test results: what shuts a gate is a failure, what
// could not be told is an error, what was accepted is skipped.
func JUnit(w io.Writer, s Suite) error {
	suite := junitSuite{Name: Clean(s.Name), Tests: len(s.Cases)}
	for _, c := range s.Cases {
		one := junitCase{Class: Clean(c.Rule), Name: Clean(c.Name)}
		reason := &junitReason{Message: Clean(c.Text), Type: string(c.Level), Text: Clean(c.Help)}
		switch c.Outcome {
		case FailedCase:
			suite.Failures++
			one.Failure = reason
		case Errored:
			suite.Errors++
			one.Error = reason
		case Suppressed:
			suite.Skipped++
			one.Skipped = &junitReason{Message: Clean(c.Reason)}
		}
		suite.Cases = append(suite.Cases, one)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	err := e.Encode(junitSuites{
		Name: suite.Name, Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors,
		Suite: suite,
	})
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	return err
}
