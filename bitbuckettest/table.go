package bitbuckettest

import "slices"

// newRouter puts together what the services serve. Of two routes that match the same path, the
// first one counts.
func newRouter() *router {
	return &router{
		v2: slices.Concat(userRoutes(), workspaceRoutes(), repositoryRoutes(), permissionRoutes(),
			grantRoutes(), pipelineRoutes(), propertyRoutes(), sshKeyRoutes(), gpgKeyRoutes(),
			deployKeyRoutes(), searchRoutes()),
		v1:   groupRoutes(),
		old:  oldRoutes(),
		site: siteRoutes(),
	}
}
