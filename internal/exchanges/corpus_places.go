package exchanges

import "github.com/seed-9213fc64/bitbucket"

// teamOwner is the account that a workspace is, as what belongs to the workspace shows it.
const teamOwner = `{"display_name":"Acme","links":{
	"self":{"href":"https://api.bitbucket.org/2.0/workspaces/%7B3333%7D"},
	"avatar":{"href":"https://bitbucket.org/account/acme/avatar/"},
	"html":{"href":"https://bitbucket.org/%7B3333%7D/"}},"type":"team",
	"uuid":"{33333333-3333-3333-3333-333333333333}","username":"acme"}`

func teamOwnerValue() bitbucket.User {
	return bitbucket.User{
		Type: "team", UUID: workspaceUUID, Username: "acme", DisplayName: "Acme",
		Links: bitbucket.Links{
			Self:   linkTo("workspaces/%7B3333%7D"),
			Avatar: bitbucket.Link{Href: "https://bitbucket.org/account/acme/avatar/"},
			HTML:   bitbucket.Link{Href: "https://bitbucket.org/%7B3333%7D/"},
		},
	}
}

const projectUUID = "{99999999-9999-9999-9999-999999999999}"

// condensedProject is a project inside of other objects.
const condensedProject = `"type":"project","key":"PLAT",
	"uuid":"{99999999-9999-9999-9999-999999999999}","name":"Platform","links":{
	"self":{"href":"https://api.bitbucket.org/2.0/workspaces/acme/projects/PLAT"},
	"html":{"href":"https://bitbucket.org/acme/workspace/projects/PLAT"},
	"avatar":{"href":"https://bitbucket.org/account/user/acme/projects/PLAT/avatar/32?ts=1702560511"}}`

func condensedProjectValue() bitbucket.Project {
	return bitbucket.Project{
		Type: "project", Key: "PLAT", UUID: projectUUID, Name: "Platform",
		Links: bitbucket.Links{
			Self: linkTo("workspaces/acme/projects/PLAT"),
			HTML: bitbucket.Link{Href: "https://bitbucket.org/acme/workspace/projects/PLAT"},
			Avatar: bitbucket.Link{
				Href: "https://bitbucket.org/account/user/acme/projects/PLAT/avatar/32?ts=1702560511",
			},
		},
	}
}

func recordedPlaces() []Recorded {
	return append(recordedRepositories(), recordedRestrictions()...)
}

