package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/seed-9213fc64/bitbucket"
)

// The SSH keys of the person whose credential it is: which of them were never used.
func ExampleSSHKeysService() {
	client, ctx := exampleClient(), context.Background()
	me, err := client.Users.Current(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for key, err := range client.SSHKeys.List(ctx, string(me.UUID)).All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(key.Label, "never used:", key.LastUsed.IsZero(), "ends:", !key.ExpiresOn.IsZero())
	}
	// Output:
	// laptop never used: false ends: false
	// old machine never used: true ends: true
}

// A key that ends, and another label for it.
func ExampleSSHKeysService_Add() {
	client, ctx := exampleClient(), context.Background()
	me, err := client.Users.Current(ctx)
	if err != nil {
		log.Fatal(err)
	}
	key, err := client.SSHKeys.Add(ctx, string(me.UUID), bitbucket.NewSSHKey{
		Key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF2/bGU8CkCk5UkvQBVPGmbWxGyEv0vPpvmwV4wkWJ3k " +
			"amber@desk",
		Label:     bitbucket.Set("desk"),
		ExpiresOn: time.Date(2027, time.June, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Label, key.Comment, key.ExpiresOn.Format(time.DateOnly))
	key, err = client.SSHKeys.Update(ctx, string(me.UUID), string(key.UUID),
		bitbucket.SSHKeyUpdate{Label: bitbucket.Set("desk at home")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Label)
	// Output:
	// desk amber@desk 2027-06-01
	// desk at home
}

// GPG keys are known by their fingerprints; subkeys come when Fields asks for them.
func ExampleGPGKeysService() {
	client, ctx := exampleClient(), context.Background()
	me, err := client.Users.Current(ctx)
	if err != nil {
		log.Fatal(err)
	}
	key, err := client.GPGKeys.List(ctx, string(me.UUID)).First()
	if err != nil {
		log.Fatal(err)
	}
	again, err := client.GPGKeys.Get(ctx, string(me.UUID), key.Fingerprint,
		bitbucket.Fields("+subkeys"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.Name, "with", len(again.Subkeys), "subkey")
	// Output: signing with 1 subkey
}

// Deploy keys belong to nobody: whoever has the private half reads the repository.
func ExampleDeployKeysService() {
	client, ctx := exampleClient(), context.Background()
	keys := client.DeployKeys.OnRepository("acme", "plat-api")
	for key, err := range keys.List(ctx).All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(key.Label, "by", key.By().DisplayName, key.Since().Format(time.DateOnly))
		if err := keys.Delete(ctx, key.ID); err != nil {
			log.Fatal(err)
		}
	}
	_, err := keys.List(ctx).First()
	fmt.Println(errors.Is(err, bitbucket.ErrNoItems))
	// Output:
	// build agent by Amber Fox 2025-05-06
	// true
}
