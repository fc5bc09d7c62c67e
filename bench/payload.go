package main

import (
	"fmt"
	"strings"
)

// The objects are as Bitbucket sends them: with all their links, and condensed where they are inside
// of others. Those of other services carry the same fields in the form of that service, and are as
// long as Bitbucket's, made so by their longest URL.

// uuid is that of the i-th object of a kind.
func uuid(kind, i int) string { return fmt.Sprintf("{%08x-1f2e-4d3c-8b4a-%012x}", kind, i) }

// inPath is an identifier in braces as it stands in URLs.
func inPath(id string) string { return "%7B" + strings.Trim(id, "{}") + "%7D" }

const (
	kindUser = iota + 0xa1000000
	kindRepository
	kindWorkspace
	kindProject
)

func name(i int) string { return fmt.Sprintf("Contributor Number %04d", i) }

func nickname(i int) string { return fmt.Sprintf("contributor-%04d", i) }

func accountID(i int) string { return fmt.Sprintf("557058:4d5e6f70-8192-4a3b-9c4d-%012x", i) }

func avatar(i int) string {
	return fmt.Sprintf("https://secure.gravatar.example/avatar/%032x?d=https%%3A%%2F%%2F"+
		"avatar-management--avatars.us-west-2.prod.example%%2Finitials%%2FCN-%d.png", i*7919, i%7)
}

func api(path string) string { return "https://api.bitbucket.org/2.0/" + path }

// wholeUser is what GET /2.0/user answers.
func wholeUser(i int) string {
	self := inPath(uuid(kindUser, i))
	return fmt.Sprintf(`{"display_name":%q,"links":{"self":{"href":%q},"avatar":{"href":%q},`+
		`"repositories":{"href":%q},"snippets":{"href":%q},"html":{"href":%q},"hooks":{"href":%q}},`+
		`"created_on":"2018-03-14T13:17:05.196003+00:00","type":"user","uuid":%q,`+
		`"has_2fa_enabled":null,"username":%q,"is_staff":false,"account_id":%q,"nickname":%q,`+
		`"account_status":"active","location":null}`,
		name(i), api("users/"+self), avatar(i), api("repositories/"+self), api("snippets/"+self),
		"https://bitbucket.org/"+self+"/", api("workspaces/"+self+"/hooks"),
		uuid(kindUser, i), nickname(i), accountID(i), nickname(i))
}

func condensedUser(i int) string {
	self := inPath(uuid(kindUser, i))
	return fmt.Sprintf(`{"display_name":%q,"links":{"self":{"href":%q},"avatar":{"href":%q},`+
		`"html":{"href":%q}},"type":"user","uuid":%q,"account_id":%q,"nickname":%q}`,
		name(i), api("users/"+self), avatar(i), "https://bitbucket.org/"+self+"/",
		uuid(kindUser, i), accountID(i), nickname(i))
}

func slug(i int) string { return fmt.Sprintf("service-%04d", i) }

func condensedRepository(i int) string {
	return fmt.Sprintf(`{"type":"repository","full_name":"acme/%[1]s","links":{"self":{"href":%[2]q},`+
		`"html":{"href":"https://bitbucket.org/acme/%[1]s"},"avatar":{"href":%[3]q}},`+
		`"name":%[1]q,"uuid":%[4]q}`,
		slug(i), api("repositories/acme/"+slug(i)), repositoryAvatar(i), uuid(kindRepository, i))
}

func repositoryAvatar(i int) string {
	return "https://bytebucket.example/ravatar/" + inPath(uuid(kindRepository, i)) + "?ts=default"
}

func condensedWorkspace() string {
	return fmt.Sprintf(`{"type":"workspace","uuid":%q,"name":"Acme","slug":"acme","links":{`+
		`"avatar":{"href":"https://bitbucket.org/workspaces/acme/avatar/?ts=1543612345"},`+
		`"html":{"href":"https://bitbucket.org/acme/"},"self":{"href":%q}}}`,
		uuid(kindWorkspace, 1), api("workspaces/acme"))
}

// permissionOf is an element of GET /2.0/workspaces/{workspace}/permissions/repositories.
func permissionOf(i int) string {
	return fmt.Sprintf(`{"type":"repository_permission","permission":%q,"user":%s,"repository":%s}`,
		permission(i), condensedUser(i), condensedRepository(i))
}

