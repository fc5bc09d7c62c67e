package openapi

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

const (
	newSSHKey    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g new@desk"
	newDeployKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh robot@desk"
	newGPGKey    = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nbmV3IGtleQ==\n-----END PGP PUBLIC KEY BLOCK-----"
)

func farOff() time.Time { return time.Date(2091, 1, 2, 3, 4, 5, 0, time.UTC) }

func TestDocumentHasTheServersOperations(t *testing.T) {
	s := loadSpec(t)
	var served []string
	for _, route := range bitbuckettest.New().Routes() {
		name := route.Method + " " + route.Pattern
		served = append(served, name)
		item := s.full.Paths.Value(route.Pattern)
		if item == nil || item.GetOperation(route.Method) == nil {
			t.Errorf("the server has %s, the document has not", name)
			continue
		}
		documented := item.GetOperation(route.Method)
		if documented.Deprecated != (route.State != bitbuckettest.Current) {
			t.Errorf("%s: the server says %s, the document says deprecated: %t", name, route.State,
				documented.Deprecated)
		}
		for _, requirement := range *documented.Security {
			scopes, ok := requirement["oauth2"]
			if ok && !slices.Equal(scopes, route.Scopes) && len(scopes)+len(route.Scopes) > 0 {
				t.Errorf("%s: the server wants the scopes %q, the document %q", name, route.Scopes, scopes)
			}
		}
	}
	for _, name := range s.operations() {
		if !slices.Contains(served, name) {
			t.Errorf("the document has %s, the server has not", name)
		}
	}
}

func TestEveryOperationIsCalled(t *testing.T) {
	var called []string
	for _, op := range operations(nowhere()) {
		called = append(called, op.name)
	}
	slices.Sort(called)
	if want := loadSpec(t).operations(); !slices.Equal(called, want) {
		t.Errorf("calls are made to\n%s\nwant\n%s", strings.Join(called, "\n"), strings.Join(want, "\n"))
	}
}

// unreachable are statuses in the document that no right request of these clients meets.
func unreachable(operation, status string) bool {
	switch {
	case status == "400" && strings.HasPrefix(operation, "DELETE "), // malformed IDs
		// malformed bodies
		status == "400" && strings.HasPrefix(operation, "PUT /2.0/users/") &&
			!strings.Contains(operation, "variables"),
		status == "400" && strings.Contains(operation, "/groups/{group_slug}") &&
			strings.HasPrefix(operation, "PUT "),
		status == "405": // a UUID where a slug must be
		return true
	}
	return false
}

func TestSurface(t *testing.T) {
	onBothStages(t, func(t *testing.T, s *stage) {
		t.Run("success", s.testSuccess)
		t.Run("removed operations", s.testRemoved)
		t.Run("no credential", s.testAnonymous)
		t.Run("wrong credential", s.testWrongCredential)
		t.Run("missing scope", s.testMissingScope)
		t.Run("unknown things", s.testUnknown)
		t.Run("wrong parameters", s.testWrongParameters)
		t.Run("wrong values", s.testWrongValues)
		t.Run("conflicts", s.testConflicts)
		t.Run("plan limit", s.testPlanLimit)
		t.Run("admin hub", s.testAdminHub)
		t.Run("throttle", s.testThrottle)
		t.Run("burst", s.testBurst)
		t.Run("outage", s.testOutage)

		for _, operation := range s.v.spec.operations() {
			statuses, err := s.v.spec.statuses(operation)
			if err != nil {
				t.Fatal(err)
			}
			for _, status := range statuses {
				if !s.v.seen(operation, status) && !unreachable(operation, status) {
					t.Errorf("%s never answered %s", operation, status)
				}
			}
		}
	})
}

// each runs a test for every operation that applies, with a client for the credential that it
// takes.
func (b *bench) each(t *testing.T, id ids, applies func(operation) bool,
	test func(t *testing.T, op operation, c *bitbucket.Client),
) {
	t.Helper()
	person, app := b.person(t), b.app(t)
	for _, op := range operations(id) {
		if applies(op) {
			c := person
			if op.oauth {
				c = app
			}
			t.Run(op.name, func(t *testing.T) { test(t, op, c) })
		}
	}
}

