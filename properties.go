package bitbucket

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

// PropertiesService calls the endpoints of the properties that apps store with a user's
// account. Only the app that the key belongs to may write them.
type PropertiesService struct{ core *core }

const userProperty = "/2.0/users/{selected_user}/properties/{app_key}/{property_name}"

// Get decodes a property into out, a pointer to whatever the app stored, or to a [Property] to
// see its attributes too. The error is [ErrNotFound] if there is no such property.
//
// GET /2.0/users/{selected_user}/properties/{app_key}/{property_name}. Scope: none, or
// admin:workspace:bitbucket.
//
// Deprecated: Bitbucket ends application properties on 2027-01-31, together with Connect, and
// names no replacement.
func (s *PropertiesService) Get(
	ctx context.Context, user, appKey, name string, out any, opts ...CallOption,
) error {
	if err := checkOut(out); err != nil {
		return err
	}
	to := at(userProperty, user, appKey, name)
	return s.core.call(ctx, http.MethodGet, to, nil, inPlace(opts), stored{out})
}

// Put writes a property: any value that encodes as a JSON object, or a [Property] to set its
// attributes too. Bitbucket counts these calls separately and allows 2,000 of them an hour.
//
// PUT /2.0/users/{selected_user}/properties/{app_key}/{property_name}. Scope: none.
//
// Deprecated: Bitbucket ends application properties on 2027-01-31, together with Connect, and
// names no replacement.
func (s *PropertiesService) Put(
	ctx context.Context, user, appKey, name string, value any, opts ...CallOption,
) error {
	if value == nil {
		return errors.New("bitbucket: the value of a property is nil; it must become a JSON object")
	}
	return s.core.do(ctx, http.MethodPut, at(userProperty, user, appKey, name), value, opts)
}

// Delete removes a property.
//
// DELETE /2.0/users/{selected_user}/properties/{app_key}/{property_name}. Scope: none.
//
// Deprecated: Bitbucket ends application properties on 2027-01-31, together with Connect, and
// names no replacement.
func (s *PropertiesService) Delete(
	ctx context.Context, user, appKey, name string, opts ...CallOption,
) error {
	return s.core.do(ctx, http.MethodDelete, at(userProperty, user, appKey, name), nil, opts)
}

// A PropertyAttribute says who may read or overwrite a property.
type PropertyAttribute string

// The attributes of a property.
const (
	PropertyPublic   PropertyAttribute = "public"    // everybody may read it
	PropertyReadOnly PropertyAttribute = "read_only" // only its app may overwrite it
)

// A Property is a stored value together with its attributes, which Bitbucket keeps in the same
// object.
type Property[T any] struct {
	Attributes []PropertyAttribute // none: only the app may read it
	Value      T                   // becomes a JSON object
}

// MarshalJSON encodes the value as an object, with the attributes as one of its members.
func (p Property[T]) MarshalJSON() ([]byte, error) {
	value, err := json.Marshal(p.Value)
	if err != nil {
		return nil, err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(value, &object); err != nil || object == nil {
		return nil, errors.New("bitbucket: the value of a property must become a JSON object")
	}
	if p.Attributes != nil {
		attributes, err := json.Marshal(p.Attributes)
		if err != nil {
			return nil, err
		}
		object["_attributes"] = attributes
	}
	return json.Marshal(object)
}

// UnmarshalJSON decodes the value, and the attributes from among its members.
func (p *Property[T]) UnmarshalJSON(data []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	p.Attributes = nil
	if raw, ok := object["_attributes"]; ok {
		if err := json.Unmarshal(raw, &p.Attributes); err != nil {
			return err
		}
		delete(object, "_attributes")
	}
	rest, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return json.Unmarshal(rest, &p.Value)
}