func permission(i int) string { return []string{"read", "write", "admin"}[i%3] }

// memberOf is an element of GET /2.0/workspaces/{workspace}/members.
func memberOf(i int) string {
	self := api("workspaces/acme/members/" + inPath(uuid(kindUser, i)))
	return fmt.Sprintf(`{"type":"workspace_membership","user":%s,"workspace":%s,`+
		`"links":{"self":{"href":%q}},"added_on":"2021-04-02T14:20:48.179",`+
		`"last_accessed":"2021-05-01T00:00:00+00:00"}`, condensedUser(i), condensedWorkspace(), self)
}

// grantOf is what PUT …/permissions-config/users/{selected_user_id} answers.
func grantOf(i int) string {
	path := "repositories/acme/service-0001/permissions-config/users/" + inPath(uuid(kindUser, i))
	return fmt.Sprintf(`{"type":"repository_user_permission","permission":"write","user":%s,`+
		`"links":{"self":{"href":%q}}}`, condensedUser(i), api(path))
}

// userFrom1 is a user of the 1.0 API, and accountFrom1 what GET /1.0/users/{accountname} answered.
func userFrom1(i int) string {
	return fmt.Sprintf(`{"username":%q,"first_name":"Contributor","last_name":"Number %04d",`+
		`"display_name":%q,"is_team":false,"avatar":%q,"resource_uri":"/1.0/users/%s"}`,
		nickname(i), i, name(i), avatar(i), nickname(i))
}

func accountFrom1(i int) string {
	return fmt.Sprintf(`{"repositories":[{"scm":"hg","has_wiki":false,`+
		`"last_updated":"2012-07-13 00:38:14","creator":null,"created_on":"2012-07-12 01:50:25",`+
		`"owner":%[1]q,"logo":null,"email_mailinglist":"","is_mq":false,"size":1198,"read_only":false,`+
		`"fork_of":null,"mq_of":null,"followers_count":0,"state":"available",`+
		`"utc_created_on":"2012-07-11 23:50:25+00:00","website":"","description":"","has_issues":false,`+
		`"is_fork":false,"slug":%[2]q,"is_private":false,"name":%[2]q,"language":"",`+
		`"utc_last_updated":"2012-07-12 22:38:14+00:00","email_writers":true,"no_public_forks":false,`+
		`"resource_uri":"/1.0/repositories/%[1]s/%[2]s"}],"user":%[3]s}`,
		nickname(i), slug(i), userFrom1(i))
}

// archiveOf is n bodies, one on a line.
func archiveOf(n int, body func(int) string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(body(i))
		all.WriteByte('\n')
	}
	return all.String()
}

// asLongAs makes an object as long as another one: filler stands in it where it is to grow.
func asLongAs(object, model string) string {
	missing := len(model) - len(object) + len(filler)
	return strings.Replace(object, filler, strings.Repeat("0", max(missing, 0)), 1)
}

const filler = "<filler>"

// GitHub's user and repository.

func gitHubUser(i int, own string) string {
	return fmt.Sprintf(`{"login":%[1]q,"id":%[2]d,"node_id":%[3]q,"avatar_url":%[4]q,"gravatar_id":%[5]q,`+
		`"url":%[6]q,"html_url":%[7]q,"type":"User","site_admin":false,"name":%[8]q%[9]s}`,
		nickname(i), 1000+i, accountID(i), avatar(i)+"&"+filler, uuid(kindUser, i),
		"https://api.github.example/users/"+nickname(i), "https://github.example/"+nickname(i), name(i), own)
}

func gitHubWholeUser(i int) string {
	return asLongAs(gitHubUser(i, fmt.Sprintf(`,"location":null,"created_at":"2018-03-14T13:17:05Z",`+
		`"repos_url":%q,"gists_url":%q,"events_url":%q`, "https://api.github.example/users/"+nickname(i)+"/repos",
		"https://api.github.example/users/"+nickname(i)+"/gists",
		"https://api.github.example/users/"+nickname(i)+"/events")), wholeUser(i))
}

