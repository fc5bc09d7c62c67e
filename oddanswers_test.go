package bitbucket_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-9213fc64/bitbucket/internal/exchanges"
)

// A kind is what an operation takes for a success.
type kind string

const (
	kindObject   kind = "object"   // a single one of its type
	kindList     kind = "list"     // pages of objects of its type
	kindNothing  kind = "nothing"  // no result
	kindProperty kind = "property" // any JSON that fits the caller's type, which is an object here
	kindPlain    kind = "plain"    // an object of any type, as Client.Do decodes it
)

// kindOf sorts the operations by what they return.
func kindOf(x exchanges.Exchange) kind {
	switch {
	case x.Operation == "Properties.Get":
		return kindProperty
	case strings.HasPrefix(x.Operation, "GET "):
		return kindPlain
	case x.Status == 204:
		return kindNothing
	case strings.HasPrefix(x.Answer, `{"pagelen":`) || strings.HasPrefix(x.Answer, `{"size":`):
		return kindList
	}
	return kindObject
}

// An oddAnswer is one that no documentation names for an operation. Most are an error for all
// operations.
type oddAnswer struct {
	name        string
	status      int    // 200 when left out
	contentType string // of JSON when left out
	body        string
	// says are texts of which an error has one.
	says []string
	// right are the kinds of operation that rightly take it for a success, and empty is true when
	// that is a list without items. All others of these kinds return what the exchange is to return.
	right []kind
	empty bool
	zero  bool // they return a zero value, since a write may have nothing to say
	// wireless says that no server can send it through net/http.
	wireless bool
}

func (a oddAnswer) isRight(k kind) bool { return slices.Contains(a.right, k) }

// whole is the right answer of an operation that has one.
func whole(x exchanges.Exchange) string {
	if x.Answer == "" {
		return `{"done":true}`
	}
	return x.Answer
}

const portal = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head></html>\n"

// objects are the kinds that take any object.
var objects = []kind{kindNothing, kindProperty, kindPlain}

// oddAnswers are the answers of 2xx that are not what the operation sends.
func oddAnswers(x exchanges.Exchange) []oddAnswer {
	return slices.Concat(noObjects(x), emptyOnes(x), oddPages(x), failuresAt200(), brokenOnes(x),
		foreignObjects(x), huge(x))
}

// noObjects are other JSON, and no JSON at all.
func noObjects(x exchanges.Exchange) (all []oddAnswer) {
	for _, body := range []string{"0", "17", "-1.5e3", "1e999", "true", "false"} {
		all = append(all, oddAnswer{
			name: body, body: body,
			says: []string{"it is " + body + ", not an object", "cannot unmarshal"},
		})
	}
	all = append(all,
		oddAnswer{
			name: "null", body: "null", says: []string{"it is null, not an object"},
			right: []kind{kindProperty},
		},
		oddAnswer{name: "empty text", body: `""`, says: []string{`says ""`, "cannot unmarshal string"}},
		oddAnswer{name: "sentence", body: `"Come back later."`, says: []string{"Come back later.", "cannot unmarshal string"}},
		oddAnswer{name: "JSON in JSON", body: string(jsonText(whole(x))), says: []string{"it is no object but says", "cannot unmarshal string"}},
		oddAnswer{
			name: "empty array", body: "[]", says: []string{"it is an array, not an object", "cannot unmarshal array"},
			right: []kind{kindList}, empty: true,
		},
		oddAnswer{name: "array of null", body: "[null]", says: []string{"array", "no objects"}},
		oddAnswer{name: "array of a sentence", body: `["Come back later."]`, says: []string{"array", "Come back later."}},
		oddAnswer{name: "array of nothing", body: "[{}]", says: []string{"array", "nothing of what was asked for"}},
		oddAnswer{name: "portal", contentType: "text/html", body: portal, says: []string{"Sign in to the network"}},
		oddAnswer{name: "portal called JSON", body: portal, says: []string{"Sign in to the network"}},
		oddAnswer{name: "portal, created", status: 201, contentType: "text/html", body: portal, says: []string{"Sign in to the network"}},
		oddAnswer{name: "portal, accepted", status: 202, contentType: "text/html", body: portal, says: []string{"Sign in to the network"}},
		oddAnswer{name: "portal, not authoritative", status: 203, contentType: "text/html", body: portal, says: []string{"Sign in to the network"}},
		oddAnswer{name: "portal, no content", status: 204, contentType: "text/html", body: portal, wireless: true, says: []string{"Sign in to the network"}},
		oddAnswer{name: "portal, reset content", status: 205, contentType: "text/html", body: portal, says: []string{"Sign in to the network"}},
		oddAnswer{name: "portal, in part", status: 206, contentType: "text/html", body: portal, says: []string{"Sign in to the network"}},
		oddAnswer{name: "text", contentType: "text/plain", body: "The service is under maintenance.", says: []string{"The service is under maintenance."}},
		oddAnswer{name: "XML", contentType: "application/xml", body: `<?xml version="1.0"?><ok/>`, says: []string{"an HTML page, not an answer of the API"}},
		oddAnswer{name: "form", contentType: "application/x-www-form-urlencoded", body: "ok=true&uuid=1", says: []string{"ok=true&uuid=1"}},
		oddAnswer{name: "JSONP", body: "callback(" + whole(x) + ")", says: []string{"callback("}},
		oddAnswer{name: "guarded JSON", body: ")]}',\n" + whole(x), says: []string{")]}'"}},
		oddAnswer{name: "UTF-16", body: utf16le(whole(x)), says: []string{"it is no JSON"}},
		oddAnswer{name: "gzip without saying so", body: "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xaa\xae\x05\x00", says: []string{"it is no JSON"}},
		oddAnswer{name: "zeros", body: strings.Repeat("\x00", 64), says: []string{"it is no JSON", "the body is empty"}},
	)
	return all
}

