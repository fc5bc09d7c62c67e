package bitbuckettest

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seed-9213fc64/bitbucket/bitbuckettest/internal/query"
)

func (c *call) listSSHKeys() (answer, error) {
	u, err := c.ownAccount()
	if err != nil {
		return answer{}, err
	}
	return paged(c, u.sshKeys, func(k *SSHKey) object { return c.sshKeyDoc(u, k) })
}

func (c *call) addSSHKey() (answer, error) {
	u, err := c.ownAccount()
	if err != nil {
		return answer{}, err
	}
	var wanted struct{ Key, Label string }
	if err := c.decode(&wanted); err != nil {
		return answer{}, err
	}
	line, comment, err := parseSSHKey(wanted.Key)
	if err != nil {
		return answer{}, failFields("key", err.Error())
	}
	if c.srv.hasSSHKey(line) {
		return answer{}, failFields("key", "Someone has already registered that SSH key.")
	}
	k := SSHKey{Key: line, Comment: comment, Label: wanted.Label, CreatedOn: time.Now()}
	if raw := c.query.get("expires_on"); raw != "" {
		if k.ExpiresOn, err = parseDate(raw); err != nil || !k.ExpiresOn.After(time.Now()) {
			return answer{}, failFields("expires_on", "It must be an ISO 8601 date or date-time in the future.")
		}
	}
	added := c.srv.addSSHKey(u, k)
	return created(c.base+sshKeyPath(u, added), c.sshKeyDoc(u, added))
}

func (c *call) getSSHKey() (answer, error) {
	u, k, err := c.sshKey()
	if err != nil {
		return answer{}, err
	}
	return ok(c.sshKeyDoc(u, k))
}

func (c *call) updateSSHKey() (answer, error) {
	u, k, err := c.sshKey()
	if err != nil {
		return answer{}, err
	}
	var wanted struct{ Key, Label, Comment *string }
	if err := c.decode(&wanted); err != nil {
		return answer{}, err
	}
	if wanted.Key != nil && *wanted.Key != k.Key {
		return answer{}, failFields("key", "A key cannot be changed. Delete it and add another one.")
	}
	if wanted.Label != nil {
		k.Label = *wanted.Label
	}
	if wanted.Comment != nil {
		k.Comment = *wanted.Comment
	}
	return ok(c.sshKeyDoc(u, k))
}

func (c *call) deleteSSHKey() (answer, error) {
	if id := strings.Trim(c.vars["key_id"], "{}"); len(id) != 36 || strings.Count(id, "-") != 4 {
		return answer{}, failFields("key_id", "It must be a UUID.")
	}
	u, k, err := c.sshKey()
	if err != nil {
		return answer{}, err
	}
	u.sshKeys = slices.DeleteFunc(u.sshKeys, func(other *SSHKey) bool { return other == k })
	return noContent()
}

// sshKey finds the key of the path, with and without braces.
func (c *call) sshKey() (*user, *SSHKey, error) {
	u, err := c.ownAccount()
	if err != nil {
		return nil, nil, err
	}
	id := "{" + strings.Trim(c.vars["key_id"], "{}") + "}"
	if k := find(u.sshKeys, func(k *SSHKey) bool { return sameUUID(k.UUID, id) }); k != nil {
		return u, k, nil
	}
	return nil, nil, fail(http.StatusNotFound, c.vars["key_id"])
}

func (s *Server) addSSHKey(u *user, k SSHKey) *SSHKey {
	if k.UUID == "" {
		k.UUID = s.nextUUID("ssh key")
	}
	u.sshKeys = append(u.sshKeys, &k)
	return &k
}

func (s *Server) hasSSHKey(line string) bool {
	return slices.ContainsFunc(s.users, func(u *user) bool {
		return slices.ContainsFunc(u.sshKeys, func(k *SSHKey) bool { return k.Key == line })
	})
}

