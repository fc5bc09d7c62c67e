// Package bitbucket is a typed client for the user side of Bitbucket Cloud: who a user is, what
// they may touch, and which keys, variables and properties hang on their account.
//
// Calls are the scarce thing. Bitbucket allows a limited number in a rolling window, so a [Client]
// asks for the largest pages, spends a slot of its throttle on every attempt it sends, never goes
// over, and always knows how long it will have to wait.
//
// It has no methods for pull requests, commits, branches, webhooks or runs of pipelines. [Client.Do]
// and [ListAt] call what has no method, with the same budget, retries and checks.
//
// # Getting started
//
// Make an API token with scopes for Bitbucket, and put it into the environment with the e-mail
// address of its account: BITBUCKET_EMAIL and BITBUCKET_API_TOKEN. Each method says which scope it
// needs.
//
//	client, err := bitbucket.NewClient(bitbucket.WithEnv())
//	if err != nil {
//		return err
//	}
//	for m, err := range client.Workspaces.ListMembers(ctx, "acme").All() {
//		if err != nil {
//			return err
//		}
//		fmt.Println(m.User.DisplayName)
//	}
//
// Other credentials are [WithAPIToken], [WithAccessToken], [WithClientCredentials] and
// [WithTokenSource], which [SavingTokenSource] belongs to. A workspace is given by its slug or UUID,
// a repository likewise, a user by UUID or Atlassian account ID.
//
// # The budget
//
// The default is 100 calls in any 30 minutes, of which ten start at once and then ten a second, since
// Bitbucket's edge refuses bursts besides. Retries count. Call 101 waits for its slot, and a wait of over 30 seconds is logged; give the
// context a deadline to wait no longer than that. [WithThrottle] sets another budget, shares one
// between processes, or turns it off; [Client.Estimate] says how long a job will take, and
// [WithTrace] and [WithLogger] tell of every wait.
//
// # Lists
//
// A method that lists returns a [List] at once. Nothing is sent before the list is ranged over, and
// a page is fetched only when the loop gets there. Breaking out of the loop stops the calls.
// [Page.Next] is a cursor that may be stored and given to [From] later, in another process.
// [Prefetch] and [Parallel] fetch ahead; [Complete] finds out when items are missing since the
// order of a list changed between two pages. [Query] filters on the server, with an expression of
// package bbql.
//
// # What can go wrong
//
// An answer with a status of 300 and above is an [*Error]. It matches the sentinel of its status
// ([ErrNotFound], [ErrForbidden], …) under errors.Is, and its text says what to do where the reader
// can act: the scope that is missing, the credential that would work, the method that replaced an
// endpoint. A call that got no answer is an *Error as well, and matches what caused it.
// What is refused before the call begins (an empty identifier, options that contradict each other, a
// cursor that is none) is an error of another type, whose text says what to change.
//
//	_, err := client.Users.Get(ctx, "birch-fox")
//	if errors.Is(err, bitbucket.ErrNotFound) {
//		fmt.Println("users are known by UUID or account ID, and not by nickname")
//	}
//
// An answer is a success only when it is what the endpoint sends: a page has values that are
// objects of its type, a single object has a member of its type. Anything else is an *Error that
// matches [ErrMalformedResponse], so that nobody reads "no administrators" out of a maintenance
// page. A member that cannot be read, such as a time in a form that nobody knows, costs that member
// only, unless something would be taken for something else without it; see [Unread].
//
// When the throttle would hand out a slot only after the context's deadline, a call fails at once
// with a [*github.com/seed-9213fc64/bitbucket/throttle.WaitError]. What may be repeated is retried,
// by default up to four times, answers of 429 apart ([WithRetries]); a POST is retried only when it certainly never left,
// or after a 429.
//
// # Secrets
//
// Credentials are attached to an attempt last, and only when its scheme, host and port are those of
// the base URL. Neither links nor redirects to other places are followed. What a server
// says is kept and shown without the secrets that it was sent, in whatever form it repeats them.
//
// # Testing
//
// Package bitbuckettest is an in-memory Bitbucket for programs built on this package; it needs no
// network and works inside testing/synctest.
package bitbucket