func gitHubMember(i int) string {
	return asLongAs(gitHubUser(i, fmt.Sprintf(`,"created_at":"2021-04-02T14:20:48Z",`+
		`"updated_at":"2021-05-01T00:00:00Z","company":"Acme","organizations_url":%q`,
		"https://api.github.example/users/"+nickname(i)+"/orgs")), memberOf(i))
}

func gitHubRepository(i int) string {
	return asLongAs(fmt.Sprintf(`{"id":%[1]d,"node_id":%[2]q,"name":%[3]q,"full_name":"acme/%[3]s",`+
		`"owner":%[4]s,"html_url":"https://github.example/acme/%[3]s",`+
		`"url":"https://api.github.example/repos/acme/%[3]s","permissions":{"admin":false,"push":true,"pull":true}}`,
		5000+i, uuid(kindRepository, i), slug(i), gitHubUser(i, "")), permissionOf(i))
}

// GitLab's user, member and project.

func gitLabUser(i int, own string) string {
	return fmt.Sprintf(`{"id":%d,"username":%q,"name":%q,"state":"active","locked":false,"avatar_url":%q,`+
		`"web_url":%q,"extern_uid":%q%s}`, 1000+i, nickname(i), name(i), avatar(i)+"&"+filler,
		"https://gitlab.example/"+nickname(i), accountID(i), own)
}

func gitLabWholeUser(i int) string {
	return asLongAs(gitLabUser(i, `,"created_at":"2018-03-14T13:17:05.196Z","location":null,`+
		`"is_admin":false,"two_factor_enabled":false,"bio":"","website_url":""`), wholeUser(i))
}

func gitLabMember(i int) string {
	return asLongAs(gitLabUser(i, `,"created_at":"2021-04-02T14:20:48.179Z","access_level":30,`+
		`"expires_at":null,"is_using_seat":true`), memberOf(i))
}

func gitLabProject(i int) string {
	return asLongAs(fmt.Sprintf(`{"id":%[1]d,"name":%[2]q,"path":%[2]q,"path_with_namespace":"acme/%[2]s",`+
		`"owner":%[3]s,"web_url":"https://gitlab.example/acme/%[2]s","avatar_url":%[4]q,`+
		`"permissions":{"project_access":{"access_level":30,"notification_level":3},"group_access":null}}`,
		5000+i, slug(i), gitLabUser(i, ""), repositoryAvatar(i)), permissionOf(i))
}

// DigitalOcean's account, project and droplet.

func oceanAccount(i int) string {
	return `{"account":` + asLongAs(fmt.Sprintf(`{"droplet_limit":25,"floating_ip_limit":5,"email":%q,`+
		`"name":%q,"uuid":%q,"email_verified":true,"status":"active","status_message":%q,`+
		`"team":{"name":"Acme","uuid":%q}}`, nickname(i)+"@example.com", name(i), uuid(kindUser, i),
		avatar(i)+"&"+filler, uuid(kindWorkspace, 1)), wholeUser(i)) + `}`
}

func oceanProject(i int) string {
	return asLongAs(fmt.Sprintf(`{"id":%q,"owner_uuid":%q,"owner_id":%d,"name":%q,"description":%q,`+
		`"purpose":%q,"environment":%q,"is_default":false,"created_at":"2021-04-02T14:20:48Z",`+
		`"updated_at":"2021-05-01T00:00:00Z"}`, uuid(kindUser, i), uuid(kindWorkspace, 1), 1000+i, name(i),
		avatar(i)+"&"+filler, accountID(i), nickname(i)), memberOf(i))
}

func oceanDroplet(i int) string {
	return asLongAs(fmt.Sprintf(`{"id":%d,"name":%q,"status":%q,"vpc_uuid":%q,`+
		`"created_at":"2021-04-02T14:20:48Z","region":{"slug":%q,"name":%q},`+
		`"image":{"id":%d,"name":%q,"type":"user","slug":%q,"description":%q},"tags":[%q,%q]}`,
		5000+i, slug(i), permission(i), uuid(kindRepository, i), nickname(i), name(i),
		1000+i, name(i), accountID(i), avatar(i)+"&"+filler, repositoryAvatar(i), uuid(kindUser, i)),
		permissionOf(i))
}
