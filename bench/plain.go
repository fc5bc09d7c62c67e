package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	gojson "github.com/goccy/go-json"
)

// plain is what a program does without a library: net/http, and a decoder into plain structs. With
// that of encoding/json it is the floor that the ratios refer to.
type plain struct {
	client *http.Client
	base   string
	decode func(io.Reader, any) error
}

func decodeStandard(r io.Reader, out any) error { return json.NewDecoder(r).Decode(out) }

func decodeGoccy(r io.Reader, out any) error { return gojson.NewDecoder(r).Decode(out) }

func newPlain(base string, decode func(io.Reader, any) error) plain {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 100 // as many as the client keeps
	return plain{&http.Client{Transport: transport}, base, decode}
}

// send sends a request and decodes the answer.
func (p plain) send(ctx context.Context, method, url string, in, out any) error {
	var body io.Reader
	if in != nil {
		sent, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(sent)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("Accept", "application/json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, url, resp.Status)
	}
	if err := p.decode(resp.Body, out); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body) // or the connection is not used again
	return err
}

// listOf reads all pages of a list.
func listOf[T any](ctx context.Context, p plain, path string) ([]T, error) {
	var all []T
	for next := p.base + path; next != ""; {
		var page struct {
			Values  []T    `json:"values"`
			Next    string `json:"next"`
			Page    int    `json:"page"`
			PageLen int    `json:"pagelen"`
			Size    int    `json:"size"`
		}
		if err := p.send(ctx, http.MethodGet, next, nil, &page); err != nil {
			return nil, err
		}
		all, next = append(all, page.Values...), page.Next
	}
	return all, nil
}

// recordsOf reads bodies that follow one another.
func recordsOf[T any](decode func(any) error) (n int, err error) {
	for {
		var record T
		if err := decode(&record); err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, err
		}
		n++
	}
}

// The types have the fields of the client's, in types of the language.

type link struct {
	Href      string `json:"href"`
	Name      string `json:"name,omitzero"`
	Title     string `json:"title,omitzero"`
	Templated bool   `json:"templated,omitzero"`
}

type links struct {
	Self         link  `json:"self,omitzero"`
	HTML         link  `json:"html,omitzero"`
	Avatar       link  `json:"avatar,omitzero"`
	Repositories *link `json:"repositories,omitzero"`
	Snippets     *link `json:"snippets,omitzero"`
	Hooks        *link `json:"hooks,omitzero"`
}

type user struct {
	Type          string    `json:"type"`
	UUID          string    `json:"uuid,omitzero"`
	AccountID     string    `json:"account_id,omitzero"`
	DisplayName   string    `json:"display_name,omitzero"`
	Nickname      string    `json:"nickname,omitzero"`
	Username      string    `json:"username,omitzero"`
	AccountStatus string    `json:"account_status,omitzero"`
	Has2FAEnabled *bool     `json:"has_2fa_enabled,omitzero"`
	IsStaff       *bool     `json:"is_staff,omitzero"`
	CreatedOn     time.Time `json:"created_on,omitzero"`
	Location      string    `json:"location,omitzero"`
	Website       string    `json:"website,omitzero"`
	Kind          string    `json:"kind,omitzero"`
	Email         string    `json:"email,omitzero"`
	Links         links     `json:"links,omitzero"`
}

type workspace struct {
	Type              string    `json:"type"`
	UUID              string    `json:"uuid,omitzero"`
	Slug              string    `json:"slug,omitzero"`
	Name              string    `json:"name,omitzero"`
	IsPrivate         bool      `json:"is_private,omitzero"`
	IsPersonal        bool      `json:"is_personal,omitzero"`
	IsPrivacyEnforced bool      `json:"is_privacy_enforced,omitzero"`
	ForkingMode       string    `json:"forking_mode,omitzero"`
	CreatedOn         time.Time `json:"created_on,omitzero"`
	UpdatedOn         time.Time `json:"updated_on,omitzero"`
	Links             links     `json:"links,omitzero"`
}

