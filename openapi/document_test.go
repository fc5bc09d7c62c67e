package openapi

import (
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestDocumentIsValid(t *testing.T) {
	doc := loadDocument(t)
	if got := doc.Servers[0].URL; got != "https://api.bitbucket.org" {
		t.Errorf("the server is %s", got)
	}
	scopes := doc.Components.SecuritySchemes["oauth2"].Value.Flows.AuthorizationCode.Scopes
	ids := make(map[string]string)
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			at := method + " " + path
			if other, taken := ids[operation.OperationID]; taken || operation.OperationID == "" {
				t.Errorf("%s has the operationId %q, like %s", at, operation.OperationID, other)
			}
			ids[operation.OperationID] = at
			for _, requirement := range *operation.Security {
				for _, scope := range requirement["oauth2"] {
					if scopes[scope] == "" {
						t.Errorf("%s needs the scope %q, which is not declared", at, scope)
					}
				}
			}
		}
	}
}

func TestEveryOperationDocumentsItsErrors(t *testing.T) {
	s := loadSpec(t)
	for _, operation := range s.operations() {
		got, err := s.statuses(operation)
		if err != nil {
			t.Fatal(err)
		}
		for _, status := range []string{"401", "429", "5XX"} {
			if !slices.Contains(got, status) {
				t.Errorf("%s says nothing of %s", operation, status)
			}
		}
		// says 403 of every other workspace
		private := strings.HasPrefix(operation, "GET /2.0/user/workspaces/")
		if strings.Contains(operation, "{") && private == slices.Contains(got, "404") {
			t.Errorf("%s says nothing of 404", operation)
		}
		if strings.Contains(operation, "permissions-config") && strings.HasPrefix(operation, "PUT") &&
			!slices.Contains(got, "402") {
			t.Errorf("%s says nothing of 402", operation)
		}
		removed := strings.Contains(operation, "/user/permissions/") ||
			operation == "GET /2.0/workspaces" || operation == "GET /2.0/repositories"
		if removed != slices.Contains(got, "410") {
			t.Errorf("%s: removed is %t, statuses are %v", operation, removed, got)
		}
	}
	if _, err := s.statuses("PATCH /2.0/user"); err == nil {
		t.Error("statuses of an operation that is not there gives no error")
	}
}

func TestRequestBodiesAreStrict(t *testing.T) {
	doc := loadDocument(t)
	bodies := 0
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.RequestBody == nil || strings.Contains(path, "/properties/") {
				continue
			}
			bodies++
			body := operation.RequestBody.Value
			schema := body.Content.Get("application/json").Schema.Value
			if !body.Required || schema.AdditionalProperties.Has == nil || *schema.AdditionalProperties.Has {
				t.Errorf("%s %s takes bodies that are missing or have unknown members", method, path)
			}
		}
	}
	if bodies != 17 {
		t.Errorf("%d operations take a body, want 17", bodies)
	}
}

func TestReadings(t *testing.T) {
	s := loadSpec(t)
	if key := s.full.Components.Schemas["GPGKey"].Value.Properties["key"].Value; key.Not == nil {
		t.Error("in the full reading a GPG key may come with its key")
	}
	if email := s.full.Components.Schemas["Account"].Value.Properties["email"].
		Value; email.Not == nil {
		t.Error("in the full reading an account may come with its e-mail address")
	}
	required := 0
	eachAnswerSchema(s.full, func(schema *openapi3.Schema) { required += len(schema.Required) })
	if required == 0 {
		t.Error("in the full reading no member of an answer is required")
	}
	eachAnswerSchema(s.trimmed, func(schema *openapi3.Schema) {
		if len(schema.Required) > 0 {
			t.Errorf("in the trimmed reading %v are required", schema.Required)
		}
	})
	if body := s.trimmed.Components.RequestBodies["NewVariable"].
		Value; len(body.Content.Get("application/json").Schema.Value.Required) == 0 {
		t.Error("in the trimmed reading a new variable needs no key")
	}
}
