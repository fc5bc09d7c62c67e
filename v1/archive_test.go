package v1_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-9213fc64/bitbucket"
	"github.com/seed-9213fc64/bitbucket/v1"
)

const (
	sentByV1      = `{"username":"old","first_name":"O","last_name":"Ld","avatar":"https://secure.example/o.png","resource_uri":"/1.0/users/old"}`
	sentByV2      = `{"type":"user","uuid":"{11111111-1111-1111-1111-111111111111}","display_name":"New","nickname":"new","links":{}}`
	sentSince2019 = `{"display_name":"Third","account_id":"557058:3","uuid":"{33333333-3333-3333-3333-333333333333}","nickname":"third",` +
		`"resource_uri":"/!api/1.0/users/%7B33333333-3333-3333-3333-333333333333%7D","avatar":"https://secure.example/t.png","is_team":false,"is_staff":false,"is_active":true}`
	another = `{"type":"user","uuid":"{22222222-2222-2222-2222-222222222222}","display_name":"Another"}`
)

// How long they are.
const (
	n1 = int64(len(sentByV1))
	n2 = int64(len(sentByV2))
	n3 = int64(len(another))
)

// found is what a test looks at of a record.
type found struct {
	Name    string
	Version int
	Offset  int64
	Number  int
	Index   int
}

