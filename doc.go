// Package bitbucket is a typed client for the user side of Bitbucket Cloud: who a user is, what
// they may touch, and which keys, variables and properties hang on their account.
//
// Calls are the scarce thing. Bitbucket allows a limited number in a rolling window, so a [Client]
// asks for the largest pages, spends a slot of its throttle on every attempt it sends, never goes
// over, and always knows how long it will have to wait. The default budget is 100 calls in 30
// minutes; see [WithThrottle], and [Client.Estimate] for how long a job will take.
//
//	client, err := bitbucket.NewClient(bitbucket.WithAPIToken(email, token))
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
// # Lists
//
// A method that lists returns a [List] at once. Nothing is sent before the list is ranged over, and
// a page is fetched only when the loop gets there. Breaking out of the loop stops the calls.
// [Page.Next] is a cursor that may be stored and given to [From] later, in another process.
// [Prefetch] and [Parallel] fetch ahead; [Complete] makes sure that no item is missing when the
// order of a list changes between two pages.
//
// # Answers and errors
//
// An answer is a success only when it is what the endpoint sends: a page has values that are
// objects of its type, a single object has a member of its type. Anything else is an [*Error] that
// matches [ErrMalformedResponse], so that nobody reads "no administrators" out of a maintenance
// page. A member that cannot be read, such as a time in a form that nobody knows, costs that member
// only, unless something would be taken for something else without it; see [Unread].
//
// An answer with a status of 300 and above is an [*Error]. It matches the sentinel of its status
// ([ErrNotFound], [ErrForbidden], …) under errors.Is, and its text says what to do where the reader
// can act. When the throttle would hand out a slot only after the context's deadline, a call fails
// at once with a [*github.com/seed-9213fc64/bitbucket/throttle.WaitError].
//
// # Credentials
//
// Credentials are attached to an attempt last, and only when its scheme, host and port are those of
// the base URL. Links to other places are not followed, and neither are redirects. What a server
// says is kept and shown without the secrets that it was sent, in whatever form it repeats them.
//
// # Testing
//
// Package bitbuckettest is an in-memory Bitbucket for programs built on this package; it needs no
// network and works inside testing/synctest.
package bitbucket
