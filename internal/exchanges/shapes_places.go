package exchanges

import "github.com/seed-9213fc64/bitbucket"

const projectBody = `{"type":"project","uuid":"{99999999-9999-9999-9999-999999999999}",
	"key":"PLAT","name":"Platform","description":"What the rest stands on","is_private":true,
	"has_publicly_visible_repos":true,"owner":` + UserBody + `,"workspace":` + workspaceBody + `,
	"created_on":"2018-03-14T13:17:05.196003+00:00","updated_on":"2021-04-02T14:20:48.179+00:00",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/workspaces/acme/projects/PLAT"}}}`

func projectValue() bitbucket.Project {
	return bitbucket.Project{
		Type: "project", UUID: "{99999999-9999-9999-9999-999999999999}", Key: "PLAT", Name: "Platform",
		Description: "What the rest stands on", IsPrivate: true, HasPubliclyVisibleRepos: true,
		Owner: userValue(), Workspace: workspaceValue(),
		CreatedOn: at(2018, 3, 14, 13, 17, 5, 196003), UpdatedOn: at(2021, 4, 2, 14, 20, 48, 179000),
		Links: selfLink("workspaces/acme/projects/PLAT"),
	}
}

// barelyRepository is a repository with what is there in every other object.
const barelyRepository = `{"type":"repository","uuid":"{44444444-4444-4444-4444-444444444444}",
	"name":"widgets","full_name":"acme/widgets",
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/repositories/acme/widgets"}}}`

// barelyRepositoryValue has a slug all the same.
func barelyRepositoryValue() bitbucket.Repository {
	return bitbucket.Repository{
		Type: "repository", UUID: "{44444444-4444-4444-4444-444444444444}", Name: "widgets",
		FullName: "acme/widgets", Slug: "widgets", Links: selfLink("repositories/acme/widgets"),
	}
}

// repositoryBody is a fork, so that it has a parent.
const repositoryBody = `{"type":"repository","uuid":"{44444444-4444-4444-4444-444444444444}",
	"name":"widgets","full_name":"acme/widgets","slug":"widgets","description":"All of them",
	"website":"https://example.com","language":"go","scm":"git","size":33348,"is_private":true,
	"has_issues":true,"has_wiki":true,"fork_policy":"no_public_forks",
	"mainbranch":{"type":"branch","name":"main"},"parent":` + barelyRepository + `,
	"owner":` + UserBody + `,"workspace":` + workspaceBody + `,"project":` + projectBody + `,
	"created_on":"2018-03-14T13:17:05.196003+00:00","updated_on":"2021-04-02T14:20:48.179+00:00",
	"override_settings":{"default_merge_strategy":true,"branching_model":true},
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/repositories/acme/widgets"}}}`

func repositoryValue() bitbucket.Repository {
	parent := barelyRepositoryValue()
	return bitbucket.Repository{
		Type: "repository", UUID: "{44444444-4444-4444-4444-444444444444}", Name: "widgets",
		FullName: "acme/widgets", Slug: "widgets", Description: "All of them",
		Website: "https://example.com", Language: "go", SCM: "git", Size: 33348, IsPrivate: true,
		HasIssues: true, HasWiki: true, ForkPolicy: "no_public_forks",
		MainBranch: bitbucket.Branch{Type: "branch", Name: "main"}, Parent: &parent,
		Owner: new(userValue()), Workspace: new(workspaceValue()), Project: new(projectValue()),
		CreatedOn: at(2018, 3, 14, 13, 17, 5, 196003), UpdatedOn: at(2021, 4, 2, 14, 20, 48, 179000),
		OverrideSettings: bitbucket.OverrideSettings{DefaultMergeStrategy: true, BranchingModel: true},
		Links:            selfLink("repositories/acme/widgets"),
	}
}

const restrictionBody = `{"type":"branchrestriction","id":7,"kind":"push",
	"branch_match_kind":"branching_model","branch_type":"production","pattern":"release/*",
	"users":[` + UserBody + `],"groups":[` + groupBody + `],"value":2,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}}}`

func restrictionValue() bitbucket.BranchRestriction {
	return bitbucket.BranchRestriction{
		Type: "branchrestriction", ID: 7, Kind: "push", BranchMatchKind: "branching_model",
		BranchType: "production", Pattern: "release/*", Users: []bitbucket.User{userValue()},
		Groups: []bitbucket.Group{groupValue()}, Value: new(2), Links: selfLink("x"),
	}
}

const environmentBody = `{"type":"deployment_environment",
	"uuid":"{66666666-6666-6666-6666-666666666666}","name":"Live","slug":"live","rank":2,
	"hidden":true,"environment_type":{"type":"deployment_environment_type","name":"Production",
	"rank":2},"restrictions":{"type":"deployment_restrictions_configuration","admin_only":true},
	"lock":{"type":"deployment_environment_lock_open","name":"OPEN"},"category":{"name":"Live"},
	"environment_lock_enabled":true,"deployment_gate_enabled":true}`

func environmentValue() bitbucket.Environment {
	return bitbucket.Environment{
		Type: "deployment_environment", UUID: "{66666666-6666-6666-6666-666666666666}", Name: "Live",
		Slug: "live", Rank: 2, Hidden: true,
		EnvironmentType: bitbucket.EnvironmentType{
			Type: "deployment_environment_type", Name: "Production", Rank: 2,
		},
		Restrictions: &bitbucket.DeploymentRestrictions{
			Type: "deployment_restrictions_configuration", AdminOnly: true,
		},
		Lock:                   bitbucket.EnvironmentLock{Type: "deployment_environment_lock_open", Name: "OPEN"},
		Category:               bitbucket.EnvironmentCategory{Name: "Live"},
		EnvironmentLockEnabled: true, DeploymentGateEnabled: true,
	}
}

// deployKeyBody has every name that Bitbucket gives to who added a key, and when.
const deployKeyBody = `{"type":"deploy_key","id":42,"key":"ssh-ed25519 AAAA","label":"CI",
	"comment":"ci@host","last_used":"2018-03-20T13:18:05.196003+00:00",
	"added_by":` + UserBody + `,"created_by":` + UserBody + `,"owner":` + UserBody + `,
	"added_on":"2018-03-14T13:17:05.196003+00:00","created_on":"2018-03-14T13:17:05.196003+00:00",
	"repository":` + repositoryBody + `,"project":` + projectBody + `,
	"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}}}`

func deployKeyValue() bitbucket.DeployKey {
	return bitbucket.DeployKey{
		Type: "deploy_key", ID: 42, Key: "ssh-ed25519 AAAA", Label: "CI", Comment: "ci@host",
		LastUsed: at(2018, 3, 20, 13, 18, 5, 196003),
		AddedBy:  userValue(), CreatedBy: userValue(), Owner: userValue(),
		AddedOn:    at(2018, 3, 14, 13, 17, 5, 196003),
		CreatedOn:  at(2018, 3, 14, 13, 17, 5, 196003),
		Repository: repositoryValue(), Project: projectValue(), Links: selfLink("x"),
	}
}
