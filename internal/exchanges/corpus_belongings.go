package exchanges

import "github.com/seed-9213fc64/bitbucket"

func recordedBelongings() []Recorded {
	return append(recordedVariables(), recordedKeys()...)
}

func recordedVariables() []Recorded {
	const (
		region = "{55555555-5555-5555-5555-555555555555}"
		token  = "{66666666-6666-6666-6666-666666666666}"
	)
	return []Recorded{{
		Name: "e-mail addresses", Source: "recorded: jaredhanson/passport-bitbucket", Year: 2026,
		Kind: Paged, Type: "email", Operation: "Users.ListEmails",
		Body: `{"pagelen":10,"page":1,"size":1,"values":[{"type":"email",
			"email":"user@example.com","is_primary":true,"is_confirmed":true,"links":{
			"self":{"href":"https://api.bitbucket.org/2.0/user/emails/user@example.com"}}}]}`,
		Want: []bitbucket.Email{emailValue()},
	}, {
		Name: "variables, the secured one without value", Source: documented, Year: 2026,
		Kind: Paged, Type: "pipeline_variable", Operation: "Pipelines.WorkspaceVariables.List",
		Body: `{"page":1,"pagelen":10,"size":2,"values":[{"type":"pipeline_variable",
			"uuid":"{55555555-5555-5555-5555-555555555555}","key":"REGION","value":"eu","secured":false},
			{"type":"pipeline_variable","uuid":"{66666666-6666-6666-6666-666666666666}",
			"key":"TOKEN","secured":true}]}`,
		Want: []bitbucket.Variable{
			{Type: "pipeline_variable", UUID: region, Key: "REGION", Value: "eu"},
			{Type: "pipeline_variable", UUID: token, Key: "TOKEN", Secured: true},
		},
	}, {
		Name: "secured variable, its value empty", Source: documented, Year: 2026,
		Kind: Object, Type: "pipeline_variable", Operation: "Pipelines.UserVariables.Get",
		Body: `{"type":"pipeline_variable","uuid":"{66666666-6666-6666-6666-666666666666}",
			"key":"TOKEN","value":"","secured":true}`,
		Want: bitbucket.Variable{Type: "pipeline_variable", UUID: token, Key: "TOKEN", Secured: true},
	}, {
		Name: "property", Source: documented, Year: 2026,
		Kind: Object, Type: "application_property", Operation: "Properties.Get",
		Body: `{"_attributes":["public"],"any_key":{"nested":["any","json"]}}`,
		Want: bitbucket.Property[map[string]any]{
			Attributes: []bitbucket.PropertyAttribute{bitbucket.PropertyPublic},
			Value:      map[string]any{"any_key": map[string]any{"nested": []any{"any", "json"}}},
		},
	}, {
		Name: "code search, match left out where there is none", Year: 2026,
		Source: "documented 2018: announcement of code search",
		Kind:   Paged, Type: "code_search_result", Operation: "Search.Code",
		Body: `{"size":1,"page":1,"pagelen":10,"query_substituted":false,"values":[{
			"type":"code_search_result","content_match_count":2,"content_matches":[{"lines":[
			{"line":2,"segments":[]},{"line":3,"segments":[{"text":"func "},
			{"text":"Foo","match":true},{"text":"() {"}]}]}],
			"path_matches":[{"text":"src/"},{"text":"Foo","match":true},{"text":".go"}],
			"file":{"path":"src/Foo.go","type":"commit_file","links":{"self":{"href":
			"https://api.bitbucket.org/2.0/repositories/acme/widgets/src/abc/src/Foo.go"}}}}]}`,
		Want: []bitbucket.CodeSearchResult{{
			Type: "code_search_result", ContentMatchCount: 2,
			ContentMatches: searchValue().ContentMatches, PathMatches: searchValue().PathMatches,
			File: bitbucket.SearchFile{
				Type: "commit_file", Path: "src/Foo.go",
				Links: selfLink("repositories/acme/widgets/src/abc/src/Foo.go"),
			},
		}},
	}}
}