func (s *stage) testSuccess(t *testing.T) {
	b := s.open(t, bitbuckettest.Legacy())
	b.each(t, b.ids, func(operation) bool { return true },
		func(t *testing.T, op operation, c *bitbucket.Client) {
			n, err := op.call(t.Context(), c)
			if err != nil || op.paged && n < 2 {
				t.Errorf("got %d items and error %v", n, err)
			}
		})
}

func (s *stage) testRemoved(t *testing.T) {
	b := s.open(t)
	b.each(t, b.ids, func(op operation) bool { return op.removed },
		func(t *testing.T, op operation, c *bitbucket.Client) {
			_, err := op.call(t.Context(), c)
			wantStatus(t, err, bitbucket.ErrGone, http.StatusGone)
		})
}

func (s *stage) testAnonymous(t *testing.T) {
	b := s.open(t, bitbuckettest.Legacy())
	c := b.client(t)
	b.each(t, b.ids, func(operation) bool { return true },
		func(t *testing.T, op operation, _ *bitbucket.Client) {
			_, err := op.call(t.Context(), c)
			if op.public && err == nil {
				return
			}
			wantStatus(t, err, bitbucket.ErrUnauthorized, http.StatusUnauthorized)
		})
}

func (s *stage) testWrongCredential(t *testing.T) {
	b := s.open(t, bitbuckettest.Legacy())
	b.Expire(b.oauth)
	for _, c := range []*bitbucket.Client{
		b.client(t, bitbucket.WithAPIToken("ann@example.com", "wrong")),
		b.client(t, bitbucket.WithAccessToken(b.api.Token)),
		b.client(t, bitbucket.WithAccessToken(b.oauth)),
	} {
		for _, op := range operations(b.ids) {
			_, err := op.call(t.Context(), c)
			wantStatus(t, err, bitbucket.ErrUnauthorized, http.StatusUnauthorized)
		}
	}
}

func (s *stage) testMissingScope(t *testing.T) {
	b := s.open(t, bitbuckettest.Legacy())
	little := b.IssueAPIToken("ann", "read:runner:bitbucket")
	c := b.client(t, bitbucket.WithAPIToken(little.Email, little.Token))
	b.each(t, b.ids, func(operation) bool { return true },
		func(t *testing.T, op operation, _ *bitbucket.Client) {
			_, err := op.call(t.Context(), c)
			wantStatus(t, err, bitbucket.ErrForbidden, http.StatusForbidden)
		})
	for name, token := range map[string]string{
		"workspace": b.IssueWorkspaceToken("acme"), "project": b.IssueProjectToken("acme", "WEB"),
		"repository": b.IssueRepositoryToken("acme", "site-01"),
	} {
		_, err := b.client(t, bitbucket.WithAccessToken(token)).Users.Current(t.Context())
		t.Run(name+" access token", func(t *testing.T) {
			wantStatus(t, err, bitbucket.ErrForbidden, http.StatusForbidden)
		})
	}
}

func (s *stage) testUnknown(t *testing.T) {
	b := s.open(t)
	wantNotFound := func(t *testing.T, op operation, c *bitbucket.Client) {
		_, err := op.call(t.Context(), c)
		wantStatus(t, err, bitbucket.ErrNotFound, http.StatusNotFound)
	}
	b.each(t, nowhere(), func(op operation) bool { return op.templated() && !op.private },
		wantNotFound)
	b.each(t, nowhere(), func(op operation) bool { return op.private },
		func(t *testing.T, op operation, c *bitbucket.Client) {
			_, err := op.call(t.Context(), c)
			wantStatus(t, err, bitbucket.ErrForbidden, http.StatusForbidden)
		})
	leaf := nowhere()
	leaf.workspace, leaf.repo, leaf.project, leaf.self = b.workspace, b.repo, b.project, b.self
	leaf.environment = b.environment
	b.each(t, leaf, operation.picksOne, wantNotFound)
}

