package openapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// spec is the document in two readings. In the full one a member marked x-only-with-fields is
// forbidden. In the trimmed one it is allowed and no member of an answer is required, since the
// parameter fields may have cut it.
type spec struct {
	full    *openapi3.T
	trimmed *openapi3.T
	router  routers.Router
}

func loadSpec(t testing.TB) *spec {
	t.Helper()
	full, trimmed := loadDocument(t), loadDocument(t)
	never := full.Components.Schemas["Never"]
	eachAnswerSchema(full, func(s *openapi3.Schema) { forbidHidden(s, never) })
	eachAnswerSchema(trimmed, func(s *openapi3.Schema) { s.Required = nil })
	full.Servers = nil // the server under test listens elsewhere
	router, err := gorillamux.NewRouter(full)
	if err != nil {
		t.Fatal(err)
	}
	return &spec{full: full, trimmed: trimmed, router: router}
}

// loadDocument reads the document anew and checks that it is valid by itself.
func loadDocument(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// find gives the route of a request and the parameters in its path, unescaped.
func (s *spec) find(req *http.Request) (*routers.Route, map[string]string, error) {
	route, escaped, err := s.router.FindRoute(req)
	if err != nil {
		return nil, nil, err
	}
	params := make(map[string]string, len(escaped))
	for name, value := range escaped {
		if params[name], err = url.PathUnescape(value); err != nil {
			return nil, nil, err
		}
	}
	return route, params, nil
}

// forTrimmed is the route in the trimmed reading.
func (s *spec) forTrimmed(route *routers.Route) *routers.Route {
	item := s.trimmed.Paths.Value(route.Path)
	return &routers.Route{
		Spec: s.trimmed, Path: route.Path, PathItem: item, Method: route.Method,
		Operation: item.GetOperation(route.Method),
	}
}

// operations lists "GET /2.0/user" and so on, sorted.
func (s *spec) operations() []string {
	var all []string
	for path, item := range s.full.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// statuses lists what the document says about an operation given as "GET /2.0/user": its
// statuses, sorted.
func (s *spec) statuses(operation string) ([]string, error) {
	method, path, _ := strings.Cut(operation, " ")
	item := s.full.Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil {
		return nil, fmt.Errorf("the document has no operation %s", operation)
	}
	var all []string
	for status := range item.GetOperation(method).Responses.Map() {
		all = append(all, status)
	}
	slices.Sort(all)
	return all, nil
}

// queryNames lists the parameters that a route takes in its query string.
func queryNames(route *routers.Route) []string {
	var names []string
	for _, parameters := range []openapi3.Parameters{
		route.PathItem.Parameters,
		route.Operation.Parameters,
	} {
		for _, p := range parameters {
			if p.Value.In == openapi3.ParameterInQuery {
				names = append(names, p.Value.Name)
			}
		}
	}
	return names
}

// eachAnswerSchema visits every schema that an answer can reach, each once.
func eachAnswerSchema(doc *openapi3.T, visit func(*openapi3.Schema)) {
	w := schemaWalk{visit: visit, seen: make(map[*openapi3.Schema]bool)}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			for _, response := range operation.Responses.Map() {
				for _, media := range response.Value.Content {
					w.walk(media.Schema)
				}
			}
		}
	}
}

type schemaWalk struct {
	visit func(*openapi3.Schema)
	seen  map[*openapi3.Schema]bool
}

func (w *schemaWalk) walk(refs ...*openapi3.SchemaRef) {
	for _, ref := range refs {
		if ref == nil || w.seen[ref.Value] {
			continue
		}
		s := ref.Value
		w.seen[s] = true
		for _, property := range s.Properties {
			w.walk(property)
		}
		w.walk(s.Items, s.AdditionalProperties.Schema, s.Not)
		w.walk(s.AllOf...)
		w.walk(s.AnyOf...)
		w.walk(s.OneOf...)
		w.visit(s)
	}
}

func forbidHidden(s *openapi3.Schema, never *openapi3.SchemaRef) {
	for name, property := range s.Properties {
		if property.Value.Extensions["x-only-with-fields"] == true {
			s.Properties[name] = never
		}
	}
}
