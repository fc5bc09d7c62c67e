package bitbuckettest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/store"
)

func propertyRoutes() []*route {
	return []*route{
		serve("Properties.Get", getProperty),
		serve("Properties.Put", putProperty),
		serve("Properties.Delete", deleteProperty),
	}
}

func getProperty(c *call) (answer, error) {
	_, p, err := c.property()
	if err != nil {
		return answer{}, err
	}
	if p == nil || !p.ReadableBy(c.who.client) {
		return answer{}, c.noProperty()
	}
	var doc object
	if json.Unmarshal(p.Value, &doc) != nil || doc == nil {
		return answer{status: http.StatusOK, text: string(p.Value), contentType: jsonType}, nil //nolint:nilerr // it is no object
	}
	return ok(doc)
}

func putProperty(c *call) (answer, error) {
	u, p, err := c.property()
	if err != nil {
		return answer{}, err
	}
	if !json.Valid(c.body) {
		return answer{}, failFields("body", "It must be JSON.")
	}
	if p != nil && !p.WritableBy(c.who.client) {
		return answer{}, anotherApps()
	}
	u.SetProperty(c.vars["app_key"], c.vars["property_name"],
		&store.Property{Value: slices.Clone(c.body), Writer: c.who.client})
	return noContent()
}

func deleteProperty(c *call) (answer, error) {
	u, p, err := c.property()
	switch {
	case err != nil:
		return answer{}, err
	case p == nil:
		return answer{}, c.noProperty()
	case !p.WritableBy(c.who.client):
		return answer{}, anotherApps()
	}
	u.SetProperty(c.vars["app_key"], c.vars["property_name"], nil)
	return noContent()
}

func anotherApps() *failure { return forbidden("The property belongs to another app.") }

func (c *call) noProperty() *failure { return fail(http.StatusNotFound, c.vars["property_name"]) }

// property finds the account and the property of the path, nil when there is none of that name.
func (c *call) property() (*store.User, *store.Property, error) {
	u, err := c.account()
	if err != nil {
		return nil, nil, err
	}
	name := c.vars["property_name"]
	allowed := func(r rune) bool {
		return r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r &&
			r <= 'Z'
	}
	if strings.IndexFunc(name, func(r rune) bool { return !allowed(r) }) >= 0 {
		return nil, nil, failFields("property_name", "It must match ^[-_a-zA-Z0-9]+$.")
	}
	return u, u.Property(c.vars["app_key"], name), nil
}
