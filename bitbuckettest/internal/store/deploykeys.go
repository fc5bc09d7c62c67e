package store

import (
	"cmp"
	"slices"
)

// All lists the keys in the order in which they were added.
func (d *DeployKeys) All() []*DeployKey { return d.all }

// Find finds a key by its number.
func (d *DeployKeys) Find(id int) *DeployKey {
	for _, k := range d.all {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// AddDeployKey adds a key, made up when it is empty. One that is there already, or that belongs
// to a user, is ErrSSHKeyTaken.
func (s *Store) AddDeployKey(to *DeployKeys, k DeployKey) (*DeployKey, error) {
	if k.Key == "" {
		k.Key = madeSSHKey(s.NextUUID("deploy key"))
	}
	line, comment, err := ParseSSHKey(k.Key)
	if err != nil {
		return nil, err
	}
	taken := slices.ContainsFunc(to.all, func(x *DeployKey) bool { return x.Key == line })
	if taken || s.sshKeys[line] != nil {
		return nil, ErrSSHKeyTaken
	}
	s.made++
	k.ID = cmp.Or(k.ID, s.made)
	k.Key, k.Comment = line, cmp.Or(k.Comment, comment)
	k.AddedOn = orDefault(k.AddedOn)
	to.all = append(to.all, &k)
	s.wrote()
	return &k, nil
}

// RemoveDeployKey takes a key away.
func (s *Store) RemoveDeployKey(of *DeployKeys, k *DeployKey) {
	of.all = slices.DeleteFunc(slices.Clone(of.all), func(x *DeployKey) bool { return x == k })
	s.wrote()
}