func (s *stage) testWrongParameters(t *testing.T) {
	b := s.open(t, bitbuckettest.Legacy())
	reads := func(op operation) bool { return op.reads() && !op.old }
	b.each(t, b.ids, reads, func(t *testing.T, op operation, c *bitbucket.Client) {
		_, err := op.call(t.Context(), c, bitbucket.Fields("a..b"))
		wantStatus(t, err, bitbucket.ErrBadRequest, http.StatusBadRequest)
	})
	_, err := b.person(t).Permissions.ListMine(t.Context(), "acme",
		bitbucket.Query(`repository.scm = "git"`)).Collect()
	wantStatus(t, err, bitbucket.ErrBadRequest, http.StatusBadRequest)
	if !strings.Contains(err.Error(), `Field ".values.repository.scm" does not support filtering`) {
		t.Errorf("got error %v", err)
	}
}

// What is left of the 1.0 API refuses workspaces that are run from the admin hub.
func (s *stage) testAdminHub(t *testing.T) {
	b := s.open(t)
	b.AddMember("Hub", bitbuckettest.Member{User: "ann", Role: "owner"})
	id := b.ids
	id.workspace = "Hub"
	b.each(t, id, func(op operation) bool { return op.old },
		func(t *testing.T, op operation, c *bitbucket.Client) {
			_, err := op.call(t.Context(), c)
			wantStatus(t, err, bitbucket.ErrBadRequest, http.StatusBadRequest)
		})
}

func (s *stage) testThrottle(t *testing.T) {
	b := s.open(t, bitbuckettest.Legacy(), bitbuckettest.Throttle(1, time.Hour))
	if _, err := b.person(t).Users.Current(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, op := range operations(b.ids) {
		c := b.person(t) // a client pauses after a 429
		if op.oauth {
			c = b.app(t)
		}
		_, err := op.call(t.Context(), c)
		wantStatus(t, err, bitbucket.ErrRateLimited, http.StatusTooManyRequests)
	}
}

// The edge refuses bursts without a body.
func (s *stage) testBurst(t *testing.T) {
	b := s.open(t, bitbuckettest.Burst(1, time.Hour))
	if _, err := b.person(t).Users.Current(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := b.app(t).Users.Current(t.Context())
	wantStatus(t, err, bitbucket.ErrRateLimited, http.StatusTooManyRequests)
}

func (s *stage) testOutage(t *testing.T) {
	b := s.open(t, bitbuckettest.Legacy())
	for status, fault := range map[int]bitbuckettest.Fault{
		500: bitbuckettest.ServerError(),
		502: bitbuckettest.BadGateway(),
	} {
		b.Heal()
		b.Fail(bitbuckettest.Any, fault)
		b.each(t, b.ids, func(operation) bool { return true },
			func(t *testing.T, op operation, c *bitbucket.Client) {
				_, err := op.call(t.Context(), c)
				wantStatus(t, err, bitbucket.ErrServer, status)
			})
	}
}

// wantStatus checks that a call failed with this status and matches this sentinel.
func wantStatus(t *testing.T, err, sentinel error, status int) {
	t.Helper()
	var refusal *bitbucket.Error
	if !errors.As(err, &refusal) || refusal.StatusCode != status || !errors.Is(err, sentinel) {
		t.Errorf("got error %v, want %d", err, status)
	}
}

// TestSuiteWouldFail lets the server lie and looks whether the validator, where the suite has it,
// sees it.
func TestSuiteWouldFail(t *testing.T) {
	servers := make(inProcess)
	s := &stage{v: newRecorder(loadSpec(t), servers), inProcess: servers}
	b := s.open(t)
	b.Fail(bitbuckettest.On("GET", "/2.0/user"),
		bitbuckettest.Edit(func(doc map[string]any) { doc["created_on"] = "yesterday" }), 1)
	var r bitbucket.Response
	_, err := b.person(t).Users.Current(t.Context(), bitbucket.Fields("created_on", "uuid"),
		bitbucket.ResponseInto(&r))
	if err != nil || len(r.Unread) != 1 || r.Unread[0].Member != "created_on" {
		t.Errorf("the client reads a date that is none: %v, %v", r.Unread, err)
	}
	if _, err := b.person(t).Users.Current(t.Context(), bitbucket.Param("expand", "all")); err != nil {
		t.Fatal(err)
	}
	got := s.v.recorded()
	if len(got) != 2 || !strings.Contains(got[0], `Error at "/created_on"`) ||
		!strings.Contains(got[1], `no parameter "expand"`) {
		t.Errorf("violations %q, want one of created_on and one of expand", got)
	}
}