// parseSSHKey splits an OpenSSH line into the key and its comment.
func parseSSHKey(text string) (line, comment string, err error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return "", "", errors.New("Invalid SSH key: it must be the type, the key in base64, and optionally a comment.")
	}
	raw, err := base64.StdEncoding.DecodeString(fields[1])
	named := binary.BigEndian.AppendUint32(nil, uint32(len(fields[0])))
	if err != nil || !bytes.HasPrefix(raw, append(named, fields[0]...)) {
		return "", "", errors.New("Invalid SSH key: the key is not one of type " + fields[0] + ".")
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

func sshFingerprint(line string) string {
	_, key, _ := strings.Cut(line, " ")
	raw, _ := base64.StdEncoding.DecodeString(key)
	sum := sha256.Sum256(raw)
	return base64.RawStdEncoding.EncodeToString(sum[:])
}

func parseDate(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("not a date: " + text)
}

func (c *call) listGPGKeys() (answer, error) {
	u, err := c.ownAccount()
	if err != nil {
		return answer{}, err
	}
	return paged(c, u.gpgKeys, func(k *GPGKey) object { return c.asked(c.gpgKeyDoc(u, k, nil), "values.") })
}

// asked leaves out what is only there when fields names it.
func (c *call) asked(doc object, prefix string) object {
	for _, name := range []string{"key", "subkeys"} {
		if !query.Wants(c.query.get("fields"), prefix+name) {
			delete(doc, name)
		}
	}
	return doc
}

func (c *call) addGPGKey() (answer, error) {
	u, err := c.ownAccount()
	if err != nil {
		return answer{}, err
	}
	var wanted struct{ Key, Name string }
	if err := c.decode(&wanted); err != nil {
		return answer{}, err
	}
	fingerprint, err := parseGPGKey(wanted.Key)
	if err != nil {
		return answer{}, failFields("key", err.Error())
	}
	for _, other := range c.srv.users {
		if k, _ := other.gpgKey(fingerprint); k != nil {
			return answer{}, failFields("key", "Someone has already registered that GPG key.")
		}
	}
	k := &GPGKey{Key: wanted.Key, Name: wanted.Name, Fingerprint: fingerprint, KeyID: fingerprint[len(fingerprint)-16:],
		AddedOn: time.Now(), CreatedOn: time.Now()}
	u.gpgKeys = append(u.gpgKeys, k)
	return created(c.base+gpgKeyPath(u, k), c.asked(c.gpgKeyDoc(u, k, nil), ""))
}

func (c *call) getGPGKey() (answer, error) {
	u, k, parent, err := c.gpgKey()
	if err != nil {
		return answer{}, err
	}
	return ok(c.asked(c.gpgKeyDoc(u, k, parent), ""))
}

func (c *call) deleteGPGKey() (answer, error) {
	if strings.Trim(c.vars["fingerprint"], "0123456789abcdefABCDEF") != "" {
		return answer{}, failFields("fingerprint", "It must be hexadecimal.")
	}
	u, k, parent, err := c.gpgKey()
	if err != nil {
		return answer{}, err
	}
	if parent != nil {
		return answer{}, forbidden("A subkey cannot be deleted. Delete its parent.")
	}
	u.gpgKeys = slices.DeleteFunc(u.gpgKeys, func(other *GPGKey) bool { return other == k })
	return noContent()
}

// gpgKey finds the key or subkey of the path.
func (c *call) gpgKey() (u *user, k, parent *GPGKey, err error) {
	if u, err = c.ownAccount(); err != nil {
		return nil, nil, nil, err
	}
	if k, parent = u.gpgKey(c.vars["fingerprint"]); k == nil {
		return nil, nil, nil, fail(http.StatusNotFound, c.vars["fingerprint"])
	}
	return u, k, parent, nil
}

// gpgKey finds a key by its fingerprint in either case; parent is set for a subkey.
func (u *user) gpgKey(fingerprint string) (k, parent *GPGKey) {
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

const (
	beginGPG = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
	endGPG   = "-----END PGP PUBLIC KEY BLOCK-----"
)

// parseGPGKey checks the armour of a key and derives a fingerprint from what it holds. It is not the fingerprint that
// other programs compute.
func parseGPGKey(armoured string) (fingerprint string, err error) {
	text := strings.TrimSpace(strings.ReplaceAll(armoured, "\r\n", "\n"))
	inside, begun := strings.CutPrefix(text, beginGPG)
	inside, ended := strings.CutSuffix(inside, endGPG)
	_, inside, headed := strings.Cut(inside, "\n\n")
	if !begun || !ended || !headed {
		return "", errors.New("Invalid GPG key: it must be an armoured public key block.")
	}
	var packed strings.Builder
	for line := range strings.Lines(inside) {
		if !strings.HasPrefix(line, "=") { // the checksum
			packed.WriteString(strings.TrimSpace(line))
		}
	}
	raw, err := base64.StdEncoding.DecodeString(packed.String())
	if err != nil || len(raw) == 0 {
		return "", errors.New("Invalid GPG key: the block holds no base64.")
	}
	return fmt.Sprintf("%x", sha1.Sum(raw)), nil
}

// madeGPGKey makes up a key of the right form.
func madeGPGKey(seed string) string {
	point := sha256.Sum256([]byte(seed))
	return beginGPG + "\n\n" + base64.StdEncoding.EncodeToString(point[:]) + "\n" + endGPG
}
