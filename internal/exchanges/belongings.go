package exchanges

import (
	"slices"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

func variables() []Exchange {
	const uuid = "/%7B55555555-5555-5555-5555-555555555555%7D"
	user := variablesOf("Pipelines.UserVariables", selfPath+"/pipelines_config/variables", uuid,
		func(c client, id IDs) (*bitbucket.Variables, string) {
			return c.Pipelines.UserVariables(id.Self), id.UserVariable
		})
	const hyphened = "/2.0/workspaces/acme/pipelines-config/variables"
	workspace := variablesOf("Pipelines.WorkspaceVariables", hyphened, uuid,
		func(c client, id IDs) (*bitbucket.Variables, string) {
			return c.Pipelines.WorkspaceVariables(id.Workspace), id.Variable
		})
	repository := variablesOf("Pipelines.RepositoryVariables",
		"/2.0/repositories/acme/widgets/pipelines_config/variables", uuid,
		func(c client, id IDs) (*bitbucket.Variables, string) {
			return c.Pipelines.RepositoryVariables(id.Workspace, id.Repository), id.RepositoryVariable
		})
	deployment := variablesOf("Pipelines.DeploymentVariables",
		"/2.0/repositories/acme/widgets/deployments_config/environments/"+
			"%7B66666666-6666-6666-6666-666666666666%7D/variables", uuid,
		func(c client, id IDs) (*bitbucket.Variables, string) {
			return c.Pipelines.DeploymentVariables(id.Workspace, id.Repository, id.Environment),
				id.DeploymentVariable
		})
	return slices.Concat(user, workspace, repository, deployment, environments())
}

func environments() []Exchange {
	return []Exchange{{
		Operation: "Pipelines.ListEnvironments",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Pipelines.ListEnvironments(ctx, id.Workspace, id.Repository, opts...))
		},
		Request: "GET /2.0/repositories/acme/widgets/environments?pagelen=100",
		Answer:  Page(environmentBody), Want: []bitbucket.Environment{environmentValue()},
		Refused: []int{401, 403, 404},
	}}
}

// variablesOf are the variables of one owner, at path; of returns them and the UUID of one.
func variablesOf(
	name, path, uuid string, of func(client, IDs) (*bitbucket.Variables, string),
) []Exchange {
	return []Exchange{{
		Operation: name + ".List",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			all, _ := of(c, id)
			return items(all.List(ctx, opts...))
		},
		Request: "GET " + path + "?pagelen=100", Answer: Page(variableBody),
		Want: []bitbucket.Variable{variableValue()}, Refused: []int{404},
	}, {
		Operation: name + ".Create",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			all, _ := of(c, id)
			made := bitbucket.NewVariable{Key: "NEW", Value: "", Secured: true}
			return one(all.Create(ctx, made, opts...))
		},
		Request: "POST " + path, Body: `{"key":"NEW","value":"","secured":true}`, Status: 201,
		Answer: variableBody, Want: variableValue(), Refused: []int{404, 409},
	}, {
		Operation: name + ".Get",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			all, uuid := of(c, id)
			return one(all.Get(ctx, uuid, opts...))
		},
		Request: "GET " + path + uuid, Answer: variableBody, Want: variableValue(), Refused: []int{404},
	}, {
		Operation: name + ".Update",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			all, uuid := of(c, id)
			return one(all.Update(ctx, uuid, bitbucket.VariableUpdate{
				Value: bitbucket.Set(""), Secured: bitbucket.Set(false),
			}, opts...))
		},
		Request: "PUT " + path + uuid, Body: `{"value":"","secured":false}`,
		Answer: variableBody, Want: variableValue(), Refused: []int{404},
	}, {
		Operation: name + ".Delete",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			all, uuid := of(c, id)
			return none(all.Delete(ctx, uuid, opts...))
		},
		Request: "DELETE " + path + uuid, Status: 204, Refused: []int{404},
	}}
}