type membership struct {
	Type         string    `json:"type"`
	User         user      `json:"user"`
	Workspace    workspace `json:"workspace"`
	Permission   string    `json:"permission,omitzero"`
	LastAccessed time.Time `json:"last_accessed,omitzero"`
	AddedOn      string    `json:"added_on,omitzero"` // without an offset, which time.Time does not read
	Links        links     `json:"links,omitzero"`
}

type project struct {
	Type                    string    `json:"type"`
	UUID                    string    `json:"uuid,omitzero"`
	Key                     string    `json:"key,omitzero"`
	Name                    string    `json:"name,omitzero"`
	Description             string    `json:"description,omitzero"`
	IsPrivate               bool      `json:"is_private,omitzero"`
	HasPubliclyVisibleRepos bool      `json:"has_publicly_visible_repos,omitzero"`
	Owner                   user      `json:"owner,omitzero"`
	Workspace               workspace `json:"workspace,omitzero"`
	CreatedOn               time.Time `json:"created_on,omitzero"`
	UpdatedOn               time.Time `json:"updated_on,omitzero"`
	Links                   links     `json:"links,omitzero"`
}

type repository struct {
	Type        string      `json:"type"`
	UUID        string      `json:"uuid,omitzero"`
	Name        string      `json:"name,omitzero"`
	FullName    string      `json:"full_name,omitzero"`
	Slug        string      `json:"slug,omitzero"`
	Description string      `json:"description,omitzero"`
	Website     string      `json:"website,omitzero"`
	Language    string      `json:"language,omitzero"`
	SCM         string      `json:"scm,omitzero"`
	Size        int64       `json:"size,omitzero"`
	IsPrivate   bool        `json:"is_private,omitzero"`
	HasIssues   bool        `json:"has_issues,omitzero"`
	HasWiki     bool        `json:"has_wiki,omitzero"`
	ForkPolicy  string      `json:"fork_policy,omitzero"`
	MainBranch  branch      `json:"mainbranch,omitzero"`
	Parent      *repository `json:"parent,omitzero"`
	Owner       *user       `json:"owner,omitzero"`
	Workspace   *workspace  `json:"workspace,omitzero"`
	Project     *project    `json:"project,omitzero"`
	CreatedOn   time.Time   `json:"created_on,omitzero"`
	UpdatedOn   time.Time   `json:"updated_on,omitzero"`
	Links       links       `json:"links,omitzero"`

	OverrideSettings struct {
		DefaultMergeStrategy bool `json:"default_merge_strategy,omitzero"`
		BranchingModel       bool `json:"branching_model,omitzero"`
	} `json:"override_settings,omitzero"`
}

type branch struct {
	Type string `json:"type"`
	Name string `json:"name,omitzero"`
}

type repositoryPermission struct {
	Type       string     `json:"type"`
	Permission string     `json:"permission"`
	User       user       `json:"user"`
	Repository repository `json:"repository"`
	Links      links      `json:"links,omitzero"`
}

type userPermission struct {
	Type       string     `json:"type"`
	Permission string     `json:"permission"`
	User       user       `json:"user"`
	Repository repository `json:"repository,omitzero"`
	Project    project    `json:"project,omitzero"`
	Links      links      `json:"links,omitzero"`
}

type grant struct {
	Permission string `json:"permission"`
}

// eitherUser is a user of either API, as archives of both have them.
type eitherUser struct {
	user
	FirstName   string `json:"first_name,omitzero"`
	LastName    string `json:"last_name,omitzero"`
	Avatar      string `json:"avatar,omitzero"`
	ResourceURI string `json:"resource_uri,omitzero"`
	IsTeam      *bool  `json:"is_team,omitzero"`
	IsActive    *bool  `json:"is_active,omitzero"`
}

// account is an account of the 1.0 API, with its repositories as they came.
type account struct {
	User         eitherUser      `json:"user"`
	Repositories json.RawMessage `json:"repositories"`
}
