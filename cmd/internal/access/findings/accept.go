package findings

import "slices"

// acceptanceRules are about the accept file itself.
func acceptanceRules() []Rule {
	return []Rule{
		{
			ID: "unused-acceptance", Level: Low, Title: "An acceptance that matches nothing",
			Do: "Take the entry out of the accept file.", RelatesTo: []string{isoControl},
		},
		{
			ID: "acceptance-not-judged", Level: Info, Title: "An acceptance whose place was not read",
			Do: "Read it again before the entry is taken out.", RelatesTo: []string{isoControl},
		},
	}
}

// OfAcceptances makes a finding of entries of an accept file.
func OfAcceptances(rule, workspace string, items []Item) Finding {
	r, _ := Find(rule)
	for i := range items {
		items[i].State = Open
		items[i].ID = stableID(workspace, rule, items[i].Subject, items[i].Place)
	}
	return Finding{
		Rule: r.ID, Level: r.Level, Workspace: workspace, Title: r.Title, Do: r.Do,
		RelatesTo: r.RelatesTo, Items: items,
	}
}

// Sort puts findings in the order of their levels, and what is equal in that of rules and
// workspaces.
func Sort(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int { return b.Level.Rank() - a.Level.Rank() })
}
