package bitbucket_test

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/time/rate"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/throttle"
	"github.com/seed-9213fc64/bitbucket/v1"
)

// Programs are compiled against these names and signatures. What is written here
// may gain company, but must not change.

type ctx = context.Context

var (
	_ func(...bitbucket.Option) (*bitbucket.Client, error) = bitbucket.NewClient

	_ func(string, string) bitbucket.Option                                                 = bitbucket.WithAPIToken
	_ func(string) bitbucket.Option                                                         = bitbucket.WithAccessToken
	_ func(string, string) bitbucket.Option                                                 = bitbucket.WithClientCredentials
	_ func(oauth2.TokenSource) bitbucket.Option                                             = bitbucket.WithTokenSource
	_ func(oauth2.TokenSource, func(*oauth2.Token) error) oauth2.TokenSource                = bitbucket.SavingTokenSource
	_ func() bitbucket.Option                                                               = bitbucket.WithEnv
	_ func(string) bitbucket.Option                                                         = bitbucket.WithBaseURL
	_ func(string) bitbucket.Option                                                         = bitbucket.WithTokenURL
	_ func(http.RoundTripper) bitbucket.Option                                              = bitbucket.WithTransport
	_ func(throttle.Throttle) bitbucket.Option                                              = bitbucket.WithThrottle
	_ func(int) bitbucket.Option                                                            = bitbucket.WithRetries
	_ func(time.Duration) bitbucket.Option                                                  = bitbucket.WithAttemptTimeout
	_ func(int64) bitbucket.Option                                                          = bitbucket.WithMaxResponseBytes
	_ func(string) bitbucket.Option                                                         = bitbucket.WithUserAgent
	_ func(*slog.Logger) bitbucket.Option                                                   = bitbucket.WithLogger
	_ func(*bitbucket.Trace) bitbucket.Option                                               = bitbucket.WithTrace
	_ func(*bitbucket.Client, ctx, string, string, any, any, ...bitbucket.CallOption) error = (*bitbucket.Client).Do
	_ func(string) bitbucket.CallOption                                                     = bitbucket.Query
	_ func(string) bitbucket.CallOption                                                     = bitbucket.Sort
	_ func(...string) bitbucket.CallOption                                                  = bitbucket.Fields
	_ func(int) bitbucket.CallOption                                                        = bitbucket.PageLen
	_ func(string) bitbucket.CallOption                                                     = bitbucket.From
	_ func(int) bitbucket.CallOption                                                        = bitbucket.Parallel
	_ func() bitbucket.CallOption                                                           = bitbucket.Complete
	_ func(*http.Client) bitbucket.Option                                                   = bitbucket.WithHTTPClient
	_ func(ctx) (string, string)                                                            = bitbucket.OperationFrom
	_ func(*bitbucket.Client, int) time.Duration                                            = (*bitbucket.Client).Estimate
	_ func() bitbucket.CallOption                                                           = bitbucket.Prefetch
	_ func(string, string) bitbucket.CallOption                                             = bitbucket.Param
	_ func(string, string) bitbucket.CallOption                                             = bitbucket.Header
	_ func(*bitbucket.Response) bitbucket.CallOption                                        = bitbucket.ResponseInto
	_ func(iter.Seq2[*bitbucket.Page[int], error]) *bitbucket.List[int]                     = bitbucket.NewList[int]
	_ func([]byte) (*bitbucket.User, error)                                                 = bitbucket.ParseUser
	_ func(int, time.Duration) *throttle.SlidingWindow                                      = throttle.Window
	_ func(*rate.Limiter) throttle.Throttle                                                 = throttle.FromLimiter
	_ throttle.Throttle                                                                     = throttle.Unlimited
	_ bool                                                                                  = bitbucket.PermissionAdmin.AtLeast(bitbucket.PermissionRead)
	_ [15]error                                                                             = [...]error{
		bitbucket.ErrBadRequest, bitbucket.ErrUnauthorized, bitbucket.ErrPlanLimit, bitbucket.ErrForbidden, bitbucket.ErrNotFound,
		bitbucket.ErrConflict, bitbucket.ErrGone, bitbucket.ErrRateLimited, bitbucket.ErrServer,
		bitbucket.ErrForeignOrigin, bitbucket.ErrPageLoop, bitbucket.ErrIncomplete, bitbucket.ErrNoItems,
		bitbucket.ErrResponseTooLarge, bitbucket.ErrMalformedResponse,
	}
	_ = bitbucket.Error{
		StatusCode: 0, Method: "", URL: "", Message: "", Detail: "", Fields: map[string][]string{}, Data: json.RawMessage{},
		RequiredScopes: []string{}, GrantedScopes: []string{}, ID: "", RetryAfter: time.Second, Body: []byte{},
	}
)

