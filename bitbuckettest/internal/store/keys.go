package store

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Reasons why a key is refused.
var (
	ErrSSHKeyTaken = errors.New("someone has already registered that SSH key")
	ErrGPGKeyTaken = errors.New("someone has already registered that GPG key")
)

// AddSSHKey adds a key, made up when it is empty. One that somebody has already is
// ErrSSHKeyTaken.
func (u *User) AddSSHKey(k SSHKey) (*SSHKey, error) {
	if k.Key == "" {
		k.Key = madeSSHKey(u.store.NextUUID("ssh"))
	}
	line, comment, err := ParseSSHKey(k.Key)
	switch {
	case err != nil:
		return nil, err
	case u.store.sshKeys[line] != nil:
		return nil, ErrSSHKeyTaken
	}
	k.Key, k.Comment = line, cmp.Or(k.Comment, comment)
	k.CreatedOn = orDefault(k.CreatedOn)
	k.UUID = cmp.Or(k.UUID, u.store.NextUUID("ssh key"))
	u.sshKeys.add(&k, k.UUID)
	u.store.sshKeys[line] = u
	u.store.wrote()
	return &k, nil
}

// SSHKeys lists the keys in the order in which they were added.
func (u *User) SSHKeys() []*SSHKey { return u.sshKeys.all }

// SSHKey finds a key by its UUID, with and without braces.
func (u *User) SSHKey(id string) *SSHKey {
	return u.sshKeys.find("{" + strings.Trim(id, "{}") + "}")
}

// ChangeSSHKey changes the label and the comment; nil leaves them as they are.
func (u *User) ChangeSSHKey(k *SSHKey, label, comment *string) {
	if label != nil {
		k.Label = *label
	}
	if comment != nil {
		k.Comment = *comment
	}
	u.store.wrote()
}

// RemoveSSHKey takes a key away.
func (u *User) RemoveSSHKey(k *SSHKey) {
	u.sshKeys.remove(k, k.UUID)
	delete(u.store.sshKeys, k.Key)
	u.store.wrote()
}

// Fingerprint is that of SHA-256, in base64 and without a prefix.
func (k *SSHKey) Fingerprint() string { return sshFingerprint(k.Key) }

func sshFingerprint(line string) string {
	_, key, _ := strings.Cut(line, " ")
	raw, _ := base64.StdEncoding.DecodeString(key)
	sum := sha256.Sum256(raw)
	return base64.RawStdEncoding.EncodeToString(sum[:])
}

// ParseSSHKey splits an OpenSSH line into the key and its comment.
func ParseSSHKey(text string) (line, comment string, err error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return "", "", errors.New("invalid SSH key: it must be the type, the key in base64, " +
			"and optionally a comment")
	}
	raw, err := base64.StdEncoding.DecodeString(fields[1])
	named := binary.BigEndian.AppendUint32(nil, uint32(len(fields[0])))
	if err != nil || !bytes.HasPrefix(raw, append(named, fields[0]...)) {
		return "", "", errors.New("invalid SSH key: the key is not one of type " + fields[0])
	}
	return fields[0] + " " + fields[1], strings.Join(fields[2:], " "), nil
}

// madeSSHKey makes up a key of the right form.
func madeSSHKey(seed string) string {
	const name = "ssh-ed25519"
	point := sha256.Sum256([]byte(seed))
	raw := append(binary.BigEndian.AppendUint32(nil, uint32(len(name))), name...)
	raw = append(binary.BigEndian.AppendUint32(raw, uint32(len(point))), point[:]...)
	return name + " " + base64.StdEncoding.EncodeToString(raw)
}