func properties() []Exchange {
	const path = selfPath + "/properties/my-app/any_key"
	return []Exchange{{
		Operation: "Properties.Get",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			var p bitbucket.Property[map[string]any]
			err := c.Properties.Get(ctx, id.Self, id.AppKey, id.Property, &p, opts...)
			return p, err
		},
		Request: "GET " + path, Answer: propertyBody, Want: propertyValue(), Refused: []int{404},
	}, {
		Operation: "Properties.Put",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			p := bitbucket.Property[map[string]any]{
				Attributes: []bitbucket.PropertyAttribute{bitbucket.PropertyPublic},
				Value:      map[string]any{"on": false, "name": "", "colour": nil},
			}
			return none(c.Properties.Put(ctx, id.Self, id.AppKey, id.Property, p, opts...))
		},
		Request: "PUT " + path, Body: `{"_attributes":["public"],"colour":null,"name":"","on":false}`,
		Status: 204, Refused: []int{400, 403},
	}, {
		Operation: "Properties.Delete",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return none(c.Properties.Delete(ctx, id.Self, id.AppKey, id.Property, opts...))
		},
		Request: "DELETE " + path, Status: 204, Refused: []int{404},
	}}
}

// Keys that are new and whole, so that a server that looks into them takes them.
const (
	newSSHKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g" +
		" new@desk"
	newDeployKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB" +
		" ci@desk"
	newGPGKey = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" +
		"bmV3IGtleQ==\n" +
		"-----END PGP PUBLIC KEY BLOCK-----"
)

func keys() []Exchange {
	read, written := []int{403, 404}, []int{400, 403, 404}
	return slices.Concat(sshKeys(read, written), gpgKeys(read, written), deployKeys(read, written))
}

func deployKeys(read, written []int) []Exchange {
	return append(
		deployKeysOf("DeployKeys.OnRepository", "/2.0/repositories/acme/widgets/deploy-keys",
			read, written, func(c client, id IDs) (*bitbucket.DeployKeys, int) {
				return c.DeployKeys.OnRepository(id.Workspace, id.Repository), id.DeployKey
			}),
		deployKeysOf("DeployKeys.OnProject", "/2.0/workspaces/acme/projects/PLAT/deploy-keys",
			read, written, func(c client, id IDs) (*bitbucket.DeployKeys, int) {
				return c.DeployKeys.OnProject(id.Workspace, id.Project), id.ProjectDeployKey
			})...)
}

// deployKeysOf are the deploy keys of a repository or a project, at path; of returns them and the
// ID of one.
func deployKeysOf(
	name, path string, read, written []int, of func(client, IDs) (*bitbucket.DeployKeys, int),
) []Exchange {
	return []Exchange{{
		Operation: name + ".List",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			all, _ := of(c, id)
			return items(all.List(ctx, opts...))
		},
		Request: "GET " + path + "?pagelen=100", Answer: Page(deployKeyBody),
		Want: []bitbucket.DeployKey{deployKeyValue()}, Refused: read,
	}, {
		Operation: name + ".Add",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			all, _ := of(c, id)
			made := bitbucket.NewDeployKey{Key: newDeployKey, Label: bitbucket.Set("CI")}
			return one(all.Add(ctx, made, opts...))
		},
		Request: "POST " + path, Body: `{"key":"` + newDeployKey + `","label":"CI"}`,
		Answer: deployKeyBody, Want: deployKeyValue(), Refused: written,
	}, {
		Operation: name + ".Get",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			all, key := of(c, id)
			return one(all.Get(ctx, key, opts...))
		},
		Request: "GET " + path + "/42", Answer: deployKeyBody, Want: deployKeyValue(), Refused: read,
	}, {
		Operation: name + ".Delete",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			all, key := of(c, id)
			return none(all.Delete(ctx, key, opts...))
		},
		Request: "DELETE " + path + "/42", Status: 204, Refused: written,
	}}
}

