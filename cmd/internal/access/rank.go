package access

import (
	"strings"

	"github.com/seed-9213fc64/bitbucket"
)

// Known reports whether a permission on a repository or a project is one that this program can
// compare.
func Known(p bitbucket.Permission) bool { return p.AtLeast(bitbucket.PermissionNone) }

// Rank orders permissions on repositories and projects. One that nobody knows is above all others:
// whoever has it must not be taken for harmless.
func Rank(p bitbucket.Permission) int {
	ladder := []bitbucket.Permission{
		bitbucket.PermissionRead, bitbucket.PermissionWrite, bitbucket.PermissionCreateRepo,
		bitbucket.PermissionAdmin,
	}
	if p == "" || p == bitbucket.PermissionNone {
		return 0
	}
	for i, known := range ladder {
		if p == known {
			return i + 1
		}
	}
	return len(ladder) + 1
}

// Held reports whether a permission is one at all.
func Held(p bitbucket.Permission) bool { return Rank(p) > 0 }

// OnRepository is what a permission on a project means for its repositories.
func OnRepository(p bitbucket.Permission) bitbucket.Permission {
	if p == bitbucket.PermissionCreateRepo {
		return bitbucket.PermissionWrite
	}
	return p
}

// comparePermissions orders permissions, the highest first.
func comparePermissions(a, b bitbucket.Permission) int {
	if d := Rank(b) - Rank(a); d != 0 {
		return d
	}
	return strings.Compare(string(a), string(b))
}

func compareText(a, b string) int { return strings.Compare(a, b) }
