package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
)

// write prints people in a format.
func write(w io.Writer, format string, people []*person) error {
	out := bufio.NewWriter(w)
	var err error
	switch format {
	case "csv":
		err = writeCSV(out, people)
	case "json":
		err = writeJSON(out, people)
	default:
		err = writeTable(out, people)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

func writeTable(w io.Writer, people []*person) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tUSERNAME\tTYPE\tSTATUS\tUUID\tACCOUNT ID\tAPI\tBODIES")
	for _, p := range people {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", orDash(p.Name), orDash(p.Username), orDash(p.Type), orDash(p.Status),
			orDash(p.UUID), orDash(p.AccountID), p.apis(), p.Bodies)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d in all\n", len(people))
	return err
}

func writeCSV(w io.Writer, people []*person) error {
	rows := [][]string{{"name", "username", "type", "status", "uuid", "account_id", "created_on", "api", "bodies"}}
	for _, p := range people {
		row := []string{p.Name.value, p.Username.value, p.Type.value, p.Status.value, p.UUID.value, p.AccountID.value, p.CreatedOn.value, p.apis()}
		for i := range row {
			row[i] = guard(row[i])
		}
		rows = append(rows, append(row, strconv.Itoa(p.Bodies)))
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// personDoc is a person in JSON.
type personDoc struct {
	Name      string   `json:"name"`
	Username  string   `json:"username,omitzero"`
	Type      string   `json:"type,omitzero"`
	Status    string   `json:"status,omitzero"`
	UUID      string   `json:"uuid,omitzero"`
	AccountID string   `json:"account_id,omitzero"`
	CreatedOn string   `json:"created_on,omitzero"`
	APIs      []string `json:"apis"`
	Bodies    int      `json:"bodies"`
}

func writeJSON(w io.Writer, people []*person) error {
	docs := make([]personDoc, len(people))
	for i, p := range people {
		docs[i] = personDoc{
			Name: p.Name.value, Username: p.Username.value, Type: p.Type.value, Status: p.Status.value, UUID: p.UUID.value,
			AccountID: p.AccountID.value, CreatedOn: p.CreatedOn.value, APIs: strings.Fields(p.apis()), Bodies: p.Bodies,
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(docs)
}

// apis names the versions that told of a person.
func (p *person) apis() string {
	var names []string
	for version, told := range p.Versions {
		if told {
			names = append(names, fmt.Sprintf("%d.0", version))
		}
	}
	return strings.Join(names, " ")
}

// orDash is a cell of the table.
func orDash(f fact) string {
	if f.value == "" {
		return "-"
	}
	return clean(f.value)
}

// clean writes what is no printable text as escapes, so that it does no harm to a
// terminal.
func clean(text string) string {
	var out strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\ufffd") {
		switch {
		case strconv.IsPrint(r):
			out.WriteRune(r)
		case unicode.Is(unicode.Zs, r): // a space that is not the usual one
			out.WriteByte(' ')
		default:
			out.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return out.String()
}

// guard keeps a spreadsheet from taking a cell for a formula.
func guard(cell string) string {
	if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
		return "'" + cell
	}
	return cell
}
