// Package v1 speaks and reads Bitbucket's 1.0 API. bitbucket.org has answered 410 to most of it
// since April 2019: use that for stored answers (audit archives, backups), for mirrors and programs
// that still serve 1.0, and with package bitbuckettest, whose Legacy option serves it.
//
// # Getting started
//
// [NewClient] makes a client of a [bitbucket.Client], with whose credentials, throttle and retries
// it calls. The groups of a workspace are what most programs come for:
//
//	groups, err := v1.NewClient(client).Groups.List(ctx, "acme")
//	if err != nil {
//		return err
//	}
//	fmt.Println(len(groups))
//
// # What is left of it
//
// Groups with their members, what groups may do on repositories, and invitations are in no other
// API, and bitbucket.org still answers to them, for reading: see [GroupsService],
// [GroupPrivilegesService] and [InvitationsService]. They know workspaces by their slugs only, and
// refuse those that are run from admin.atlassian.com. Their users come in a third shape, neither
// that of 1.0 before 2019 nor that of 2.0; [User] has the members of both 1.0 shapes, and its
// method User returns the account in the shape of the 2.0 API.
//
// # Stored answers
//
// [ParseAccount], [ParseFollowers], [ParseEvents], [ParseGroups] and their like read one stored
// body. [ReadArchive] reads a stream of bodies of either version, and gives each user in the shape
// of the 2.0 API, as [bitbucket.ParseUser] does:
//
//	for record, err := range v1.ReadArchive(os.Stdin) {
//		if err != nil {
//			log.Print(err) // says where the bad record is; the loop goes on
//			continue
//		}
//		fmt.Println(record.Line, record.Version, record.User.DisplayName)
//	}
//
// # Nothing is lost
//
// What was decoded and is encoded again has the members it had, with the values they had: null
// stays null, a member that was missing stays missing, a date keeps its form. Members that a type
// has no field for are in its Extra, and so is a member whose value has another form than the 1.0
// API was known to send; its field is then zero. A value made by hand leaves out what is zero.
//
// # What can go wrong
//
// Groups, privileges and invitations of a workspace that is run from admin.atlassian.com are refused
// with 400, 403, 404 or 405; an organization knows its groups itself, at another place. A workspace
// that is given by its UUID is refused before anything is sent. A record of an archive that cannot
// be read is a [RecordError], and the loop goes on.
//
// Against bitbucket.org every call of [UsersService] and [NewUserService] is [bitbucket.ErrGone],
// and its text says what to use instead.
package v1
