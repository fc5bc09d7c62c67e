package view

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/cmd/internal/access"
)

// A Fold is who may do what in a workspace, with those put together who may do the same: people
// with equal rights, and repositories with equal access. It loses nobody and nothing, and takes
// room for what differs alone. Repositories are numbered, so that a permission is one number.
type Fold struct {
	Workspace *access.Workspace
	Slugs     []string // of repositories, by number
	Sets      []Set    // the most privileged people first
	Alike     []Alike  // the repositories with the most admins first

	projects []string // keys by number of repository
	numbers  map[string]int32
}

// A Set is people with equal rights: the same role, and the same permission on each repository.
type Set struct {
	People []*access.Person // by name
	Held   []Held           // the highest permission first

	rank [1 + ranks]int
}

// A Held is the repositories on which people have the same permission, by number.
type Held struct {
	Permission   bitbucket.Permission
	Repositories []int32
}

// An Alike is repositories with equal access: the same people with the same permission on each.
type Alike struct {
	Repositories []int32
	Grants       []Grant
	Admins       int // people
	People       int
}

// A Grant is a set of people, by number, and what they may do.
type Grant struct {
	Set        int32
	Permission bitbucket.Permission
}

// NewFold folds a workspace.
func NewFold(w *access.Workspace) *Fold {
	f := &Fold{
		Workspace: w, numbers: make(map[string]int32, len(w.Repositories)),
		Slugs: make([]string, 0, len(w.Repositories)),
	}
	for i := range w.Repositories {
		f.number(w.Repositories[i].Slug)
	}
	f.foldPeople()
	f.foldRepositories()
	return f
}

// number is that of a repository. One that is in no list but that of permissions gets one, too.
func (f *Fold) number(slug string) int32 {
	n, known := f.numbers[slug]
	if !known {
		n = int32(len(f.Slugs))
		f.numbers[slug] = n
		f.Slugs = append(f.Slugs, slug)
		project := ""
		if i := int(n); i < len(f.Workspace.Repositories) {
			project = f.Workspace.Repositories[i].Project
		}
		f.projects = append(f.projects, project)
	}
	return n
}

// foldPeople puts people with equal rights together.
func (f *Fold) foldPeople() {
	at := map[[sha256.Size]byte]int{}
	var text []byte
	for i := range f.Workspace.People {
		p := &f.Workspace.People[i]
		held := make([]Held, len(p.Permissions))
		text = appendText(text[:0], p.Kind())
		for j, h := range p.Permissions {
			held[j] = Held{h.Permission, make([]int32, len(h.Repositories))}
			text = appendText(text, string(h.Permission))
			text = binary.AppendUvarint(text, uint64(len(h.Repositories)))
			for k, slug := range h.Repositories {
				n := f.number(slug)
				held[j].Repositories[k] = n
				text = binary.AppendUvarint(text, uint64(n))
			}
		}
		key := sha256.Sum256(text)
		n, known := at[key]
		if !known {
			n = len(f.Sets)
			at[key] = n
			f.Sets = append(f.Sets, Set{Held: held, rank: rankOf(p)})
		}
		f.Sets[n].People = append(f.Sets[n].People, p)
	}
	slices.SortStableFunc(f.Sets, func(a, b Set) int { return slices.Compare(b.rank[:], a.rank[:]) })
}

// appendText adds a text so that its end is told from what follows.
func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// ranks is how many ranks permissions have, that of those that nobody knows included.
const ranks = 5

// rankOf orders people, the privileged ones last: by their role in the workspace, then by how many
// repositories they have the highest permission on, the second highest, and so on.
func rankOf(p *access.Person) (rank [1 + ranks]int) {
	switch {
	case p.Role == bitbucket.PermissionOwner:
		rank[0] = 2
	case unknownRole(p):
		rank[0] = 1
	}
	for _, h := range p.Permissions {
		rank[1+ranks-access.Rank(h.Permission)] += len(h.Repositories)
	}
	return rank
}

// unknownRole reports whether somebody has a role that this program does not know.
func unknownRole(p *access.Person) bool {
	return p.Role != "" && !p.Role.AtLeast(bitbucket.PermissionCollaborator)
}

// foldRepositories puts repositories with equal access together.
func (f *Fold) foldRepositories() {
	grants := f.grants()
	at := map[[sha256.Size]byte]int{}
	var text []byte
	for n := range f.Slugs {
		text = text[:0]
		for _, g := range grants[n] {
			text = binary.AppendUvarint(text, uint64(g.Set))
			text = appendText(text, string(g.Permission))
		}
		key := sha256.Sum256(text)
		i, known := at[key]
		if !known {
			i = len(f.Alike)
			at[key] = i
			a := Alike{Grants: grants[n]}
			for _, g := range a.Grants {
				people := len(f.Sets[g.Set].People)
				a.People += people
				if access.Rank(g.Permission) >= access.Rank(bitbucket.PermissionAdmin) {
					a.Admins += people
				}
			}
			f.Alike = append(f.Alike, a)
		}
		f.Alike[i].Repositories = append(f.Alike[i].Repositories, int32(n))
	}
	slices.SortStableFunc(f.Alike, func(a, b Alike) int {
		return cmp.Or(b.Admins-a.Admins, b.People-a.People)
	})
}

// grants lists who may do what on each repository, the sets of people in their order. The lists lie
// in one piece of memory, since there can be as many as permissions.
func (f *Fold) grants() [][]Grant {
	counts, all := make([]int, len(f.Slugs)), 0
	for i := range f.Sets {
		for _, h := range f.Sets[i].Held {
			all += len(h.Repositories)
			for _, n := range h.Repositories {
				counts[n]++
			}
		}
	}
	piece, lists := make([]Grant, all), make([][]Grant, len(f.Slugs))
	for n, count := range counts {
		lists[n], piece = piece[:0:count], piece[count:]
	}
	for i := range f.Sets {
		for _, h := range f.Sets[i].Held {
			for _, n := range h.Repositories {
				lists[n] = append(lists[n], Grant{int32(i), h.Permission})
			}
		}
	}
	return lists
}
