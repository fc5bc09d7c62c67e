package bitbucket

// The paths that several methods of a service share.
const (
	mineInWorkspace    = "/2.0/user/workspaces/{workspace}/permissions/repositories"
	repositoryGrants   = "/2.0/repositories/{workspace}/{repo_slug}/permissions-config"
	projectGrants      = "/2.0/workspaces/{workspace}/projects/{project_key}/permissions-config"
	userVariables      = "/2.0/users/{selected_user}/pipelines_config/variables"
	workspaceVariables = "/2.0/workspaces/{workspace}/pipelines-config/variables"
	userProperty       = "/2.0/users/{selected_user}/properties/{app_key}/{property_name}"
	sshKeys            = "/2.0/users/{selected_user}/ssh-keys"
	gpgKeys            = "/2.0/users/{selected_user}/gpg-keys"
)
