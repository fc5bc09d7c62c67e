package doctor

import "strings"

// always returns the members that every object of a kind has in the answers that Bitbucket has been
// recorded or documented to give since 2021, and in those of the in-memory Bitbucket. The kind is
// the object's member type, or the Go type of what has no such member. Of an object that has lost
// its type only that is known.
func always(kind string, whole bool) []string {
	switch {
	case kind == "":
		return []string{"type"}
	case whole:
		return strings.Fields(recorded[kind])
	}
	return strings.Fields(recordedInside[kind])
}

// recorded has the members of each kind. A test compares it with the recordings.
var recorded = map[string]string{
	"Group": "auto_add email_forwarding_disabled members name owner permission " +
		"slug",
	"GroupPrivilege": "group privilege repo repository",
	"Invitation":     "email groups invited_by utc_sent_on",
	"User": "account_id avatar display_name is_active is_staff is_team " +
		"nickname resource_uri uuid",
	"app_user": "account_id account_status created_on display_name kind links " +
		"type uuid",
	"branchrestriction":      "branch_match_kind groups id kind links pattern type users value",
	"code_search_result":     "content_match_count content_matches file path_matches type",
	"deployment_environment": "environment_type name slug type uuid",
	"email":                  "email is_confirmed is_primary links type",
	"gpg_key": "added_on created_on expires_on fingerprint key_id last_used name " +
		"parent_fingerprint type",
	"pipeline_variable": "key secured type uuid",
	"project": "created_on description has_publicly_visible_repos is_private key " +
		"links name owner type updated_on uuid workspace",
	"project_deploy_key":       "comment created_by id key label last_used links project type",
	"project_group_permission": "group links permission type",
	"project_user_permission":  "links permission type user",
	"repository": "created_on description fork_policy full_name has_issues has_wiki " +
		"is_private language links mainbranch name owner parent project " +
		"scm size slug type updated_on uuid website workspace",
	"repository_group_permission": "group links permission type",
	"repository_permission":       "permission repository type user",
	"repository_user_permission":  "links permission type user",
	"ssh_key": "comment created_on expires_on fingerprint key label last_used " +
		"links owner type uuid",
	"user":                 "links type uuid",
	"workspace":            "created_on is_private links name slug type uuid",
	"workspace_access":     "administrator type workspace",
	"workspace_membership": "type user workspace",
}

// recordedInside has those of objects that stand in another one, which Bitbucket condenses.
var recordedInside = map[string]string{
	"ContentMatch":        "lines",
	"EnvironmentCategory": "name",
	"Group":               "name owner slug",
	"OverrideSettings":    "branching_model default_merge_strategy",
	"RepositoryName":      "name owner slug",
	"SearchLine":          "line segments",
	"SearchSegment":       "text",
	"User": "account_id avatar display_name is_team nickname resource_uri " +
		"uuid",
	"branch":                                "name type",
	"commit_file":                           "links path type",
	"deployment_environment_lock_open":      "name type",
	"deployment_environment_type":           "name type",
	"deployment_restrictions_configuration": "admin_only type",
	"group":                                 "full_slug links name slug type",
	"project":                               "key links name type uuid",
	"repository":                            "full_name links name type uuid",
	"team":                                  "display_name type username uuid",
	"user":                                  "display_name type uuid",
	"workspace":                             "name slug type uuid",
	"workspace_base":                        "links slug type uuid",
}
