package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/findings"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/report"
)

// What of SARIF 2.1.0 is written.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool     `json:"tool"`
	Language    string        `json:"language"`
	Newlines    []string      `json:"newlineSequences"`
	ColumnKind  string        `json:"columnKind"`
	Results     []sarifResult `json:"results"`
	Automation  sarifID       `json:"automationDetails"`
	Invocations []sarifCalled `json:"invocations"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name     string      `json:"name"`
	Version  string      `json:"version,omitzero"`
	Language string      `json:"language"`
	Rules    []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID         string       `json:"id"`
	Short      sarifText    `json:"shortDescription"`
	Help       sarifText    `json:"help"`
	Default    sarifDefault `json:"defaultConfiguration"`
	Properties sarifProps   `json:"properties"`
}

type sarifDefault struct {
	Level string `json:"level"`
}

type sarifProps struct {
	Tags     []string `json:"tags"`
	Severity string   `json:"security-severity"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifID struct {
	ID string `json:"id"`
}

type sarifCalled struct {
	Successful bool `json:"executionSuccessful"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Kind         string             `json:"kind,omitzero"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions []sarifSuppression `json:"suppressions,omitzero"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

// language is that of all texts.
const language = "en-US"

// RepositoryPath checks that a file can be named in SARIF: relative to the repository, which is
// what code hosts show results at.
func RepositoryPath(name string) (string, error) {
	clean := path.Clean(strings.ReplaceAll(name, `\`, "/"))
	if name == "" || path.IsAbs(clean) || clean == "." || clean == ".." ||
		strings.HasPrefix(clean, "../") ||
		strings.Contains(clean, ":") {
		return "", fmt.Errorf(
			"%q is not relative to the repository; give a path such as .bitbucket/access.yaml",
			name,
		)
	}
	return clean, nil
}

// SARIF writes a suite as code hosts read findings. Every result lies at a line of one file of the
// repository, and carries a fingerprint of rule and subject: without these they refuse it.
func SARIF(w io.Writer, s Suite, tool report.Tool, uri string) error {
	run := sarifRun{
		Tool: sarifTool{
			sarifDriver{Name: tool.Name, Version: tool.Version, Language: language, Rules: []sarifRule{}},
		},
		Language: language, Newlines: []string{"\r\n", "\n"}, ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
		Automation: sarifID{Clean(s.Name) + "/"}, Invocations: []sarifCalled{{true}},
	}
	seen := map[string]bool{}
	for _, c := range s.Cases {
		if c.Outcome == Passed {
			continue
		}
		if c.Outcome == Errored {
			run.Invocations[0].Successful = false
		}
		result := run.result(c, uri)
		if print := result.Fingerprints["bbaudit/v1"]; !seen[print] {
			seen[print] = true
			run.Results = append(run.Results, result)
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func (run *sarifRun) result(c Case, uri string) sarifResult {
	sum := sha256.Sum256([]byte(c.Fingerprint))
	r := sarifResult{
		RuleID: c.Rule, RuleIndex: run.rule(c), Level: sarifLevel(c.Level),
		Message: sarifText{Clean(c.Text)},
		Locations: []sarifLocation{{sarifPhysical{
			sarifArtifact{URI: escapePath(uri), URIBaseID: "%SRCROOT%"}, sarifRegion{max(1, c.Line)},
		}}},
		Fingerprints: map[string]string{"bbaudit/v1": hex.EncodeToString(sum[:16])},
	}
	if c.Outcome == Suppressed {
		r.Suppressions = []sarifSuppression{{"external", Clean(c.Reason)}}
	}
	return r
}

// rule finds or adds the rule of a case.
func (run *sarifRun) rule(c Case) int {
	rules := &run.Tool.Driver.Rules
	i := slices.IndexFunc(*rules, func(r sarifRule) bool { return r.ID == c.Rule })
	if i >= 0 {
		return i
	}
	*rules = append(*rules, sarifRule{
		ID: c.Rule, Short: sarifText{c.Title}, Help: sarifText{c.Help},
		Default:    sarifDefault{sarifLevel(c.Level)},
		Properties: sarifProps{Tags: []string{"security"}, Severity: severity(c.Level)},
	})
	return len(*rules) - 1
}

func sarifLevel(l findings.Level) string {
	switch l {
	case findings.High:
		return "error"
	case findings.Medium:
		return "warning"
	}
	return "note"
}

// severity is the number that code hosts make their own levels of.
func severity(l findings.Level) string {
	return map[findings.Level]string{
		findings.High: "8.0", findings.Medium: "5.0", findings.Low: "2.0", findings.Info: "0.0",
	}[l]
}

// escapePath writes a path as the URI reference that SARIF wants.
func escapePath(name string) string {
	var out strings.Builder
	for i := range len(name) {
		c := name[i]
		if c > ' ' && c < 0x7f && !strings.ContainsRune("\"%<>?#[]\\^`{|}", rune(c)) {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