func recordedRepositories() []Recorded {
	const self = "https://api.bitbucket.org/2.0/repositories/acme/widgets"
	links := condensedRepositoryValue().Links
	links.Other = map[string][]bitbucket.Link{
		"commits": {{Href: self + "/commits"}}, "hooks": {{Href: self + "/hooks"}},
		"clone": {
			{Name: "https", Href: "https://acme@bitbucket.org/acme/widgets.git"},
			{Name: "ssh", Href: "git@bitbucket.org:acme/widgets.git"},
		},
	}
	repository := condensedRepositoryValue()
	repository.Links, repository.Name, repository.Slug = links, "All widgets", "widgets"
	repository.SCM, repository.IsPrivate, repository.ForkPolicy = "git", true, "no_public_forks"
	repository.CreatedOn = at(2023, 12, 14, 13, 28, 32, 31209)
	repository.UpdatedOn = at(2023, 12, 14, 13, 28, 34, 916160)
	repository.Size, repository.MainBranch = 55800, bitbucket.Branch{Type: "branch", Name: "master"}
	repository.Owner, repository.Workspace = new(teamOwnerValue()), new(condensedWorkspaceValue())
	repository.Project = new(condensedProjectValue())
	repository.OverrideSettings = bitbucket.OverrideSettings{
		DefaultMergeStrategy: true, BranchingModel: true,
	}
	project := condensedProjectValue()
	project.Owner, project.Workspace = teamOwnerValue(), condensedWorkspaceValue()
	project.CreatedOn = at(2023, 2, 6, 13, 51, 36, 572088)
	project.UpdatedOn = at(2023, 2, 6, 13, 51, 36, 572105)
	return []Recorded{{
		Name: "repositories of a workspace", Source: jupiter2023, Year: 2023,
		Kind: Paged, Type: "repository", Operation: "Repositories.List",
		Body: `{"values":[{"type":"repository","full_name":"acme/widgets","links":{
			"self":{"href":"` + self + `"},"html":{"href":"https://bitbucket.org/acme/widgets"},
			"avatar":{"href":"https://bytebucket.example/ravatar?ts=go"},
			"commits":{"href":"` + self + `/commits"},"clone":[
			{"name":"https","href":"https://acme@bitbucket.org/acme/widgets.git"},
			{"name":"ssh","href":"git@bitbucket.org:acme/widgets.git"}],
			"hooks":{"href":"` + self + `/hooks"}},"name":"All widgets","slug":"widgets",
			"description":"","scm":"git","website":null,"owner":` + teamOwner + `,
			"workspace":` + condensedWorkspace + `,"is_private":true,"project":{` + condensedProject + `},
			"fork_policy":"no_public_forks","created_on":"2023-12-14T13:28:32.031209+00:00",
			"updated_on":"2023-12-14T13:28:34.916160+00:00","size":55800,"language":"",
			"uuid":"{44444444-4444-4444-4444-444444444444}",
			"mainbranch":{"name":"master","type":"branch"},
			"override_settings":{"default_merge_strategy":true,"branching_model":true},
			"parent":null,"has_issues":false,"has_wiki":false}],"pagelen":10,"size":1,"page":1}`,
		Want: []bitbucket.Repository{repository},
	}, {
		Name: "projects of a workspace", Source: jupiter2023, Year: 2023,
		Kind: Paged, Type: "project", Operation: "Workspaces.ListProjects",
		Body: `{"values":[{"owner":` + teamOwner + `,"workspace":` + condensedWorkspace + `,
			` + condensedProject + `,"is_private":false,"description":null,
			"created_on":"2023-02-06T13:51:36.572088+00:00",
			"updated_on":"2023-02-06T13:51:36.572105+00:00","has_publicly_visible_repos":false}],
			"pagelen":50,"size":1,"page":1}`,
		Want: []bitbucket.Project{project},
	}}
}

func recordedRestrictions() []Recorded {
	restriction := func(id int, kind string) bitbucket.BranchRestriction {
		return bitbucket.BranchRestriction{
			Type: "branchrestriction", ID: id, Kind: kind, BranchMatchKind: "glob", Pattern: "main",
			Users: []bitbucket.User{}, Groups: []bitbucket.Group{},
			Links: selfLink("repositories/acme/widgets/branch-restrictions/4537604"),
		}
	}
	body := func(members string) string {
		return `{` + members + `,"branch_match_kind":"glob","type":"branchrestriction","pattern":"main",
			"links":{"self":{"href":"https://api.bitbucket.org/2.0/` +
			`repositories/acme/widgets/branch-restrictions/4537604"}}}`
	}
	const groups = "https://api.bitbucket.org/1.0/groups/acme/administrators"
	byGroup, byUser, builds := restriction(46, "push"), restriction(3, "push"),
		restriction(8, "require_passing_builds_to_merge")
	byGroup.Groups = []bitbucket.Group{{
		Type: "group", Name: "Administrators", Slug: "administrators",
		FullSlug: "acme:administrators", AccountPrivilege: new("admin"), Owner: teamOwnerValue(),
		Workspace: condensedWorkspaceValue(), Links: bitbucket.Links{Self: bitbucket.Link{Href: groups}},
	}}
	byUser.Users, builds.Value = []bitbucket.User{condensedUserValue()}, new(1)
	return []Recorded{{
		Name: "branch restrictions", Source: jupiter2023, Year: 2023,
		Kind: Paged, Type: "branchrestriction", Operation: "Repositories.ListBranchRestrictions",
		Body: `{"values":[` + body(`"id":46,"kind":"push","value":null,"users":[],"groups":[{
			"type":"group","owner":`+teamOwner+`,"workspace":`+condensedWorkspace+`,
			"slug":"administrators","full_slug":"acme:administrators","name":"Administrators",
			"default_permission":null,"email_forwarding_disabled":null,
			"links":{"self":{"href":"`+groups+`"}},"account_privilege":"admin"}]`) + `,` +
			body(`"id":3,"kind":"push","value":null,"users":[`+condensedUser+`],"groups":[]`) + `,` +
			body(`"id":8,"kind":"require_passing_builds_to_merge","value":1,"users":[],"groups":[]`) +
			`],"pagelen":10,"size":3,"page":1}`,
		Want: []bitbucket.BranchRestriction{byGroup, byUser, builds},
	}, {
		Name: "environments", Source: "documented 2021: models of MitjaBezensek/SharpBucket",
		Year: 2021, Kind: Paged, Type: "deployment_environment",
		Operation: "Pipelines.ListEnvironments",
		Body: `{"page":1,"values":[{"category":{"name":"Live"},"restrictions":{"admin_only":false,
			"type":"deployment_restrictions_configuration"},
			"uuid":"{66666666-6666-6666-6666-666666666666}","environment_lock_enabled":true,
			"lock":{"type":"deployment_environment_lock_open","name":"OPEN"},
			"deployment_gate_enabled":false,"rank":2,"hidden":false,"type":"deployment_environment",
			"slug":"live","environment_type":{"type":"deployment_environment_type",
			"name":"Production","rank":2},"name":"Live"}],"pagelen":10,"size":1}`,
		Want: []bitbucket.Environment{{
			Type: "deployment_environment", UUID: "{66666666-6666-6666-6666-666666666666}", Name: "Live",
			Slug: "live", Rank: 2, EnvironmentLockEnabled: true,
			EnvironmentType: bitbucket.EnvironmentType{
				Type: "deployment_environment_type", Name: "Production", Rank: 2,
			},
			Restrictions: &bitbucket.DeploymentRestrictions{Type: "deployment_restrictions_configuration"},
			Lock:         bitbucket.EnvironmentLock{Type: "deployment_environment_lock_open", Name: "OPEN"},
			Category:     bitbucket.EnvironmentCategory{Name: "Live"},
		}},
	}}
}

