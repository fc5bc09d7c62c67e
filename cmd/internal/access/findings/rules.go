package findings

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A Rule is one thing to look for.
type Rule struct {
	ID        string
	Level     Level
	Title     string
	Do        string
	RelatesTo []string
	Needs     []string // sources without which the rule is not judged

	find func(*inspection) []Item
}

// Controls that others' rules ask about. That a rule relates to one says nothing about fulfilling
// it.
const (
	cisInactive   = "CIS Software Supply Chain Security 1.0: 1.3.1"
	cisFewAdmins  = "CIS Software Supply Chain Security 1.0: 1.3.3"
	cisTwoStep    = "CIS Software Supply Chain Security 1.0: 1.3.5"
	cisTwoAdmins  = "CIS Software Supply Chain Security 1.0: 1.3.7"
	cisStrictBase = "CIS Software Supply Chain Security 1.0: 1.3.8"
	socAccess     = "SOC 2: CC6.1"
	socJoinLeave  = "SOC 2: CC6.2"
	socRoles      = "SOC 2: CC6.3"
	isoControl    = "ISO/IEC 27001:2022: A.5.15"
	isoRights     = "ISO/IEC 27001:2022: A.5.18"
	isoPrivileged = "ISO/IEC 27001:2022: A.8.2"
)

// Rules lists all rules, the urgent ones first.
func Rules() []Rule {
	return slices.Concat(highRules(), mediumRules(), lowRules(), infoRules())
}

func highRules() []Rule {
	return []Rule{
		{
			ID: "outsider", Level: High, Title: "Access without membership in the workspace",
			Do:        "Remove the grant, or make the person a member whose access is reviewed.",
			RelatesTo: []string{socJoinLeave, isoRights}, Needs: []string{access.Members}, find: outsiders,
		},
		{
			ID: "unknown-permission", Level: High, Title: "A permission that this program does not know",
			Do:        "Find out what it allows; until then take it for more than admin.",
			RelatesTo: []string{socRoles, isoControl}, find: unknownPermissions,
		},
		{
			ID: "above-effective", Level: High, Title: "Granted more than is effective",
			Do:        "Read both lists again; when they still differ, remove the grant and tell Bitbucket's support.",
			RelatesTo: []string{socRoles, isoRights}, find: aboveEffective,
		},
		{
			ID: "admin-without-two-step", Level: High, Title: "Owner or admin without two-step verification",
			Do: "Have it turned on, or take the admin permission away.",
			RelatesTo: []string{
				cisTwoStep,
				socAccess,
				isoPrivileged,
			}, Needs: []string{access.Members}, find: adminsWithoutTwoStep,
		},
		{
			ID: "unsecured-secret", Level: High, Title: "An unsecured variable whose name looks secret",
			Do:        "Secure the variable, and change the secret: everybody who may read the settings has seen it.",
			RelatesTo: []string{socAccess, isoControl}, find: unsecuredSecrets,
		},
		{
			ID: "roster-status", Level: High, Title: "The roster says that somebody is not active",
			Do: "Ask the manager on the roster, and remove the member when it is so.",
			RelatesTo: []string{
				socJoinLeave,
				isoRights,
			}, Needs: []string{access.RosterMembers}, find: inactiveOnRoster,
		},
	}
}

func mediumRules() []Rule {
	return []Rule{
		{
			ID: "without-two-step", Level: Medium, Title: "Member without two-step verification",
			Do: "Have it turned on, or require it for the workspace.",
			RelatesTo: []string{
				cisTwoStep,
				socAccess,
			}, Needs: []string{access.Members}, find: membersWithoutTwoStep,
		},
		{
			ID: "inactive-account", Level: Medium, Title: "An account that is not active still has access",
			Do:        "Remove the account from the workspace.",
			RelatesTo: []string{cisInactive, socJoinLeave, isoRights}, find: inactiveAccounts,
		},
		{
			ID: "stale-admin", Level: Medium, Title: "Owner or admin who has not been seen for long",
			Do: "Take the admin permission away; it is given back when it is needed.",
			RelatesTo: []string{
				cisInactive,
				socRoles,
				isoPrivileged,
			}, Needs: []string{access.Members}, find: staleAdmins,
		},
		{
			ID: "many-owners", Level: Medium, Title: "More owners than should be",
			Do: "Leave the workspace to few owners; others need less.",
			RelatesTo: []string{
				cisFewAdmins,
				isoPrivileged,
			}, Needs: []string{access.Members}, find: manyOwners,
		},
		{
			ID: "many-admins", Level: Medium, Title: "A repository with many admins",
			Do:        "Leave the repository to few admins; write is enough to work on it.",
			RelatesTo: []string{cisFewAdmins, socRoles, isoPrivileged}, find: manyAdmins,
		},
		{
			ID: "admin-of-many", Level: Medium, Title: "Admin on many repositories, owners apart",
			Do:        "Give admin where it is used.",
			RelatesTo: []string{socRoles, isoPrivileged}, find: adminOfMany,
		},
		{
			ID:        "only-source",
			Level:     Medium,
			Title:     "Granted more in person than role, project and groups give",
			Do:        "Grant it through a group, so that it ends with the membership there.",
			RelatesTo: []string{socRoles, isoRights},
			find:      onlySource,
		},
		{
			ID: "admin-group", Level: Medium, Title: "A group administers the workspace",
			Do:        "Take the privilege away, or review the group's members as administrators.",
			RelatesTo: []string{cisFewAdmins, isoPrivileged}, find: adminGroups,
		},
		{
			ID: "deploy-key-writes", Level: Medium, Title: "A deploy key that can write",
			Do:        "Replace it by one that only reads, or by an access token that ends, which no report can list.",
			RelatesTo: []string{socAccess, isoControl}, find: writingKeys,
		},
		{
			ID: "not-on-roster", Level: Medium, Title: "A member who is not on the roster",
			Do: "Find out whose account it is; the roster may have another address of the same person.",
			RelatesTo: []string{
				socJoinLeave,
				isoRights,
			}, Needs: []string{access.Members, access.RosterMembers}, find: notOnRoster,
		},
	}
}

