package main

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket"
)

// A person is what all bodies together say of one account.
type person struct {
	Name, Username, Type, UUID, AccountID, Status, CreatedOn fact

	Bodies   int
	Versions [3]bool // of the APIs that told of the person
	keys     []key   // under which the directory has the person
}

// A fact is a value, and the number of the body that it was last read from.
type fact struct {
	value string
	at    int
}

// learn takes a value over unless it is older or empty.
func (f *fact) learn(value string, at int) {
	if value != "" && (at >= f.at || f.value == "") {
		*f = fact{value, at}
	}
}

// A key is something that names an account: kind and value.
type key struct{ kind, value string }

// A directory knows people by all that names them.
type directory struct {
	byKey  map[key]*person
	all    map[*person]bool
	bodies int
}

func newDirectory() *directory {
	return &directory{byKey: map[key]*person{}, all: map[*person]bool{}}
}

// learn takes over what a body says. All people whom it names are one, unless two of
// them cannot be. A user name that was given away names its new owner.
func (d *directory) learn(u *bitbucket.User, version int) {
	d.bodies++
	p := &person{Bodies: 1}
	p.Versions[version] = true
	p.read(u, d.bodies)
	keys := keysOf(u)
	for _, k := range keys {
		if known := d.byKey[k]; known != nil && known != p && known.mayBe(p) {
			d.merge(known, p)
			p = known
		}
	}
	for _, k := range keys {
		d.byKey[k] = p
		if !slices.Contains(p.keys, k) {
			p.keys = append(p.keys, k)
		}
	}
	d.all[p] = true
}

// merge makes one person of two.
func (d *directory) merge(into, from *person) {
	into.merge(from)
	for _, k := range from.keys {
		if d.byKey[k] == from {
			d.byKey[k] = into
			into.keys = append(into.keys, k)
		}
	}
	delete(d.all, from)
}

// read takes over what a body says, as its number.
func (p *person) read(u *bitbucket.User, at int) {
	nameAt, typeAt := at, at
	if u.V1 != nil && u.V1.IsTeam == nil {
		typeAt = 0 // without credentials 1.0 did not tell; any better knowledge stays
	}
	if u.V1 != nil && u.V1.DisplayName == "" && u.V1.FirstName == "" && u.V1.LastName == "" {
		nameAt = 0 // it is only the user name
	}
	p.Name.learn(u.DisplayName, nameAt)
	p.Type.learn(u.Type, typeAt)
	p.UUID.learn(strings.ToLower(u.UUID.String()), at)
	p.AccountID.learn(u.AccountID, at)
	p.Status.learn(u.AccountStatus, at)
	if !u.CreatedOn.IsZero() {
		p.CreatedOn.learn(u.CreatedOn.UTC().Format("2006-01-02"), at)
	}
	for _, k := range keysOf(u) {
		if k.kind == "username" {
			name := k.value
			if strings.EqualFold(u.Username, name) {
				name = u.Username
			}
			p.Username.learn(name, at)
		}
	}
}

// mayBe reports whether nothing says that two are different people.
func (p *person) mayBe(q *person) bool {
	return alike(p.UUID, q.UUID) && alike(p.AccountID, q.AccountID)
}

func alike(a, b fact) bool { return a.value == "" || b.value == "" || a.value == b.value }

// merge takes over what is known of the same person under another key.
func (p *person) merge(q *person) {
	for into, from := range map[*fact]fact{
		&p.Name: q.Name, &p.Username: q.Username, &p.Type: q.Type, &p.UUID: q.UUID,
		&p.AccountID: q.AccountID, &p.Status: q.Status, &p.CreatedOn: q.CreatedOn,
	} {
		into.learn(from.value, from.at)
	}
	p.Bodies += q.Bodies
	for i := range p.Versions {
		p.Versions[i] = p.Versions[i] || q.Versions[i]
	}
}

// keysOf lists what names the account of a body, the surest first.
func keysOf(u *bitbucket.User) []key {
	var keys []key
	add := func(kind, value string) {
		k := key{kind, strings.ToLower(value)}
		if value != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	add("uuid", u.UUID.String())
	add("account", u.AccountID)
	add("username", u.Username)
	links := []string{u.Links.Self.Href, u.Links.HTML.Href}
	if u.V1 != nil {
		links = append(links, u.V1.ResourceURI)
	}
	for _, link := range links {
		switch name := nameIn(link); {
		case name == "":
		case strings.HasPrefix(name, "{"):
			add("uuid", name)
		case strings.Contains(name, ":"):
			add("account", name)
		default:
			add("username", name)
		}
	}
	return keys
}

// nameIn is the account that a link to an account names: the segment after
// "users" or "teams", or the only one of a link to the site.
func nameIn(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	segments := strings.Split(strings.Trim(u.Path, "/"), "/")
	for i, segment := range segments[:len(segments)-1] {
		if segment == "users" || segment == "teams" {
			return segments[i+1]
		}
	}
	if u.Host == "bitbucket.org" && len(segments) == 1 {
		return segments[0]
	}
	return ""
}

// people lists everybody by name.
func (d *directory) people() []*person {
	var all []*person
	for p := range d.all {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *person) int {
		return cmp.Or(
			strings.Compare(strings.ToLower(a.Name.value), strings.ToLower(b.Name.value)),
			strings.Compare(a.Name.value, b.Name.value),
			strings.Compare(a.Username.value, b.Username.value),
			strings.Compare(a.UUID.value, b.UUID.value),
			strings.Compare(a.AccountID.value, b.AccountID.value),
			cmp.Compare(a.Name.at, b.Name.at),
		)
	})
	return all
}