// emptyOnes have no body.
func emptyOnes(x exchanges.Exchange) []oddAnswer {
	var all []oddAnswer
	for _, status := range []int{200, 201, 202, 203, 204, 205, 206} {
		a := oddAnswer{
			name: fmt.Sprint("empty body, ", status), status: status, body: "",
			says: []string{"the body is empty"}, right: []kind{kindNothing},
		}
		if noContent := status == 204 || status == 205; noContent && kindOf(x) == kindObject && !isGet(x) {
			a.right, a.zero = []kind{kindObject}, true
		}
		if status == 206 {
			a.right, a.says = nil, []string{"it is a part"}
		}
		all = append(all, a)
		if status != 204 {
			a.name, a.body = fmt.Sprint("white space, ", status), " \r\n\t"
			all = append(all, a)
		}
	}
	return all
}

// oddPages are pages, and nearly so.
func oddPages(x exchanges.Exchange) []oddAnswer {
	item := itemOf(x)
	const sentence = "A workspace on a Free plan does not support this feature."
	return []oddAnswer{
		{name: "empty object", body: "{}", right: objects, says: []string{"nothing of what was asked for", "no values", "no user"}},
		{name: "empty page", body: `{"values":[]}`, right: append(objects, kindList), empty: true, says: []string{"nothing of what was asked for"}},
		{name: "values are null", body: `{"values":null}`, right: objects, says: []string{"nothing of", "values are no array"}},
		{name: "values are an object", body: `{"values":{}}`, right: objects, says: []string{"nothing of", "values are no array"}},
		{name: "values are a text", body: `{"values":"none"}`, right: objects, says: []string{"nothing of", "values are no array"}},
		{name: "values of a sentence", body: `{"values":["` + sentence + `"]}`, right: objects, says: []string{"nothing of", sentence}},
		{name: "values of null", body: `{"values":[null,null]}`, right: objects, says: []string{"nothing of", "values are no objects"}},
		{name: "values of numbers", body: `{"values":[1,2]}`, right: objects, says: []string{"nothing of", "values are no objects"}},
		{name: "values of arrays", body: `{"values":[[]]}`, right: objects, says: []string{"nothing of", "values are no objects"}},
		{name: "values of nothing", body: `{"values":[{},{}]}`, right: objects, says: []string{"nothing of"}},
		{name: "values of two kinds", body: `{"values":[` + item + `,null]}`, right: objects, says: []string{"nothing of", "values are no objects"}},
		{name: "values of an error", body: `{"values":[{"type":"error","error":{"message":"lost"}}]}`, right: objects, says: []string{"nothing of", "the call failed"}},
		{name: "empty page that promises", body: `{"values":[],"size":5}`, right: objects, says: []string{"nothing of", "promises 5"}},
		{name: "a promise alone", body: `{"size":5,"page":1,"pagelen":10}`, right: objects, says: []string{"nothing of", "no values"}},
		{name: "text with values in it", body: `{"note":"\"values\":[]"}`, right: objects, says: []string{"nothing of", "no values"}},
		{name: "values in another object", body: `{"data":{"values":[]}}`, right: objects, says: []string{"nothing of", "no values"}},
		{name: "values in capitals", body: `{"VALUES":[]}`, right: objects, says: []string{"nothing of", "no values"}},
		{name: "values twice", body: `{"values":[` + item + `],"values":[]}`, right: objects, says: []string{"nothing of", "values twice"}},
		{name: "a next that is a number", body: `{"values":[` + item + `],"next":5}`, right: objects, says: []string{"nothing of", "next is no text"}},
		{name: "a next elsewhere", body: `{"values":[` + item + `],"next":"https://evil.example/2.0/x"}`, right: objects, says: []string{"nothing of", "foreign origin"}},
		{name: "a next that is no URL", body: `{"values":[` + item + `],"next":"page 2"}`, right: objects, says: []string{"nothing of", "neither a path"}},
		{name: "a broken word after the values", body: `{"values":[` + item + `],"size":nul}`, says: []string{"JSON", "looking for"}},
		{name: "a broken escape after the values", body: `{"values":[` + item + `],"note":"\q"}`, says: []string{"JSON", "in string escape"}},
	}
}

