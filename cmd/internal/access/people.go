package access

import (
	"cmp"
	"fmt"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// people are all accounts that were met, each once. An account is known by its UUID or its account
// ID, never by a name: names are shared, and anybody may take any nickname. Whoever has neither is
// somebody else each time.
type people struct {
	all       []known
	byUUID    map[string]int32
	byAccount map[string]int32
	nameless  int
}

// known is what is known about one account.
type known struct {
	Account
	nameless     int // its number among those who cannot be identified
	role         bitbucket.Permission
	lastAccessed time.Time
	addedOn      time.Time
	email        string
	met          bool // as a member, or with a permission
	same         int32
}

func newPeople() *people {
	return &people{byUUID: map[string]int32{}, byAccount: map[string]int32{}}
}

// find returns the number of an account, a new one when it was not met before.
func (p *people) find(a Account) int32 {
	u, byUUID := p.byUUID[a.UUID]
	i, byAccount := p.byAccount[a.AccountID]
	switch {
	case byUUID && byAccount:
		u, i = p.root(u), p.root(i)
		if u != i { // met by one name and by the other before somebody had both
			p.merge(u, i)
		}
	case byAccount:
		u = p.root(i)
	case byUUID:
		u = p.root(u)
	default:
		u = int32(len(p.all))
		p.all = append(p.all, known{same: u})
	}
	p.learn(u, a)
	return u
}

// learn adds what an item says to what is known, and what names the account to the indexes.
func (p *people) learn(n int32, a Account) {
	k := &p.all[n]
	k.UUID, k.AccountID = cmp.Or(k.UUID, a.UUID), cmp.Or(k.AccountID, a.AccountID)
	k.Name, k.Nickname = cmp.Or(k.Name, a.Name), cmp.Or(k.Nickname, a.Nickname)
	k.Type, k.Status = cmp.Or(k.Type, a.Type), cmp.Or(k.Status, a.Status)
	if k.TwoStep == nil {
		k.TwoStep = a.TwoStep
	}
	if k.UUID != "" {
		p.byUUID[k.UUID] = n
	}
	if k.AccountID != "" {
		p.byAccount[k.AccountID] = n
	}
	if k.UUID == "" && k.AccountID == "" && k.nameless == 0 {
		p.nameless++
		k.nameless = p.nameless
	}
}

// merge makes two numbers one account.
func (p *people) merge(into, from int32) {
	k := p.all[from]
	p.all[from].same = into
	p.learn(into, k.Account)
	p.hasRole(into, k.role)
	t := &p.all[into]
	t.met = t.met || k.met
	t.email = cmp.Or(t.email, k.email)
	if k.lastAccessed.After(t.lastAccessed) {
		t.lastAccessed = k.lastAccessed
	}
	if t.addedOn.IsZero() {
		t.addedOn = k.addedOn
	}
}

// root is the number that an account goes by.
func (p *people) root(n int32) int32 {
	for p.all[n].same != n {
		n = p.all[n].same
	}
	return n
}

// hasRole notes a role, and keeps the highest. It reports whether the account had none before.
func (p *people) hasRole(n int32, role bitbucket.Permission) bool {
	k := &p.all[n]
	first := k.role == ""
	if role != "" && (first || roleRank(role) > roleRank(k.role)) {
		k.role = role
	}
	return first
}

// roleRank orders roles in a workspace. One that nobody knows is above all others.
func roleRank(role bitbucket.Permission) int {
	switch role {
	case bitbucket.PermissionCollaborator:
		return 1
	case bitbucket.PermissionMember:
		return 2
	case bitbucket.PermissionCreateProject:
		return 3
	case bitbucket.PermissionOwner:
		return 4
	}
	return 5
}

// id is what identifies an account in a report.
func (k *known) id() string {
	if k.nameless > 0 && k.UUID == "" && k.AccountID == "" {
		return fmt.Sprintf("unidentified %d", k.nameless)
	}
	return cmp.Or(k.UUID, k.AccountID)
}

// person makes what a report says of an account.
func (k *known) person() Person {
	return Person{
		ID: k.id(), UUID: k.UUID, AccountID: k.AccountID, Name: cmp.Or(k.Name, k.Nickname, k.id()),
		Nickname: k.Nickname, Type: cmp.Or(k.Type, "user"), Status: k.Status, TwoStep: k.TwoStep,
		Role: k.role, LastAccessed: timeOf(k.lastAccessed), AddedOn: timeOf(k.addedOn), Email: k.email,
		Permissions: []Holding{}, Identified: k.UUID != "" || k.AccountID != "",
	}
}
