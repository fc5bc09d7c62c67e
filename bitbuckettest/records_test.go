package bitbuckettest_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest"
)

// Records keep their form: each is a struct that JSON reads, by the names that the file has.
func TestRecordsHaveNamesInFiles(t *testing.T) {
	for _, record := range []any{
		bitbuckettest.User{},
		bitbuckettest.Workspace{},
		bitbuckettest.Member{},
		bitbuckettest.Project{},
		bitbuckettest.Repository{},
		bitbuckettest.Group{},
		bitbuckettest.Grant{},
		bitbuckettest.Variable{},
		bitbuckettest.Environment{},
		bitbuckettest.SSHKey{},
		bitbuckettest.GPGKey{},
		bitbuckettest.DeployKey{},
		bitbuckettest.BranchRestriction{},
		bitbuckettest.Invitation{},
		bitbuckettest.File{},
		bitbuckettest.Consumer{},
	} {
		for field := range reflect.TypeOf(record).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" || name != strings.ToLower(name) {
				t.Errorf("%T.%s is %q in files", record, field.Name, name)
			}
		}
	}
}