func recordedKeys() []Recorded {
	const (
		ssh = "users/%7B1111%7D/ssh-keys/77777777-7777-7777-7777-777777777777"
		gpg = "users/%7B1111%7D/gpg-keys/H4M2"
	)
	created, used := at(2018, 3, 14, 13, 17, 5, 196003), at(2018, 3, 20, 13, 18, 5, 196003)
	key := bitbucket.SSHKey{
		Type: "ssh_key", UUID: "{77777777-7777-7777-7777-777777777777}",
		Key: "ssh-ed25519 AAAAC3Nz", Fingerprint: "w9tZ1",
		Owner: condensedUserValue(), Links: selfLink(ssh),
	}
	dated, dateless := key, key
	dated.Comment, dated.CreatedOn, dated.LastUsed = "user@host", created, used
	dateless.Label = "laptop"
	sshBody := func(members string) string {
		return `{"type":"ssh_key","uuid":"{77777777-7777-7777-7777-777777777777}",
			"key":"ssh-ed25519 AAAAC3Nz","fingerprint":"w9tZ1",` + members + `"owner":` + condensedUser + `,
			"links":{"self":{"href":"https://api.bitbucket.org/2.0/` + ssh + `"}}}`
	}
	return []Recorded{{
		Name: "SSH keys", Source: documented, Year: 2026,
		Kind: Paged, Type: "ssh_key", Operation: "SSHKeys.List",
		Body: `{"pagelen":10,"page":1,"size":1,"values":[` + sshBody(`"comment":"user@host",
			"label":"","created_on":"2018-03-14T13:17:05.196003+00:00","expires_on":null,
			"last_used":"2018-03-20T13:18:05.196003+00:00",`) + `]}`,
		Want: []bitbucket.SSHKey{dated},
	}, {
		Name: "SSH key without dates", Source: "seen 2026: eggzec/bb", Year: 2026,
		Kind: Object, Type: "ssh_key", Operation: "SSHKeys.Get",
		Body: sshBody(`"comment":"","label":"laptop","created_on":null,"expires_on":null,
			"last_used":null,`),
		Want: dateless,
	}, {
		Name: "GPG keys", Source: documented, Year: 2026,
		Kind: Paged, Type: "gpg_key", Operation: "GPGKeys.List",
		Body: `{"pagelen":10,"page":1,"size":1,"values":[{"type":"gpg_key","key_id":"ymok",
			"fingerprint":"h4m2","parent_fingerprint":null,"name":"my key",
			"added_on":"2024-09-24T12:09:33.154081+00:00",
			"created_on":"2018-03-20T13:09:04.207005+00:00","expires_on":null,
			"last_used":"2024-09-25T15:18:05.196003+00:00","owner":` + condensedUser + `,
			"links":{"self":{"href":"https://api.bitbucket.org/2.0/` + gpg + `"}}}]}`,
		Want: []bitbucket.GPGKey{{
			Type: "gpg_key", KeyID: "ymok", Fingerprint: "h4m2", Name: "my key",
			AddedOn: at(2024, 9, 24, 12, 9, 33, 154081), CreatedOn: at(2018, 3, 20, 13, 9, 4, 207005),
			LastUsed: at(2024, 9, 25, 15, 18, 5, 196003), Owner: condensedUserValue(),
			Links: selfLink(gpg),
		}},
	}, {
		Name: "GPG subkey of before April 2026, with comment and dates of null", Source: documented,
		Year: 2025, Kind: Object, Type: "gpg_key", Operation: "GPGKeys.Get",
		Body: `{"type":"gpg_key","key_id":"ymok","fingerprint":"h4m2","parent_fingerprint":"p4r3",
			"name":"my key","comment":"old","added_on":"2024-09-24T12:09:33.154081+00:00",
			"created_on":null,"expires_on":null,"last_used":null}`,
		Want: bitbucket.GPGKey{
			Type: "gpg_key", KeyID: "ymok", Fingerprint: "h4m2",
			ParentFingerprint: "p4r3", Name: "my key", Comment: "old",
			AddedOn: at(2024, 9, 24, 12, 9, 33, 154081),
		},
	}}
}