// failuresAt200 say that the call failed, with a status of success.
func failuresAt200() []oddAnswer {
	failed := []string{"the call failed"}
	return []oddAnswer{
		{name: "an envelope", body: `{"error":{"message":"try later"}}`, says: []string{"try later"}, right: []kind{kindProperty}},
		{name: "an envelope with its type", body: `{"type":"error","error":{"message":"try later"}}`, says: []string{"try later"}, right: []kind{kindProperty}},
		{name: "an envelope with a page", body: `{"values":[],"error":{"message":"try later"}}`, says: []string{"try later"}, right: []kind{kindProperty}},
		{name: "an error without a word", body: `{"type":"error"}`, says: failed, right: []kind{kindProperty}},
		{name: "an error of OAuth", body: `{"error":"invalid_token","error_description":"it is over"}`, says: []string{"invalid_token"}, right: []kind{kindProperty}},
		{name: "an error of OAuth with a page", body: `{"values":[],"error":"invalid_token"}`, says: []string{"invalid_token"}, right: []kind{kindProperty}},
		{name: "an error with its detail", body: `{"error":{"message":"no","detail":"Node 7 is down"}}`, says: []string{"Node 7 is down"}, right: []kind{kindProperty}},
		{name: "an error with its fields", body: `{"error":{"message":"no","fields":{"q":["not now"]}}}`, says: []string{"not now"}, right: []kind{kindProperty}},
		{name: "an error that is empty", body: `{"error":"","n":1}`, says: []string{"nothing of", "no values", "no user"}, right: objects},
		{name: "an error that is false", body: `{"error":false,"n":1}`, says: []string{"nothing of", "no values", "no user"}, right: objects},
		{name: "a message", body: `{"message":"maintenance"}`, says: []string{"maintenance"}, right: []kind{kindProperty, kindPlain}},
		{name: "a flat error", body: `{"message":"maintenance","detail":"until noon","data":{}}`, says: []string{"until noon"}, right: []kind{kindProperty, kindPlain}},
		{name: "an error, created", status: 201, body: `{"type":"error","error":{"message":"try later"}}`, says: []string{"try later"}, right: []kind{kindProperty}},
		{name: "an error, accepted", status: 202, body: `{"type":"error","error":{"message":"try later"}}`, says: []string{"try later"}, right: []kind{kindProperty}},
		{name: "an error, reset content", status: 205, body: `{"type":"error","error":{"message":"try later"}}`, says: []string{"try later"}},
		{name: "an error, no content", status: 204, body: `{"type":"error","error":{"message":"try later"}}`, wireless: true, says: []string{"try later"}},
	}
}