type (
	users interface {
		Current(ctx, ...bitbucket.CallOption) (*bitbucket.User, error)
		Get(ctx, string, ...bitbucket.CallOption) (*bitbucket.User, error)
		ListEmails(ctx, ...bitbucket.CallOption) *bitbucket.List[bitbucket.Email]
		GetEmail(ctx, string, ...bitbucket.CallOption) (*bitbucket.Email, error)
	}
	workspaces interface {
		List(ctx, ...bitbucket.CallOption) *bitbucket.List[bitbucket.WorkspaceAccess]
		Get(ctx, string, ...bitbucket.CallOption) (*bitbucket.Workspace, error)
		Membership(ctx, string, ...bitbucket.CallOption) (*bitbucket.WorkspaceMembership, error)
		ListMembers(ctx, string, ...bitbucket.CallOption) *bitbucket.List[bitbucket.WorkspaceMembership]
		GetMember(ctx, string, string, ...bitbucket.CallOption) (*bitbucket.WorkspaceMembership, error)
	}
	permissions interface {
		ListMine(ctx, string, ...bitbucket.CallOption) *bitbucket.List[bitbucket.RepositoryPermission]
		ListMineEverywhere(ctx, ...bitbucket.CallOption) *bitbucket.List[bitbucket.RepositoryPermission]
		ListRepositories(ctx, ...bitbucket.CallOption) *bitbucket.List[bitbucket.RepositoryPermission]
		ListWorkspaces(ctx, ...bitbucket.CallOption) *bitbucket.List[bitbucket.WorkspaceMembership]
		ListWorkspaceMembers(ctx, string, ...bitbucket.CallOption) *bitbucket.List[bitbucket.WorkspaceMembership]
		ListWorkspaceRepositories(ctx, string, ...bitbucket.CallOption) *bitbucket.List[bitbucket.RepositoryPermission]
		ListRepositoryUsers(ctx, string, string, ...bitbucket.CallOption) *bitbucket.List[bitbucket.RepositoryPermission]
		OnRepository(workspace, repo string) *bitbucket.PermissionConfig
		OnProject(workspace, projectKey string) *bitbucket.PermissionConfig
	}
	permissionConfig interface {
		ListUsers(ctx, ...bitbucket.CallOption) *bitbucket.List[bitbucket.UserPermission]
		GetUser(ctx, string, ...bitbucket.CallOption) (*bitbucket.UserPermission, error)
		SetUser(ctx, string, bitbucket.Permission, ...bitbucket.CallOption) (*bitbucket.UserPermission, error)
		RemoveUser(ctx, string, ...bitbucket.CallOption) error
		ListGroups(ctx, ...bitbucket.CallOption) *bitbucket.List[bitbucket.GroupPermission]
		GetGroup(ctx, string, ...bitbucket.CallOption) (*bitbucket.GroupPermission, error)
		SetGroup(ctx, string, bitbucket.Permission, ...bitbucket.CallOption) (*bitbucket.GroupPermission, error)
		RemoveGroup(ctx, string, ...bitbucket.CallOption) error
	}
	pipelines interface {
		UserVariables(user string) *bitbucket.Variables
		WorkspaceVariables(workspace string) *bitbucket.Variables
	}
	variables interface {
		List(ctx, ...bitbucket.CallOption) *bitbucket.List[bitbucket.Variable]
		Get(ctx, string, ...bitbucket.CallOption) (*bitbucket.Variable, error)
		Create(ctx, bitbucket.NewVariable, ...bitbucket.CallOption) (*bitbucket.Variable, error)
		Update(ctx, string, bitbucket.VariableUpdate, ...bitbucket.CallOption) (*bitbucket.Variable, error)
		Delete(ctx, string, ...bitbucket.CallOption) error
	}
	properties interface {
		Get(ctx ctx, user, appKey, name string, out any, opts ...bitbucket.CallOption) error
		Put(ctx ctx, user, appKey, name string, value any, opts ...bitbucket.CallOption) error
		Delete(ctx ctx, user, appKey, name string, opts ...bitbucket.CallOption) error
	}
	sshKeys interface {
		List(ctx, string, ...bitbucket.CallOption) *bitbucket.List[bitbucket.SSHKey]
		Get(ctx, string, string, ...bitbucket.CallOption) (*bitbucket.SSHKey, error)
		Add(ctx, string, bitbucket.NewSSHKey, ...bitbucket.CallOption) (*bitbucket.SSHKey, error)
		Update(ctx, string, string, bitbucket.SSHKeyUpdate, ...bitbucket.CallOption) (*bitbucket.SSHKey, error)
		Delete(ctx, string, string, ...bitbucket.CallOption) error
	}
	gpgKeys interface {
		List(ctx, string, ...bitbucket.CallOption) *bitbucket.List[bitbucket.GPGKey]
		Get(ctx, string, string, ...bitbucket.CallOption) (*bitbucket.GPGKey, error)
		Add(ctx, string, bitbucket.NewGPGKey, ...bitbucket.CallOption) (*bitbucket.GPGKey, error)
		Delete(ctx, string, string, ...bitbucket.CallOption) error
	}
	search interface {
		Code(ctx ctx, user, query string, opts ...bitbucket.CallOption) *bitbucket.List[bitbucket.CodeSearchResult]
	}
	projects interface {
		ListProjects(ctx, string, ...bitbucket.CallOption) *bitbucket.List[bitbucket.Project]
		GetProject(ctx ctx, workspace, key string, opts ...bitbucket.CallOption) (*bitbucket.Project, error)
	}
	repositories interface {
		List(ctx, string, ...bitbucket.CallOption) *bitbucket.List[bitbucket.Repository]
		Get(ctx ctx, workspace, repo string, opts ...bitbucket.CallOption) (*bitbucket.Repository, error)
		ListBranchRestrictions(ctx ctx, workspace, repo string,
			opts ...bitbucket.CallOption) *bitbucket.List[bitbucket.BranchRestriction]
	}
	deployKeysService interface {
		OnRepository(workspace, repo string) *bitbucket.DeployKeys
		OnProject(workspace, key string) *bitbucket.DeployKeys
	}
	deployKeys interface {
		List(ctx, ...bitbucket.CallOption) *bitbucket.List[bitbucket.DeployKey]
		Get(ctx, int, ...bitbucket.CallOption) (*bitbucket.DeployKey, error)
		Add(ctx, bitbucket.NewDeployKey, ...bitbucket.CallOption) (*bitbucket.DeployKey, error)
		Delete(ctx, int, ...bitbucket.CallOption) error
	}
	environments interface {
		RepositoryVariables(workspace, repo string) *bitbucket.Variables
		DeploymentVariables(workspace, repo, environment string) *bitbucket.Variables
		ListEnvironments(ctx ctx, workspace, repo string,
			opts ...bitbucket.CallOption) *bitbucket.List[bitbucket.Environment]
	}
	groups interface {
		List(ctx, string, ...bitbucket.CallOption) ([]v1.Group, error)
		Get(ctx ctx, slug, group string, opts ...bitbucket.CallOption) (*v1.Group, error)
		ListMembers(ctx ctx, slug, group string, opts ...bitbucket.CallOption) ([]v1.User, error)
	}
	groupPrivileges interface {
		List(ctx, string, ...bitbucket.CallOption) ([]v1.GroupPrivilege, error)
	}
	invitations interface {
		List(ctx, string, ...bitbucket.CallOption) ([]v1.Invitation, error)
		ListOfRepository(ctx ctx, slug, repo string, opts ...bitbucket.CallOption) ([]v1.Invitation, error)
	}
	list interface {
		All() iter.Seq2[int, error]
		Pages() iter.Seq2[*bitbucket.Page[int], error]
		Collect() ([]int, error)
		First() (int, error)
	}
	window interface {
		throttle.Throttle
		Status() throttle.Status
		Pause(time.Time)
		Estimate(int) time.Duration
	}
)