func lowRules() []Rule {
	return []Rule{
		{
			ID: "stale-member", Level: Low, Title: "Member who has not been seen for long",
			Do: "Ask whether the access is still needed, and remove it when nobody answers.",
			RelatesTo: []string{
				cisInactive,
				socJoinLeave,
				isoRights,
			}, Needs: []string{access.Members}, find: staleMembers,
		},
		{
			ID: "few-admins", Level: Low, Title: "A repository with too few admins",
			Do:        "Name another admin, so that the repository does not hang on one account.",
			RelatesTo: []string{cisTwoAdmins}, find: fewAdmins,
		},
		{
			ID: "public-repository", Level: Low, Title: "A public repository",
			Do:        "Make it private unless everybody is meant to read it.",
			RelatesTo: []string{cisStrictBase, isoControl}, find: publicRepositories,
		},
		{
			ID: "old-invitation", Level: Low, Title: "An invitation that nobody has accepted for long",
			Do:        "Withdraw it; whoever reads that mailbox can still come in.",
			RelatesTo: []string{socJoinLeave, isoRights}, find: oldInvitations,
		},
	}
}

func infoRules() []Rule {
	return []Rule{
		{
			ID: "owner", Level: Info, Title: "Owner of the workspace", Do: "Know them.",
			RelatesTo: []string{cisFewAdmins, isoPrivileged}, find: owners,
		},
		{
			ID:        "app",
			Level:     Info,
			Title:     "An app has access",
			Do:        "Know what it is for and who answers for it.",
			RelatesTo: []string{socAccess},
			find:      apps,
		},
		{
			ID: "deploy-key", Level: Info, Title: "A deploy key opens a repository",
			Do:        "Know whose it is. Bitbucket does not tell whether it may write.",
			RelatesTo: []string{socAccess}, find: otherKeys,
		},
		{
			ID: "no-access", Level: Info, Title: "Member with access to no repository",
			Do: "Remove the membership when it has no other use; it is a seat that is paid for.",
			RelatesTo: []string{
				cisInactive,
			}, Needs: []string{access.Members, access.Permissions}, find: withoutAccess,
		},
		{
			ID: "two-step-unknown", Level: Info, Title: "Two-step verification cannot be seen",
			Do:        "Ask, or require it for the workspace.",
			RelatesTo: []string{cisTwoStep}, Needs: []string{access.Members}, find: twoStepUnknown,
		},
		{
			ID: "last-access-unknown", Level: Info, Title: "Last access was not told",
			Do:        "Look it up in the admin hub; unknown is not stale.",
			RelatesTo: []string{cisInactive}, Needs: []string{access.Members}, find: lastAccessUnknown,
		},
	}
}

// Find returns the rule of an ID.
func Find(id string) (Rule, bool) {
	for _, r := range slices.Concat(Rules(), acceptanceRules()) {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// IDs lists the IDs of the rules whose items may be accepted.
func IDs() []string {
	var ids []string
	for _, r := range Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

// Judge applies all rules to a workspace. What has not been read in whole is no ground for a rule
// that needs it.
func Judge(w *access.Workspace, t Thresholds, roster Roster, now time.Time) []Finding {
	x := newInspection(w, t, roster, now)
	var all []Finding
	for _, r := range Rules() {
		if slices.ContainsFunc(r.Needs, func(source string) bool { return !w.Read(source) }) {
			continue
		}
		if items := r.find(x); len(items) > 0 {
			all = append(all, r.of(w, items))
		}
	}
	return all
}

// of makes a finding of a rule's items.
func (r Rule) of(w *access.Workspace, items []Item) Finding {
	for i := range items {
		it := &items[i]
		it.ID = stableID(cmp.Or(w.UUID, w.Slug), r.ID, it.Subject, it.Place)
		it.State = Open
	}
	return Finding{
		Rule: r.ID, Level: r.Level, Workspace: w.Slug, Title: r.Title, Do: r.Do, RelatesTo: r.RelatesTo,
		Items: items,
	}
}

// NotJudged lists the rules for which too little was read, with the sources that they lack.
func NotJudged(w *access.Workspace) map[string][]string {
	lacking := map[string][]string{}
	for _, r := range Rules() {
		for _, source := range r.Needs {
			if c := w.CoverageOf(source); c == nil || c.Verdict != access.Whole {
				lacking[r.ID] = append(lacking[r.ID], source)
			}
		}
	}
	return lacking
}

// LooksSecret reports whether the name of a variable is one that secrets have.
func LooksSecret(name string) bool {
	name = strings.ToUpper(name)
	if strings.Contains(name, "PUBLIC") || strings.HasSuffix(name, "_URL") ||
		strings.HasSuffix(name, "_ID") {
		return false
	}
	for _, mark := range []string{
		"SECRET", "TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "PRIVATE_KEY", "API_KEY", "APIKEY",
		"ACCESS_KEY", "CREDENTIAL", "_PWD", "_KEY",
	} {
		if strings.Contains(name, mark) {
			return true
		}
	}
	return false
}
