package bitbuckettest

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

func deployKeyRoutes() []*route {
	return slices.Concat(
		routesOfDeployKeys("/2.0/repositories/{workspace}/{repo_slug}/deploy-keys",
			(*call).repositoryKeys),
		routesOfDeployKeys("/2.0/workspaces/{workspace}/projects/{project_key}/deploy-keys",
			(*call).projectKeys))
}

func routesOfDeployKeys(many string, of deployKeys) []*route {
	one := many + "/{key_id}"
	return []*route{
		at("GET", many, of.list),
		at("POST", many, of.add),
		at("GET", one, of.get),
		at("DELETE", one, of.delete),
	}
}

// deployKeys finds what the keys of a call are about. Its methods are the handlers.
type deployKeys func(*call) (keyed, error)

// keyed is a repository or a project that has deploy keys. The caller has to administer it.
type keyed struct {
	keys  *store.DeployKeys
	kind  string // "repository" or "project"
	path  string
	inner func() object // what it looks like inside of a key
}

func (c *call) repositoryKeys() (keyed, error) {
	r, err := c.ownRepository()
	if err != nil {
		return keyed{}, err
	}
	return keyed{
		&r.DeployKeys, "repository", repositoryPath(r) + "/deploy-keys",
		func() object { return c.docs().RepositoryInside(r) },
	}, nil
}

func (c *call) projectKeys() (keyed, error) {
	p, err := c.ownProject()
	if err != nil {
		return keyed{}, err
	}
	return keyed{
		&p.DeployKeys, "project", projectPath(p) + "/deploy-keys",
		func() object { return c.docs().ProjectInside(p) },
	}, nil
}

// show writes a key of what has it.
func (k keyed) show(c *call, key *store.DeployKey) object {
	return c.docs().DeployKey(k.kind, k.path, k.inner(), key)
}

func (of deployKeys) list(c *call) (answer, error) {
	on, err := of(c)
	if err != nil {
		return answer{}, err
	}
	return paged(c, listing[*store.DeployKey]{
		items: on.keys.All,
		show:  func(k *store.DeployKey) object { return on.show(c, k) },
	})
}

func (of deployKeys) add(c *call) (answer, error) {
	on, err := of(c)
	if err != nil {
		return answer{}, err
	}
	var wanted struct{ Key, Label string }
	if err := c.decodeKey(&wanted, &wanted.Key); err != nil {
		return answer{}, err
	}
	k, err := c.store.AddDeployKey(on.keys, store.DeployKey{
		Key: wanted.Key, Label: wanted.Label,
		AddedBy: c.who.User, AddedOn: time.Now(),
	})
	if err != nil {
		return answer{}, failFields("key", sentence(err))
	}
	return answer{status: http.StatusOK, doc: on.show(c, k)}, nil
}

func (of deployKeys) get(c *call) (answer, error) {
	on, k, err := of.one(c)
	if err != nil {
		return answer{}, err
	}
	return ok(on.show(c, k))
}

func (of deployKeys) delete(c *call) (answer, error) {
	on, k, err := of.one(c)
	if err != nil {
		return answer{}, err
	}
	c.store.RemoveDeployKey(on.keys, k)
	return noContent()
}

// one finds the key of the path.
func (of deployKeys) one(c *call) (keyed, *store.DeployKey, error) {
	on, err := of(c)
	if err != nil {
		return keyed{}, nil, err
	}
	id, err := strconv.Atoi(c.vars["key_id"])
	if k := on.keys.Find(id); err == nil && k != nil {
		return on, k, nil
	}
	return keyed{}, nil, fail(http.StatusNotFound, c.vars["key_id"])
}