var (
	_ users            = bitbucket.Client{}.Users
	_ workspaces       = bitbucket.Client{}.Workspaces
	_ permissions      = bitbucket.Client{}.Permissions
	_ permissionConfig = (*bitbucket.PermissionConfig)(nil)
	_ pipelines        = bitbucket.Client{}.Pipelines
	_ variables        = (*bitbucket.Variables)(nil)
	_ properties       = bitbucket.Client{}.Properties
	_ sshKeys          = bitbucket.Client{}.SSHKeys
	_ gpgKeys          = bitbucket.Client{}.GPGKeys
	_ search           = bitbucket.Client{}.Search

	_ projects          = bitbucket.Client{}.Workspaces
	_ repositories      = bitbucket.Client{}.Repositories
	_ deployKeysService = bitbucket.Client{}.DeployKeys
	_ deployKeys        = (*bitbucket.DeployKeys)(nil)
	_ environments      = bitbucket.Client{}.Pipelines
	_ groups            = v1.Client{}.Groups
	_ groupPrivileges   = v1.Client{}.GroupPrivileges
	_ invitations       = v1.Client{}.Invitations

	_ func(*bitbucket.Error) bool = (*bitbucket.Error).NeverSent
	_ string                      = bitbucket.Repository{}.Slug

	_ list   = (*bitbucket.List[int])(nil)
	_ window = (*throttle.SlidingWindow)(nil)
	_ error  = (*bitbucket.Error)(nil)
	_ error  = (*throttle.WaitError)(nil)
)
