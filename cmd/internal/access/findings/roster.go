package findings

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A Roster is who should be there, by address in lower case. nil is no roster.
type Roster map[string]RosterEntry

// A RosterEntry is a line of a roster.
type RosterEntry struct {
	Email, Name, Manager, Team, Status string
}

// ReadRoster reads a CSV with a header that names at least email, and may name name, manager, team
// and status. Spreadsheets' semicolons and byte order marks are taken.
func ReadRoster(r io.Reader) (Roster, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	in := csv.NewReader(strings.NewReader(text))
	if head, _, _ := strings.Cut(text, "\n"); strings.Count(head, ";") > strings.Count(head, ",") {
		in.Comma = ';'
	}
	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty")
	}
	if err != nil {
		return nil, err
	}
	for i, name := range head {
		head[i] = strings.ToLower(strings.TrimSpace(name))
	}
	if !slices.Contains(head, "email") {
		return nil, fmt.Errorf("line 1: it has no column email but %s", strings.Join(head, ", "))
	}
	return readRoster(in, head)
}

func readRoster(in *csv.Reader, head []string) (Roster, error) {
	roster := Roster{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := in.FieldPos(0)
		e := RosterEntry{
			Email: strings.ToLower(cell(head, row, "email")), Name: cell(head, row, "name"),
			Manager: cell(
				head,
				row,
				"manager",
			), Team: cell(head, row, "team"), Status: cell(head, row, "status"),
		}
		if !strings.Contains(e.Email, "@") || strings.ContainsAny(e.Email, " \t\"") {
			return nil, fmt.Errorf("line %d: %q is no address", line, e.Email)
		}
		if _, twice := roster[e.Email]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", line, e.Email)
		}
		roster[e.Email] = e
	}
	if len(roster) == 0 {
		return nil, errors.New("it has nobody on it")
	}
	return roster, nil
}

func cell(head, row []string, name string) string {
	i := slices.Index(head, name)
	if i < 0 {
		return ""
	}
	return strings.TrimSpace(row[i])
}

// Addresses lists the addresses in their order.
func (r Roster) Addresses() []string {
	var all []string
	for address := range r {
		all = append(all, address)
	}
	slices.Sort(all)
	return all
}

// notOnRoster lists the members whom no address of the roster belongs to. They need not have left:
// the roster may know them by another address.
func notOnRoster(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		_, listed := x.roster[strings.ToLower(p.Email)]
		return summary(p), p.Role != "" && isPerson(p) && !listed
	})
}

// inactiveOnRoster lists the members who are on the roster with a status that is not active.
func inactiveOnRoster(x *inspection) []Item {
	return x.each(func(p *access.Person) (string, bool) {
		e, listed := x.roster[strings.ToLower(p.Email)]
		active := e.Status == "" || strings.EqualFold(e.Status, "active")
		return "the roster says " + e.Status + "; " + summary(p), p.Role != "" && listed && !active
	})
}