func recordedDeployKeys() []Recorded {
	added := at(2018, 8, 15, 23, 50, 59, 993890)
	const onRepository = "repositories/acme/widgets/deploy-keys/42"
	const onProject = "workspaces/acme/projects/PLAT/deploy-keys/5"
	return []Recorded{{
		Name: "deploy keys of a repository", Source: "documented 2018: deploy keys of the 2.0 API",
		Year: 2018, Kind: Paged, Type: "deploy_key", Operation: "DeployKeys.OnRepository.List",
		Body: `{"pagelen":10,"page":1,"size":1,"values":[{"id":42,"key":"ssh-rsa AAAA","label":"CI",
			"type":"deploy_key","created_on":"2018-08-15T23:50:59.993890+00:00",
			"repository":` + condensedRepository + `,"links":{"self":{
			"href":"https://api.bitbucket.org/2.0/` + onRepository + `"}},
			"last_used":null,"comment":"ci@host"}]}`,
		Want: []bitbucket.DeployKey{{
			Type: "deploy_key", ID: 42, Key: "ssh-rsa AAAA", Label: "CI",
			Comment: "ci@host", CreatedOn: added, Repository: condensedRepositoryValue(),
			Links: selfLink(onRepository),
		}},
	}, {
		Name: "deploy key of a project", Source: "documented 2021: deploy keys of the 2.0 API",
		Year: 2021, Kind: Object, Type: "project_deploy_key", Operation: "DeployKeys.OnProject.Get",
		Body: `{"id":5,"key":"ssh-rsa AAAA","label":"CI","comment":"ci@host",
			"type":"project_deploy_key",
			"project":{` + condensedProject + `},"created_by":` + condensedUser + `,
			"created_on":"2018-08-15T23:50:59.993890+00:00",
			"last_used":"2021-05-01T00:00:00+00:00",
			"links":{"self":{"href":"https://api.bitbucket.org/2.0/` + onProject + `"}}}`,
		Want: bitbucket.DeployKey{
			Type: "project_deploy_key", ID: 5, Key: "ssh-rsa AAAA", Label: "CI",
			Comment: "ci@host", LastUsed: at(2021, 5, 1, 0, 0, 0, 0), CreatedOn: added,
			CreatedBy: condensedUserValue(), Project: condensedProjectValue(),
			Links: selfLink(onProject),
		},
	}}
}
