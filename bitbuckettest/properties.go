package bitbuckettest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
)

func (c *call) getProperty() (answer, error) {
	u, key, err := c.property()
	if err != nil {
		return answer{}, err
	}
	p := u.properties[key]
	if p == nil || !p.has("public") && !p.ownedBy(c.who) {
		return answer{}, fail(http.StatusNotFound, c.vars["property_name"])
	}
	var doc object
	if err := json.Unmarshal(p.value, &doc); err != nil {
		return answer{status: http.StatusOK, text: string(p.value), contentType: jsonType}, nil
	}
	return ok(doc)
}

func (c *call) putProperty() (answer, error) {
	u, key, err := c.property()
	if err != nil {
		return answer{}, err
	}
	if !json.Valid(c.body) {
		return answer{}, failFields("body", "It must be JSON.")
	}
	if p := u.properties[key]; p != nil && !p.writableBy(c.who) {
		return answer{}, forbidden("The property belongs to another app.")
	}
	u.properties[key] = &property{value: slices.Clone(c.body), writer: c.who.client}
	return noContent()
}

func (c *call) deleteProperty() (answer, error) {
	u, key, err := c.property()
	if err != nil {
		return answer{}, err
	}
	switch p := u.properties[key]; {
	case p == nil:
		return answer{}, fail(http.StatusNotFound, c.vars["property_name"])
	case !p.writableBy(c.who):
		return answer{}, forbidden("The property belongs to another app.")
	}
	delete(u.properties, key)
	return noContent()
}

// property finds the account of the path and the key of the property there.
func (c *call) property() (*user, string, error) {
	u, err := c.account()
	if err != nil {
		return nil, "", err
	}
	name := c.vars["property_name"]
	if !regexp.MustCompile(`^[-_a-zA-Z0-9]+$`).MatchString(name) {
		return nil, "", failFields("property_name", "It must match ^[-_a-zA-Z0-9]+$.")
	}
	return u, c.vars["app_key"] + "/" + name, nil
}

// has reports whether a property carries an attribute: "public" or "read_only".
func (p *property) has(attribute string) bool {
	var doc struct {
		Attributes []string `json:"_attributes"`
	}
	return json.Unmarshal(p.value, &doc) == nil && slices.Contains(doc.Attributes, attribute)
}

// ownedBy reports whether the app of a credential wrote the property. What the builder stored belongs to everybody.
func (p *property) ownedBy(who *credential) bool {
	return p.writer == "" || p.writer == who.client
}

// writableBy reports whether the app of a credential may change the property: its own, or one that is public and
// not read_only.
func (p *property) writableBy(who *credential) bool {
	return p.ownedBy(who) || p.has("public") && !p.has("read_only")
}
