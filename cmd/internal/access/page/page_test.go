package page_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-9213fc64/bitbucket/cmd/internal/access/page"
)

const form = `{{define "header"}}<h1>{{.Name}}</h1>{{end}}
{{define "main"}}<p title="{{.Name}}">{{shorten 8 .Name}}, {{count .N "case" "cases"}}, {{stamp .At}}, {{day .At}}</p>{{end}}`

type data struct {
	Name string
	N    int
	At   time.Time
}

func write(t *testing.T, p *page.Page, title string, d any) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b, title, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPage(t *testing.T) {
	at := time.Date(2026, 12, 31, 1, 0, 0, 0, time.FixedZone("", 7200))
	text := write(t, page.New(form), "A & B", data{"Ada of the books", 1, at})
	for _, want := range []string{
		"<title>A &amp; B</title>", "<header><h1>Ada of the books</h1></header>",
		"<main><p title=\"Ada of the books\">Ada of …, 1 case, <time datetime=\"2026-12-30T23:00:00Z\">" +
			"2026-12-30 23:00:00 UTC</time>, <time datetime=\"2026-12-30T23:00:00Z\">2026-12-30</time></p></main>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "<footer>") {
		t.Error("it has a footer, and the template has none")
	}
}

// TestPolicy allows exactly the style and the script that the page has, options included.
func TestPolicy(t *testing.T) {
	text := write(t, page.New(form, page.Style(".x{color:red}"), page.Script("let mine = 1;")), "", data{})
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)[1]
	hash := func(element, holds string) string {
		all := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(text, -1)
		if len(all) != 1 || !strings.Contains(all[0][1], holds) {
			t.Fatalf("%d elements %s, and the last one lacks %q", len(all), element, holds)
		}
		sum := sha256.Sum256([]byte(all[0][1]))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; style-src " + hash("style", ".x{color:red}") + "; script-src " +
		hash("script", "let mine = 1;") + "; base-uri 'none'; form-action 'none'"
	if policy != want {
		t.Errorf("the policy is\n%s, want\n%s", policy, want)
	}
}

// TestNothingHarms holds that what a page is given is neither markup nor unseen.
func TestNothingHarms(t *testing.T) {
	for _, name := range []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</title></style></script>",
		"\x1b[31mred\x00\a", "\u202eevil\u2066", "bad \xff\xfe bytes", "line\u2028two\nthree\r", "<!-- {{.}} -->",
	} {
		text := write(t, page.New(form), name, data{Name: name})
		if strings.Contains(text, "alert(1)</") || strings.Contains(text, "<img") ||
			strings.Count(text, "</script>") != 1 || strings.Count(text, "</title>") != 1 ||
			strings.Contains(text, "<!--") {
			t.Errorf("%q gets into the page", name)
		}
		for _, c := range text {
			if c != '\n' && c != '\t' && !strconv.IsPrint(c) {
				t.Errorf("%q puts %q into the page", name, c)
			}
		}
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""}, {"1234", "1234"}, {"12345", "123…"}, {"äöüß", "äöüß"}, {"äöüßé", "äöü…"},
	} {
		if got := page.Shorten(4, test.text); got != test.want {
			t.Errorf("%q becomes %q, want %q", test.text, got, test.want)
		}
	}
}

func TestWrong(t *testing.T) {
	if err := page.New(form).Write(&bytes.Buffer{}, "", 1); err == nil {
		t.Error("data that the template cannot show make a page")
	}
	if err := page.New(form).Write(broken{}, "", data{}); !errors.Is(err, errBroken) {
		t.Errorf("a writer that fails: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a script that ends its element is taken")
		}
	}()
	page.New(form, page.Script("</script>"))
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