// brokenOnes are right answers on which something went wrong, and right answers that look odd.
func brokenOnes(x exchanges.Exchange) []oddAnswer {
	body := whole(x)
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	broken := []string{"it is no JSON", "is no valid JSON", "invalid character", "unexpected end", "unexpected EOF"}
	every := []kind{kindObject, kindList, kindNothing, kindProperty, kindPlain}
	all := []oddAnswer{
		{name: "cut in the middle", body: body[:len(body)/2], says: broken},
		{name: "cut before the end", body: body[:len(body)-1], says: broken},
		{name: "cut after the first byte", body: body[:1], says: broken},
		{name: "two documents", body: body + body, says: append(broken, "something follows")},
		{name: "something behind it", body: body + "x", says: append(broken, "something follows")},
		{name: "a zero behind it", body: body + "\x00", says: append(broken, "something follows")},
		{name: "a mark before it", body: "\ufeff" + body, says: broken},
		{name: "a comma too many", body: body[:len(body)-1] + ",}", says: broken},
		{name: "a comment", body: "/* */" + body, says: broken},
		{name: "a number that is none", body: body[:len(body)-1] + `,"n":NaN}`, says: broken},
		{name: "a word that is none", body: body[:len(body)-1] + `,"n":tru}`, says: broken},
		{name: "a line break in a text", body: body[:len(body)-1] + ",\"n\":\"\n\"}", says: broken},
		{name: "nested deep", body: strings.Repeat("[", 100_000), says: append(broken, "nested too deep")},
		{name: "objects nested deep", body: strings.Repeat(`{"a":`, 100_000), says: append(broken, "nested too deep")},
		{name: "a member nested deep", body: body[:len(body)-1] + `,"n":` + deep + `}`, says: []string{"nested too deep"}},

		{name: "called HTML", contentType: "text/html", body: body, right: every},
		{name: "called text", contentType: "text/plain", body: body, right: every},
		{name: "called bytes", contentType: "application/octet-stream", body: body, right: every},
		{name: "called nothing sensible", contentType: ";;;", body: body, right: every},
		{name: "with space around it", body: "\r\n\t " + body + "\r\n\r\n", right: every},
	}
	for _, status := range []int{201, 202, 203, 299} {
		all = append(all, oddAnswer{name: fmt.Sprint("right, with ", status), status: status, body: body, right: every})
	}
	return append(all,
		oddAnswer{name: "right, with 205", status: 205, body: body, says: []string{"a body that its status does not allow"}},
		oddAnswer{name: "right, with 206", status: 206, body: body, says: []string{"it is a part"}},
	)
}

// foreignObjects are objects of other types, and such whose members say nothing.
func foreignObjects(x exchanges.Exchange) []oddAnswer {
	odd := []string{"nothing of what was asked for", "no values", "it is of type", "no user of the 1.0 or the 2.0 API"}
	all := []oddAnswer{
		{name: "an unknown object", body: `{"type":"unicorn","horns":1}`, says: odd, right: objects},
		{name: "links alone", body: `{"links":{"self":{"href":"https://api.bitbucket.org/2.0/x"}}}`, says: odd, right: objects},
		{name: "members of null", body: `{` + strings.Join(membersWith("null"), ",") + `}`, says: odd, right: objects},
		{name: "members that are empty", body: `{` + strings.Join(membersWith(`""`), ",") + `}`, says: odd, right: objects},
		{name: "members with nothing in them", body: `{` + strings.Join(membersWith(`{}`), ",") + `}`, says: append(odd, "cannot be read"), right: objects},
		{name: "members of another kind", body: `{` + strings.Join(membersWith(`[[17]]`), ",") + `}`, says: append(odd, "cannot be read", "cannot unmarshal"), right: objects},
		{name: "a page of unknown objects", body: exchanges.Page(`{"type":"unicorn","horns":1}`), says: odd, right: objects},
		{name: "a page of a page", body: exchanges.Page(exchanges.Page(itemOf(x))), says: odd, right: objects},
	}
	own := familyOf(itemOf(x))
	for _, s := range exchanges.Shapes() {
		if familyOf(s.Body) == own {
			continue
		}
		all = append(all,
			oddAnswer{name: "a " + s.Name, body: s.Body, says: odd, right: objects},
			oddAnswer{name: "a page of a " + s.Name, body: exchanges.Page(s.Body), says: odd, right: objects})
	}
	switch kindOf(x) {
	case kindObject:
		all = append(all, oddAnswer{name: "a page of the right object", body: exchanges.Page(x.Answer), says: odd})
	case kindList:
		all = append(all, oddAnswer{name: "the item without a page", body: itemOf(x), says: odd})
	}
	return all
}

