package v1

import (
	"encoding/json"
)

// Events is a stretch of the events of an account.
type Events struct {
	Count  int // how many there are in all
	Events []Event

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// An Event is something that somebody did.
type Event struct {
	Event       EventName
	Node        string // the commit of a commit event
	Description Description
	Repository  *Repository // nil when the event is about none
	User        *User       // nil when it is not told who did it

	CreatedOn    Date // in Amsterdam's time; of a commit event: when the commit was made
	UTCCreatedOn Date

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// A Description says more about an event: a text, the commits of a push, or nothing.
type Description struct {
	Text    string
	Commits []Commit

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// A Commit is one of the commits of a push.
type Commit struct {
	Hash        string
	Description string

	Extra map[string]json.RawMessage // members without a field here

	forms []form
}

// An EventName says what happened. Names that are not listed here are kept.
type EventName string

// The events of repositories.
const (
	EventCommit EventName = "commit"
	EventCreate EventName = "create"
	EventDelete EventName = "delete"
	EventStrip  EventName = "strip"
	EventFork   EventName = "fork"
	EventMQ     EventName = "mq"
	EventPushed EventName = "pushed"

	EventFileUploaded EventName = "file_uploaded"

	EventCsetCommentCreated EventName = "cset_comment_created"
	EventCsetCommentUpdated EventName = "cset_comment_updated"
	EventCsetCommentDeleted EventName = "cset_comment_deleted"
	EventCsetLike           EventName = "cset_like"
	EventCsetUnlike         EventName = "cset_unlike"
)

// The events of wikis.
const (
	EventWikiCreated EventName = "wiki_created"
	EventWikiUpdated EventName = "wiki_updated"
	EventWikiDeleted EventName = "wiki_deleted"
)

// The events of following.
const (
	EventStartFollowUser  EventName = "start_follow_user"
	EventStopFollowUser   EventName = "stop_follow_user"
	EventStartFollowRepo  EventName = "start_follow_repo"
	EventStopFollowRepo   EventName = "stop_follow_repo"
	EventStartFollowIssue EventName = "start_follow_issue"
	EventStopFollowIssue  EventName = "stop_follow_issue"
)

// The events of issues.
const (
	EventReportIssue  EventName = "report_issue"
	EventIssueUpdate  EventName = "issue_update"
	EventIssueComment EventName = "issue_comment"
)

// The events of pull requests.
const (
	EventPullRequestCreated    EventName = "pullrequest_created"
	EventPullRequestUpdated    EventName = "pullrequest_updated"
	EventPullRequestFulfilled  EventName = "pullrequest_fulfilled"
	EventPullRequestRejected   EventName = "pullrequest_rejected"
	EventPullRequestSuperseded EventName = "pullrequest_superseded"
	EventPullRequestLike       EventName = "pullrequest_like"
	EventPullRequestUnlike     EventName = "pullrequest_unlike"

	EventPullRequestCommentCreated EventName = "pullrequest_comment_created"
	EventPullRequestCommentUpdated EventName = "pullrequest_comment_updated"
	EventPullRequestCommentDeleted EventName = "pullrequest_comment_deleted"
)

func (e *Events) layout() layout {
	return layout{&e.Extra, &e.forms, []field{{"count", val(&e.Count)}, {"events", many(&e.Events)}}}
}

func (e *Event) layout() layout {
	return layout{&e.Extra, &e.forms, []field{
		{"node", val(&e.Node)},
		{"description", descriptionSlot{&e.Description}},
		{"repository", one(&e.Repository)},
		{"created_on", val(&e.CreatedOn)},
		{"user", one(&e.User)},
		{"utc_created_on", val(&e.UTCCreatedOn)},
		{"event", val(&e.Event)},
	}}
}

func (d *Description) layout() layout {
	return layout{&d.Extra, &d.forms, []field{{"commits", many(&d.Commits)}}}
}

func (c *Commit) layout() layout {
	return layout{&c.Extra, &c.forms, []field{{"hash", val(&c.Hash)}, {"description", val(&c.Description)}}}
}

// descriptionSlot is the place of a description, whatever its form.
type descriptionSlot struct{ p *Description }

func (s descriptionSlot) read(value []byte, depth int) (form, error) {
	var d Description
	if err := d.read(value, depth); err != nil {
		return missing, err
	}
	*s.p = d
	return zero, nil
}

func (s descriptionSlot) write() (any, bool) {
	d := *s.p
	return d, d.Text == "" && d.Commits == nil && d.Extra == nil && d.forms == nil
}

func (d *Description) read(value []byte, depth int) error {
	if len(value) > 0 && value[0] == '"' {
		return json.Unmarshal(value, &d.Text)
	}
	return readObject(value, d.layout(), depth+1)
}

// UnmarshalJSON reads a description: a text, an object, or null.
func (d *Description) UnmarshalJSON(data []byte) error {
	*d = Description{}
	return d.read(data, 0)
}

// MarshalJSON writes a description: an object when it has commits, else a text.
func (d Description) MarshalJSON() ([]byte, error) {
	if d.Commits != nil || d.Extra != nil || d.forms != nil {
		return writeObject(d.layout())
	}
	return json.Marshal(d.Text)
}

// UnmarshalJSON reads a stretch of events.
func (e *Events) UnmarshalJSON(data []byte) error {
	*e = Events{}
	return readObject(data, e.layout(), 0)
}

// MarshalJSON writes events as they came.
func (e Events) MarshalJSON() ([]byte, error) { return writeObject(e.layout()) }

// UnmarshalJSON reads an event.
func (e *Event) UnmarshalJSON(data []byte) error {
	*e = Event{}
	return readObject(data, e.layout(), 0)
}

// MarshalJSON writes an event as it came.
func (e Event) MarshalJSON() ([]byte, error) { return writeObject(e.layout()) }

// UnmarshalJSON reads a commit.
func (c *Commit) UnmarshalJSON(data []byte) error {
	*c = Commit{}
	return readObject(data, c.layout(), 0)
}

// MarshalJSON writes a commit as it came.
func (c Commit) MarshalJSON() ([]byte, error) { return writeObject(c.layout()) }