// AddGPGKey adds a key, made up when it is empty. One that somebody has already is
// ErrGPGKeyTaken.
func (u *User) AddGPGKey(k GPGKey) (*GPGKey, error) {
	k.Subkeys = slices.Clone(k.Subkeys)
	if err := u.store.fillGPGKey(&k); err != nil {
		return nil, err
	}
	for i := range k.Subkeys {
		if err := u.store.fillGPGKey(&k.Subkeys[i]); err != nil {
			return nil, err
		}
	}
	if u.store.gpgKeys[k.Fingerprint] != nil {
		return nil, ErrGPGKeyTaken
	}
	u.gpgKeys = append(u.gpgKeys, &k)
	for _, print := range k.fingerprints() {
		u.store.gpgKeys[print] = u
	}
	u.store.wrote()
	return &k, nil
}

// fillGPGKey sets what was left out of a key.
func (s *Store) fillGPGKey(k *GPGKey) error {
	if k.Key == "" {
		k.Key = madeGPGKey(s.NextUUID("gpg"))
	}
	fingerprint, err := parseGPGKey(k.Key)
	if err != nil {
		return err
	}
	k.Fingerprint = strings.ToLower(cmp.Or(k.Fingerprint, fingerprint))
	k.KeyID = cmp.Or(k.KeyID, k.Fingerprint[max(0, len(k.Fingerprint)-16):])
	k.AddedOn, k.CreatedOn = orDefault(k.AddedOn), orDefault(k.CreatedOn)
	return nil
}

// fingerprints are that of the key and those of its subkeys.
func (k *GPGKey) fingerprints() []string {
	all := []string{k.Fingerprint}
	for _, sub := range k.Subkeys {
		all = append(all, sub.Fingerprint)
	}
	return all
}

// GPGKeys lists the keys in the order in which they were added.
func (u *User) GPGKeys() []*GPGKey { return u.gpgKeys }

// GPGKey finds a key by its fingerprint in either case; parent is set for a subkey.
func (u *User) GPGKey(fingerprint string) (k, parent *GPGKey) {
	for _, k := range u.gpgKeys {
		if strings.EqualFold(k.Fingerprint, fingerprint) {
			return k, nil
		}
		for i := range k.Subkeys {
			if strings.EqualFold(k.Subkeys[i].Fingerprint, fingerprint) {
				return &k.Subkeys[i], k
			}
		}
	}
	return nil, nil
}

// RemoveGPGKey takes a key away, and its subkeys with it.
func (u *User) RemoveGPGKey(k *GPGKey) {
	u.gpgKeys = slices.DeleteFunc(slices.Clone(u.gpgKeys),
		func(other *GPGKey) bool { return other == k })
	for _, print := range k.fingerprints() {
		delete(u.store.gpgKeys, print)
	}
	u.store.wrote()
}

const (
	beginGPG = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
	endGPG   = "-----END PGP PUBLIC KEY BLOCK-----"
)

// parseGPGKey checks the armour of a key and derives a fingerprint from what it holds. It is not
// the fingerprint that other programs compute.
func parseGPGKey(armoured string) (fingerprint string, err error) {
	text := strings.TrimSpace(strings.ReplaceAll(armoured, "\r\n", "\n"))
	inside, begun := strings.CutPrefix(text, beginGPG)
	inside, ended := strings.CutSuffix(inside, endGPG)
	_, inside, headed := strings.Cut(inside, "\n\n")
	if !begun || !ended || !headed {
		return "", errors.New("invalid GPG key: it must be an armoured public key block")
	}
	var packed strings.Builder
	for line := range strings.Lines(inside) {
		if !strings.HasPrefix(line, "=") { // the checksum
			packed.WriteString(strings.TrimSpace(line))
		}
	}
	raw, err := base64.StdEncoding.DecodeString(packed.String())
	if err != nil || len(raw) == 0 {
		return "", errors.New("invalid GPG key: the block holds no base64")
	}
	return fmt.Sprintf("%x", sha1.Sum(raw)), nil
}

// madeGPGKey makes up a key of the right form.
func madeGPGKey(seed string) string {
	point := sha256.Sum256([]byte(seed))
	return beginGPG + "\n\n" + base64.StdEncoding.EncodeToString(point[:]) + "\n" + endGPG
}
