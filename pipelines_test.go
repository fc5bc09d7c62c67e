package bitbucket_test

import (
	"slices"
	"testing"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// variableText is a variable on one line.
func variableText(v bitbucket.Variable) string { return v.Key + "=" + v.Value }

func TestPipelineVariableThatIsSecured(t *testing.T) {
	srv := acme()
	variables := srv.Client("ada").Pipelines.WorkspaceVariables("acme")
	created, err := variables.Create(t.Context(),
		bitbucket.NewVariable{Key: "DEPLOY_KEY", Value: "hunter22", Secured: true})
	must(t, err)
	id := string(created.UUID)
	if created.Key != "DEPLOY_KEY" || created.Value != "" || !created.Secured {
		t.Errorf("created %+v, want a secured variable without its value", created)
	}
	read, err := variables.Get(t.Context(), id)
	must(t, err)
	if *read != *created {
		t.Errorf("read %+v, want %+v", read, created)
	}

	// An update without a value keeps it.
	renamed, err := variables.Update(t.Context(), id,
		bitbucket.VariableUpdate{Key: bitbucket.Set("SIGNING_KEY")})
	must(t, err)
	if renamed.Key != "SIGNING_KEY" || renamed.UUID != created.UUID || !renamed.Secured {
		t.Errorf("renamed to %+v, want SIGNING_KEY, secured still", renamed)
	}
	kept := bitbuckettest.Variable{Key: "SIGNING_KEY", Value: "hunter22", Secured: true, UUID: id}
	if got := srv.Variables("acme"); !slices.Equal(got, []bitbuckettest.Variable{kept}) {
		t.Errorf("the server has %+v, want %+v", got, kept)
	}
	must(t, variables.Delete(t.Context(), id))
	_, err = variables.Get(t.Context(), id)
	wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)
}

func TestPipelineVariableTwice(t *testing.T) {
	srv := acme()
	variables := srv.Client("ada").Pipelines.RepositoryVariables("acme", "widgets")
	created, err := variables.Create(t.Context(), bitbucket.NewVariable{Key: "LEVEL", Value: "1"})
	must(t, err)
	_, err = variables.Create(t.Context(), bitbucket.NewVariable{Key: "LEVEL", Value: "2"})
	wantRefusal(t, err, bitbucket.ErrConflict, "")
	wantListed(t, variables.List(t.Context()), variableText, "LEVEL=1")

	_, err = variables.Update(t.Context(), string(created.UUID),
		bitbucket.VariableUpdate{Value: bitbucket.Set("")}) // empty, which is not left out
	must(t, err)
	wantListed(t, variables.List(t.Context()), variableText, "LEVEL=")
	if got := srv.Variables("acme"); len(got) != 0 {
		t.Errorf("the workspace has %+v, want nothing: the variable is the repository's", got)
	}
}

func TestPipelineVariablesOfAnEnvironment(t *testing.T) {
	srv := acme()
	srv.AddEnvironment("acme", "widgets", bitbuckettest.Environment{Name: "Test"})
	srv.AddEnvironment("acme", "widgets", bitbuckettest.Environment{Name: "Live", Kind: "Production"})
	pipelines := srv.Client("ada").Pipelines
	environments, err := pipelines.ListEnvironments(t.Context(), "acme", "widgets").Collect()
	must(t, err)
	if len(environments) != 2 || environments[1].Slug != "live" ||
		environments[1].EnvironmentType.Name != "Production" {
		t.Fatalf("got %+v, want Test and Live", environments)
	}
	live := pipelines.DeploymentVariables("acme", "widgets", string(environments[1].UUID))
	_, err = live.Create(t.Context(), bitbucket.NewVariable{Key: "HOST", Value: "example.com"})
	must(t, err)
	wantListed(t, live.List(t.Context()), variableText, "HOST=example.com")
	if got := srv.Variables("acme", "widgets", "Test"); len(got) != 0 {
		t.Errorf("Test has %+v, want nothing", got)
	}
}

func TestPipelineVariableRefusals(t *testing.T) {
	srv := acme()
	srv.AddWorkspaceVariable("acme", bitbuckettest.Variable{Key: "REGION", Value: "eu"})
	bob := srv.Client("bob").Pipelines
	wantListed(t, bob.WorkspaceVariables("acme").List(t.Context()), variableText, "REGION=eu")
	_, err := bob.WorkspaceVariables("acme").Create(t.Context(), bitbucket.NewVariable{Key: "K"})
	wantRefusal(t, err, bitbucket.ErrForbidden, "") // members read them, administrators write them
	_, err = bob.RepositoryVariables("acme", "widgets").List(t.Context()).Collect()
	wantRefusal(t, err, bitbucket.ErrNotFound, hintNotThere)

	own := bob.UserVariables(uuidOfUser(t, srv, "bob")) // no API token has a scope for these
	_, err = own.List(t.Context()).Collect()
	wantRefusal(t, err, bitbucket.ErrForbidden, "Bitbucket takes an OAuth token here")
}