func TestReadArchive(t *testing.T) {
	account := `{"repositories":[{"slug":"x","fork_of":{"slug":"y"}}],"user":` + sentByV1 + `}`
	followers := `{"count":2,"followers":[` + sentByV1 + ` , {"username":"x","avatar":""}]}`
	for _, tc := range []struct {
		name    string
		archive string
		want    []found
	}{
		{"nothing", "", nil},
		{"white space", " \r\n\t\n", nil},
		{"lines", sentByV1 + "\n" + sentByV2 + "\n", []found{{"O Ld", 1, 0, 1, 0}, {"New", 2, n1 + 1, 2, 0}}},
		{"no space between", sentByV2 + sentByV1 + another, []found{{"New", 2, 0, 1, 0}, {"O Ld", 1, n2, 2, 0}, {"Another", 2, n2 + n1, 3, 0}}},
		{"lines of Windows, a byte order mark, the last end missing", "\ufeff" + sentByV2 + "\r\n\r\n" + another, []found{{"New", 2, 3, 1, 0}, {"Another", 2, 3 + n2 + 4, 2, 0}}},
		{"records marked as in RFC 7464", "\x1e" + sentByV2 + "\n\x1e" + another + "\n", []found{{"New", 2, 1, 1, 0}, {"Another", 2, 1 + n2 + 2, 2, 0}}},
		{"indented", indented(t, account) + "\n" + indented(t, sentByV2), []found{{"O Ld", 1, 0, 1, 0}, {"New", 2, int64(len(indented(t, account))) + 1, 2, 0}}},
		{"an account", account, []found{{"O Ld", 1, 0, 1, 0}}},
		{"a membership", `{"type":"workspace_membership","user":` + another + `}`, []found{{"Another", 2, 0, 1, 0}}},
		{"an event", `{"node":null,"repository":{},"event":"create","user":` + sentByV1 + `}`, []found{{"O Ld", 1, 0, 1, 0}}},
		{"followers", followers + another, []found{{"O Ld", 1, 0, 1, 0}, {"x", 1, 0, 1, 1}, {"Another", 2, int64(len(followers)), 2, 0}}},
		{"events, of which one is of nobody", `{"count":2,"events":[{"event":"create","user":{}},{"event":"create","user":` + sentByV1 + `}]}`, []found{{"O Ld", 1, 0, 1, 1}}},
		{"a page", "{\"pagelen\": 2, \"values\": [\n" + sentByV2 + ",\n" + `{"user":` + another + "}\n], \"next\": \"x\"}", []found{{"New", 2, 0, 1, 0}, {"Another", 2, 0, 1, 1}}},
		{"an array over lines", "[\n" + sentByV2 + ",\n" + another + "\n]\n", []found{{"New", 2, 0, 1, 0}, {"Another", 2, 0, 1, 1}}},
		{"1.0 after 2019", sentSince2019, []found{{"Third", 1, 0, 1, 0}}},
		{"members of a group of 1.0", "[" + sentSince2019 + "," + sentByV1 + "]", []found{{"Third", 1, 0, 1, 0}, {"O Ld", 1, 0, 1, 1}}},
		{"a group of 1.0", `{"name":"G","slug":"g","owner":` + sentByV1 + `,"members":[` + sentSince2019 + `]}`, []found{{"Third", 1, 0, 1, 0}}},
		{
			"groups of 1.0, one without members", `[{"slug":"g","members":[]},{"slug":"h","members":[` + sentSince2019 + `,` + sentByV1 + `]}]`,
			[]found{{"Third", 1, 0, 1, 1}, {"O Ld", 1, 0, 1, 1}},
		},
		{"nobody", `{"count":0,"followers":[]}[]` + another, []found{{"Another", 2, 28, 3, 0}}},
		{"brackets and quotes in texts", `{"type":"user","display_name":"}\"]{\\"}` + another, []found{{`}"]{\`, 2, 0, 1, 0}, {"Another", 2, 40, 2, 0}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for how, r := range readers(t, tc.archive) {
				got, errs := read(v1.ReadArchive(r))
				if !reflect.DeepEqual(got, tc.want) || errs != nil {
					t.Errorf("%s: got %v, %v\nwant %v", how, got, errs, tc.want)
				}
			}
		})
	}
}

// readers give an archive whole, byte by byte, and compressed.
func readers(t *testing.T, archive string) map[string]io.Reader {
	t.Helper()
	var packed, parts bytes.Buffer
	zip := gzip.NewWriter(&packed)
	fmt.Fprint(zip, archive)
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{archive[:len(archive)/3], archive[len(archive)/3:]} {
		zip := gzip.NewWriter(&parts)
		fmt.Fprint(zip, part)
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]io.Reader{
		"whole":         strings.NewReader(archive),
		"byte by byte":  iotest.OneByteReader(strings.NewReader(archive)),
		"compressed":    &packed,
		"in two parts":  &parts,
		"data with EOF": iotest.DataErrReader(strings.NewReader(archive)),
	}
}

// Records are values of their own: what one holds stays, however far the loop goes.
func TestReadArchiveKeepsTheBody(t *testing.T) {
	archive, err := io.ReadAll(&mixedArchive{records: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var kept []v1.Record
	for record, err := range v1.ReadArchive(bytes.NewReader(archive)) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, record)
	}
	for i, record := range kept {
		if !bytes.Contains(record.Raw, fmt.Appendf(nil, `%d.png"`, record.Number)) {
			t.Fatalf("record %d: %s", record.Number, record.Raw)
		}
		from := archive[record.Offset:]
		inList := record.Index > 0 || i+1 < len(kept) && kept[i+1].Index > 0
		if !inList && !bytes.HasPrefix(from, record.Raw) || !bytes.Contains(from[:min(len(from), 1000)], record.Raw) {
			t.Fatalf("record %d at offset %d: %s", record.Number, record.Offset, record.Raw)
		}
		if user, err := bitbucket.ParseUser(record.Raw); err != nil || !reflect.DeepEqual(record.User, user) {
			t.Fatalf("record %d: got %+v, want %+v, %v", record.Number, record.User, user, err)
		}
	}

	account := `{"repositories":[{"slug":"x"}],"user":` + sentByV1 + `}`
	for record, err := range v1.ReadArchive(strings.NewReader(account)) {
		if err != nil {
			t.Fatal(err)
		}
		if parsed, err := v1.ParseAccount(record.Raw); err != nil || parsed.Repositories[0].Slug != "x" {
			t.Errorf("the account: %+v, %v", parsed, err)
		}
	}
}

func TestReadArchiveGoesOnAfterBadRecords(t *testing.T) {
	huge := `{"type":"user","display_name":"` + strings.Repeat("x", 1000) + `"}`
	nHuge := int64(len(huge))
	for _, tc := range []struct {
		name    string
		archive string
		want    []found
		bad     map[int64]error // by offset
	}{
		{
			"JSON but no user: goes on right behind it",
			`{"count":3}` + sentByV2 + `{"type":"repository","uuid":"{1}"}` + another,
			[]found{{"New", 2, 11, 2, 0}, {"Another", 2, 11 + n2 + 34, 4, 0}},
			map[int64]error{0: bitbucket.ErrNoUser, 11 + n2: bitbucket.ErrNoUser},
		},
		{
			"a page of something else is one bad record",
			`{"values":[{"slug":"a"},{"slug":"b"}]}` + "\n" + another,
			[]found{{"Another", 2, 39, 2, 0}},
			map[int64]error{0: bitbucket.ErrNoUser},
		},
		{
			"a bad user: goes on right behind it",
			`{"type":"user","is_staff":"maybe"}` + sentByV2 + `{"type":"user","is_staff":tru}` + another,
			[]found{{"New", 2, 34, 2, 0}, {"Another", 2, 34 + n2 + 30, 4, 0}},
			map[int64]error{0: bitbucket.ErrMalformedResponse, 34 + n2: bitbucket.ErrMalformedResponse},
		},
		{
			"text", "Not Found\n" + sentByV2 + "\n<html>\n</html>\n\n" + another + "\nend",
			[]found{{"New", 2, 10, 2, 0}, {"Another", 2, 10 + n2 + 17, 4, 0}},
			map[int64]error{0: bitbucket.ErrMalformedResponse, 10 + n2 + 1: bitbucket.ErrMalformedResponse, 10 + n2 + 17 + n3 + 1: bitbucket.ErrMalformedResponse},
		},
		{
			"a line that is cut off", sentByV2[:50] + "\n" + another + "\n" + sentByV2,
			[]found{{"Another", 2, 51, 2, 0}, {"New", 2, 51 + n3 + 1, 3, 0}},
			map[int64]error{0: bitbucket.ErrMalformedResponse},
		},
		{
			"the end is cut off", another + "\n" + sentByV2[:50],
			[]found{{"Another", 2, 0, 1, 0}},
			map[int64]error{n3 + 1: bitbucket.ErrMalformedResponse},
		},
		{
			"too large", huge + "\n" + another + "\n" + huge + "\n" + huge + "\r\n" + sentByV2,
			[]found{{"Another", 2, nHuge + 1, 2, 0}, {"New", 2, 3*nHuge + n3 + 5, 5, 0}},
			map[int64]error{0: v1.ErrRecordTooLarge, nHuge + n3 + 2: v1.ErrRecordTooLarge, 2*nHuge + n3 + 3: v1.ErrRecordTooLarge},
		},
		{
			"too large an array is read line by line", "[\n" + strings.Repeat(another+",\n", 20) + sentByV2 + "\n]\n",
			append(repeated(found{"Another", 2, 2, 2, 0}, 20, n3+2), found{"New", 2, 2 + 20*(n3+2), 22, 0}),
			map[int64]error{0: v1.ErrRecordTooLarge, 2 + 20*(n3+2) + n2 + 1: bitbucket.ErrMalformedResponse},
		},
		{
			"a comma too many", `[` + sentByV2 + ",]\n" + another,
			[]found{{"Another", 2, n2 + 4, 2, 0}},
			map[int64]error{0: bitbucket.ErrMalformedResponse},
		},
		{
			"nested too deep", strings.Repeat("[", 200) + "\n" + another,
			[]found{{"Another", 2, 201, 2, 0}},
			map[int64]error{0: bitbucket.ErrMalformedResponse},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for how, r := range readers(t, tc.archive) {
				got, errs := read(v1.ReadArchive(r, v1.MaxRecordBytes(1000)))
				if !reflect.DeepEqual(got, tc.want) {
					t.Errorf("%s: got %v\nwant %v", how, got, tc.want)
				}
				if len(errs) != len(tc.bad) {
					t.Errorf("%s: errors %v, want %v", how, errs, tc.bad)
				}
				for _, err := range errs {
					bad, ok := errors.AsType[*v1.RecordError](err)
					if !ok || tc.bad[bad.Offset] == nil || !errors.Is(err, tc.bad[bad.Offset]) {
						t.Errorf("%s: error %v, want %v", how, err, tc.bad)
					}
					if !ok {
						continue
					}
					line := lineOf([]byte(tc.archive), bad.Offset)
					where := fmt.Sprintf("bitbucket: record %d on line %d, at offset %d: ", bad.Number, line, bad.Offset)
					if bad.Line != line || !strings.HasPrefix(err.Error(), where) {
						t.Errorf("%s: text %q, want %q", how, err, where)
					}
				}
			}
		})
	}
}

// Lines are counted over more than fits into the buffer at once.
func TestReadArchiveCountsLines(t *testing.T) {
	archive := strings.Repeat("\n"+another+"\n[\n"+sentByV1+"]", 2000) + "\nbad"
	records := 0
	for record, err := range v1.ReadArchive(strings.NewReader(archive)) {
		line, offset := record.Line, record.Offset
		if bad, ok := errors.AsType[*v1.RecordError](err); ok {
			line, offset = bad.Line, bad.Offset
		}
		if want := lineOf([]byte(archive), offset); line != want {
			t.Fatalf("line %d at offset %d, want %d", line, offset, want)
		}
		records++
	}
	if records != 4001 {
		t.Errorf("%d records", records)
	}
}

// What holds no user is called by what it is.
func TestReadArchiveNamesWhatIsNoUser(t *testing.T) {
	for body, want := range map[string]string{
		`{"type":"repository","uuid":"{1}"}`: `but an object of the type "repository"`,
		`{"count":3}`:                        `but an object with "count"`,
		`{}`:                                 `but an empty object`,
		`{"a":1,"b":{},"c":[],"d":1,"e":2,"f\n":3,"g":4}`: `but an object with "a", "b", "c", "d", "e" and 2 other members`,
		`[{"slug":"x"},{"name":"y"}]`:                     `in the list, but an object with "name"`,
		`[7]`:                                             `in the list, but "7"`,
	} {
		_, errs := read(v1.ReadArchive(strings.NewReader(body)))
		if len(errs) != 1 || !errors.Is(errs[0], bitbucket.ErrNoUser) || !strings.HasSuffix(errs[0].Error(), want) ||
			strings.Contains(errs[0].Error(), "\n") {
			t.Errorf("%s: %v, want %q", body, errs, want)
		}
	}
}

// An answer to POST /1.0/newuser/ is one of the 1.0 API, though it has nothing that says so.
func TestReadArchiveOfAUserWhoWasMade(t *testing.T) {
	for record, err := range v1.ReadArchive(strings.NewReader(`{"username":"auser","email":"auser@example.com"}`)) {
		if err != nil {
			t.Fatal(err)
		}
		want := bitbucket.User{
			Type: "user", Username: "auser", DisplayName: "auser", Email: "auser@example.com",
			V1: &bitbucket.V1User{Username: "auser"},
		}
		if record.Version != 1 || !reflect.DeepEqual(*record.User, want) {
			t.Errorf("version %d, %+v", record.Version, record.User)
		}
	}
	for _, body := range []string{
		`{"username":"auser","email":"auser@example.com","type":"user"}`,
		`{"username":"auser","email":"auser@example.com","uuid":"{u}"}`,
	} {
		for record, err := range v1.ReadArchive(strings.NewReader(body)) {
			if err != nil || record.Version != 2 {
				t.Errorf("%s: version %d, %v", body, record.Version, err)
			}
		}
	}
}

// A bad element of a list is reported with its place, and the others are read.
func TestReadArchiveBadElement(t *testing.T) {
	got, errs := read(v1.ReadArchive(strings.NewReader(`{"values":[` + sentByV2 + `,{"type":"user","uuid":5},` + another + `]}`)))
	if want := []found{{"New", 2, 0, 1, 0}, {"Another", 2, 0, 1, 2}}; !reflect.DeepEqual(got, want) || len(errs) != 1 {
		t.Fatalf("got %v, %v", got, errs)
	}
	if bad, ok := errors.AsType[*v1.RecordError](errs[0]); !ok || bad.Index != 1 || bad.Number != 1 || !strings.HasPrefix(bad.Error(), "bitbucket: record 1 on line 1, at offset 0, element 1: malformed response: a user: ") || !strings.Contains(bad.Error(), "uuid") {
		t.Errorf("error %+v", errs[0])
	}
}

// Wherever a line is cut off, it costs itself and no other line.
func TestReadArchiveLosesOnlyTheLineThatIsCutOff(t *testing.T) {
	page := `{"values":[` + sentByV2 + `,[{"a":{"b":[1,{}]}}]],"next":"x\"y"}`
	for cut := range page {
		got, errs := read(v1.ReadArchive(strings.NewReader(another + "\n" + page[:cut] + "\n" + sentByV1 + "\n" + sentByV2 + "\n" + another + "\n")))
		var names []string
		for _, record := range got {
			names = append(names, record.Name)
		}
		if want := []string{"Another", "O Ld", "New", "Another"}; !reflect.DeepEqual(names, want) || len(errs) != min(cut, 1) {
			t.Errorf("cut off after %q: got %v, %v", page[:cut], names, errs)
		}
	}
}

func TestReadArchiveThatCannotBeRead(t *testing.T) {
	broken := errors.New("the disk is broken")
	got, errs := read(v1.ReadArchive(io.MultiReader(strings.NewReader(another+sentByV2[:20]), iotest.ErrReader(broken))))
	if len(got) != 1 || len(errs) != 1 || !errors.Is(errs[0], broken) || !strings.Contains(errs[0].Error(), fmt.Sprint("beyond offset ", n3+20)) {
		t.Errorf("got %v, %v", got, errs)
	}
	if _, bad := errors.AsType[*v1.RecordError](errs[0]); bad {
		t.Errorf("taken for a bad record: %v", errs[0])
	}

	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	fmt.Fprint(zip, strings.Repeat(another+"\n", 1000))
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	_, errs = read(v1.ReadArchive(bytes.NewReader(packed.Bytes()[:packed.Len()/2])))
	if len(errs) != 1 || !errors.Is(errs[0], io.ErrUnexpectedEOF) {
		t.Errorf("half of a compressed archive: %v", errs)
	}
	_, errs = read(v1.ReadArchive(strings.NewReader("\x1f\x8bnot gzip at all")))
	if len(errs) != 1 || !errors.Is(errs[0], gzip.ErrHeader) {
		t.Errorf("no compressed archive: %v", errs)
	}
}

func TestReadArchiveStopsWithTheLoop(t *testing.T) {
	for _, archive := range []string{strings.Repeat(another, 3), `[` + another + `,` + another + `]`, "bad\nbad\n" + another} {
		turns := 0
		for range v1.ReadArchive(strings.NewReader(archive)) {
			turns++
			break
		}
		if turns != 1 {
			t.Errorf("%d turns", turns)
		}
	}
}

// FuzzReadArchive looks for panics and endless loops, and compares what it finds in
// good archives with encoding/json.
func FuzzReadArchive(f *testing.F) {
	f.Add([]byte(sentByV1+sentByV2+another), 3)
	f.Add([]byte("[\n"+another+",\n"+another+"\n]"), 100)
	f.Add([]byte("{\"values\":[{\"user\":null}]}\n{\"a\""), 1000)
	f.Add([]byte("\x1f\x8b\b\x00\x00\x00\x00\x00"), 10)
	f.Fuzz(func(t *testing.T, archive []byte, most int) {
		records, last := 0, int64(-1)
		for record, err := range v1.ReadArchive(bytes.NewReader(archive), v1.MaxRecordBytes(most%(1<<16))) {
			records++
			offset, line := record.Offset, record.Line
			if bad, ok := errors.AsType[*v1.RecordError](err); ok {
				offset, line = bad.Offset, bad.Line
			} else if err != nil {
				return
			} else if !json.Valid(record.Raw) {
				t.Fatalf("record %d is no JSON: %q", record.Number, record.Raw)
			}
			if offset < last {
				t.Fatalf("offset %d after %d", offset, last)
			}
			if plain := !bytes.HasPrefix(archive, []byte("\x1f\x8b")); plain && line != lineOf(archive, offset) {
				t.Fatalf("line %d at offset %d", line, offset)
			}
			last = offset
		}
		if plain := len(archive) < 2 || archive[0] != 0x1f; plain && records > len(archive) {
			t.Fatalf("%d records in %d bytes", records, len(archive))
		}
		if most%(1<<16) < len(archive) || !json.Valid(archive) {
			return
		}
		got, errs := read(v1.ReadArchive(bytes.NewReader(archive)))
		user, err := bitbucket.ParseUser(archive)
		if err == nil && (len(got) != 1 || got[0].Name != user.DisplayName) {
			t.Fatalf("got %v, want %+v", got, user)
		}
		for _, err := range errs {
			if strings.Contains(err.Error(), "no valid JSON") || strings.Contains(err.Error(), "in the middle") {
				t.Fatalf("%q is valid: %v", archive, err)
			}
		}
	})
}

// lineOf is the number of the line that an offset is on.
func lineOf(archive []byte, offset int64) int {
	return 1 + bytes.Count(archive[:offset], []byte{'\n'})
}

func read(archive func(func(v1.Record, error) bool)) (records []found, errs []error) {
	for record, err := range archive {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		records = append(records, found{record.User.DisplayName, record.Version, record.Offset, record.Number, record.Index})
	}
	return records, errs
}

func repeated(first found, n int, step int64) []found {
	var all []found
	for range n {
		all = append(all, first)
		first.Offset += step
		first.Number++
	}
	return all
}

func indented(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