func sshKeys(read, written []int) []Exchange {
	const path = selfPath + "/ssh-keys"
	const key = path + "/%7B77777777-7777-7777-7777-777777777777%7D"
	return []Exchange{{
		Operation: "SSHKeys.List",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.SSHKeys.List(ctx, id.Self, opts...))
		},
		Request: "GET " + path + "?pagelen=100", Answer: Page(sshKeyBody),
		Want: []bitbucket.SSHKey{sshKeyValue()}, Refused: read,
	}, {
		Operation: "SSHKeys.Add",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.SSHKeys.Add(ctx, id.Self, bitbucket.NewSSHKey{
				Key: newSSHKey, Label: bitbucket.Set(""),
				ExpiresOn: time.Date(2091, 1, 2, 3, 4, 5, 0, time.UTC),
			}, opts...))
		},
		Request: "POST " + path + "?expires_on=2091-01-02T03%3A04%3A05Z",
		Body:    `{"key":"` + newSSHKey + `","label":""}`, Status: 201,
		Answer: sshKeyBody, Want: sshKeyValue(), Refused: written,
	}, {
		Operation: "SSHKeys.Get",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.SSHKeys.Get(ctx, id.Self, id.SSHKey, opts...))
		},
		Request: "GET " + key, Answer: sshKeyBody, Want: sshKeyValue(), Refused: read,
	}, {
		Operation: "SSHKeys.Update",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.SSHKeys.Update(ctx, id.Self, id.SSHKey,
				bitbucket.SSHKeyUpdate{Label: bitbucket.Set("")}, opts...))
		},
		Request: "PUT " + key, Body: `{"label":""}`, Answer: sshKeyBody, Want: sshKeyValue(),
		Refused: written,
	}, {
		Operation: "SSHKeys.Delete",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return none(c.SSHKeys.Delete(ctx, id.Self, id.SSHKey, opts...))
		},
		Request: "DELETE " + key, Status: 204, Refused: written,
	}}
}

func gpgKeys(read, written []int) []Exchange {
	const path = selfPath + "/gpg-keys"
	return []Exchange{{
		Operation: "GPGKeys.List",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.GPGKeys.List(ctx, id.Self, opts...))
		},
		Options: options{bitbucket.Fields("+values.key", "+values.subkeys")},
		Request: "GET " + path + "?fields=%2Bvalues.key%2C%2Bvalues.subkeys&pagelen=100",
		Answer:  Page(gpgKeyBody), Want: []bitbucket.GPGKey{gpgKeyValue()}, Refused: read,
	}, {
		Operation: "GPGKeys.Add",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.GPGKeys.Add(ctx, id.Self, bitbucket.NewGPGKey{
				Key: newGPGKey, Name: bitbucket.Set("my key"),
			}, opts...))
		},
		Request: "POST " + path, Status: 201,
		Body: `{"key":"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nbmV3IGtleQ==\n` +
			`-----END PGP PUBLIC KEY BLOCK-----","name":"my key"}`,
		Answer: gpgKeyBody, Want: gpgKeyValue(), Refused: written,
	}, {
		Operation: "GPGKeys.Get",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return one(c.GPGKeys.Get(ctx, id.Self, id.GPGKey, opts...))
		},
		Request: "GET " + path + "/H4M2", Answer: gpgKeyBody, Want: gpgKeyValue(), Refused: read,
	}, {
		Operation: "GPGKeys.Delete",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return none(c.GPGKeys.Delete(ctx, id.Self, id.GPGKey, opts...))
		},
		Request: "DELETE " + path + "/H4M2", Status: 204, Refused: written,
	}}
}

func search() []Exchange {
	return []Exchange{{
		Operation: "Search.Code",
		Call: func(ctx ctx, c client, id IDs, opts ...option) (any, error) {
			return items(c.Search.Code(ctx, id.Self, id.Search, opts...))
		},
		Request: "GET " + selfPath + "/search/code?pagelen=200" +
			"&search_query=%22func%20Foo%22%20ext%3Ago",
		Answer: `{"size":1,"page":1,"pagelen":10,"query_substituted":false,` +
			`"values":[` + searchBody + `]}`,
		Want: []bitbucket.CodeSearchResult{searchValue()}, Refused: []int{400, 404, 429},
	}}
}