// huge are answers of 4 MiB, or of one when only a part of the tests is run.
func huge(exchanges.Exchange) []oddAnswer {
	large := []string{"too large", "nothing of what was asked for"}
	size := 1 << 20
	if wholeMatrix() {
		size = 4 << 20
	}
	return []oddAnswer{
		{name: "MiBs of nothing in values", body: hugeBody(`{"values":[`, `{}`, `]}`, size), right: []kind{kindNothing}, says: large},
		{name: "MiBs of null in values", body: hugeBody(`{"values":[`, `null`, `]}`, size), right: []kind{kindNothing}, says: append(large, "no objects")},
		{name: "MiBs of arrays in a member", body: hugeBody(`{"uuid":"{u}","values":[],"x":[`, `[]`, `]}`, size), right: []kind{kindNothing}, says: append(large, "no user")},
	}
}

// hugeBody repeats an element up to a size. They are few, and large, so they are kept.
func hugeBody(before, element, after string, size int) string {
	return before + strings.Repeat(element+",", size/(len(element)+1)) + element + after
}

// membersWith are members that objects of all types have, with one value.
func membersWith(value string) (all []string) {
	for _, name := range []string{
		"uuid", "account_id", "slug", "email", "key", "fingerprint", "full_name",
		"name", "user", "group", "workspace", "repository", "project", "permission", "file", "display_name",
	} {
		all = append(all, `"`+name+`":`+value)
	}
	return all
}

func isGet(x exchanges.Exchange) bool { return strings.HasPrefix(x.Request, "GET ") }

// itemOf is the object that an operation is about: what it returns, or one of the items.
func itemOf(x exchanges.Exchange) string {
	var page struct{ Values []json.RawMessage }
	if json.Unmarshal([]byte(whole(x)), &page) == nil && len(page.Values) > 0 {
		return string(page.Values[0])
	}
	return whole(x)
}

// familyOf names the types that one Go type is for.
func familyOf(body string) string {
	var o struct{ Type string }
	_ = json.Unmarshal([]byte(body), &o)
	switch o.Type {
	case "repository_user_permission", "project_user_permission":
		return "user permission"
	case "repository_group_permission", "project_group_permission":
		return "group permission"
	}
	return o.Type
}

func jsonText(s string) []byte {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return data
}

func utf16le(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		b.WriteByte(0)
	}
	return b.String()
}

// statuses are those of refusals; more of them than anybody has seen.
var statuses = []int{
	300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408,
	409, 410, 411, 412, 413, 414, 415, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499,
	500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 524, 529, 599, 999,
}

// refusalBodies are the bodies of refusals: those that Bitbucket is known to send, and others.
func refusalBodies(x exchanges.Exchange) []oddAnswer {
	all := []oddAnswer{
		{name: "nothing", says: []string{""}},
		{name: "null", body: "null", says: []string{"null"}},
		{name: "an empty object", body: "{}", says: []string{"{}"}},
		{name: "an empty array", body: "[]", says: []string{"[]"}},
		{name: "the right answer", body: whole(x), says: []string{""}},
		{name: "half of an error", body: `{"type":"error","error":{"mess`, says: []string{`{"type":"error","error":{"mess`}},
		{name: "a message that is a number", body: `{"error":{"message":17}}`, says: []string{"17"}},
		{name: "an error that is null", body: `{"type":"error","error":null}`, says: []string{`"error":null`}},
		{name: "an error that is an array", body: `{"error":["one","two"]}`, says: []string{`"one"`}},
		{name: "bytes", contentType: "application/octet-stream", body: "\xff\xfe\x00\x01", says: []string{""}},
		{name: "HTML without a title", contentType: "text/html", body: "<p>no</p>", says: []string{"an HTML page"}},
		{name: "100 KB of text", contentType: "text/plain", body: "It failed. " + strings.Repeat("x", 100_000), says: []string{"It failed."}},
	}
	for _, r := range exchanges.Of("error") {
		a := oddAnswer{name: r.Name, contentType: r.Header.Get("Content-Type"), body: r.Body}
		a.says = []string{oneLine(r.Err.Message), oneLine(r.Err.Detail)}
		all = append(all, a)
	}
	return all
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// refusalsOf are all bodies with one status each, and all statuses with one body each; with every
// body and every status when that is asked for.
func refusalsOf(x exchanges.Exchange, every bool) (all []oddAnswer) {
	bodies := refusalBodies(x)
	for i, body := range bodies {
		for j, status := range statuses {
			if !every && i != j%len(bodies) && j != i%len(statuses) {
				continue
			}
			if status == http.StatusNotModified && body.body != "" {
				continue // it has no body
			}
			body := body
			body.name, body.status = fmt.Sprintf("%d with %s", status, body.name), status
			all = append(all, body)
		}
	}
	return all
}
