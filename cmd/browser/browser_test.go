package browser

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "write the screenshots in docs anew")

var (
	browser context.Context // the one that all tests open their pages in
	scratch string          // a folder that goes when all tests have ended
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	path := chromium()
	if path == "" {
		return m.Run() // every test says that it needs one
	}
	var err error
	if scratch, err = os.MkdirTemp("", ""); err != nil {
		panic(err)
	}
	defer os.RemoveAll(scratch)
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.UserDataDir(filepath.Join(scratch, "profile")), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", false),
	}
	allocated, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	defer stop()
	ctx, end := chromedp.NewContext(allocated)
	defer end()
	if err := chromedp.Do(ctx); err != nil {
		panic(err)
	}
	browser = ctx
	return m.Run()
}

// chromium is the path of a Chromium, or empty.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// A look is how a page is looked at.
type look struct {
	width    int64
	dark     bool
	noScript bool
	print    bool
}

func (l look) String() string {
	text := fmt.Sprint(l.width)
	for word, is := range map[string]bool{"dark": l.dark, "light": !l.dark, "without script": l.noScript} {
		if is {
			text += " " + word
		}
	}
	return text
}

// looks are all of them.
func looks() []look {
	var all []look
	for _, width := range []int64{1400, 400} {
		for _, dark := range []bool{false, true} {
			for _, noScript := range []bool{false, true} {
				all = append(all, look{width: width, dark: dark, noScript: noScript})
			}
		}
	}
	return all
}

// A tab is an open page, and what it complained of.
type tab struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	troubles []string
	requests []string
}

// needsBrowser skips a test where there is none, but not in CI.
func needsBrowser(t *testing.T) {
	t.Helper()
	switch {
	case browser != nil:
	case os.Getenv("CI") == "true":
		t.Fatal("there is no Chromium; on Debian: apt-get install chromium")
	default:
		t.Skip("there is no Chromium; on Debian: apt-get install chromium")
	}
}

// open opens a file as a page.
func open(t *testing.T, file string, l look) *tab {
	t.Helper()
	p := newTab(t, l)
	p.do(chromedp.Navigate("file://" + file))
	return p
}

// newTab makes an empty tab.
func newTab(t *testing.T, l look) *tab {
	t.Helper()
	needsBrowser(t)
	ctx, closeTab := chromedp.NewContext(browser)
	t.Cleanup(closeTab)
	p := &tab{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	scheme, media := "light", ""
	if l.dark {
		scheme = "dark"
	}
	if l.print {
		media = "print"
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: l.width, Height: 900, DeviceScaleFactor: 1,
	})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.noScript})
	return p
}

func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.troubles = append(p.troubles, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		p.troubles = append(p.troubles, "console."+e.Type.String())
	case *log.EventEntryAdded:
		p.troubles = append(p.troubles, e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		p.troubles = append(p.troubles, "a dialog: "+e.Message)
		go func() {
			_, _ = chromedp.Call(p.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}()
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	}
}

// do runs steps.
func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// call calls a method of the protocol.
func call[P, R any](p *tab, method cdp.Command[P, R], params P) R {
	p.Helper()
	result, err := chromedp.Call(p.ctx, method, params)
	if err != nil {
		p.Fatal(err)
	}
	return result
}

// eval is the value of an expression, that of a promise when it is one.
func eval[T any](p *tab, expression string) T {
	p.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatal(err)
	}
	return value
}

// js runs a statement.
func (p *tab) js(statement string) {
	p.Helper()
	eval[chromedp.Void](p, statement)
}

// search puts a text into the search at once, so that it is looked for once, and returns what is
// found, unfolded.
func (p *tab) search(text string) []string {
	p.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		p.Fatal(err)
	}
	p.js(fmt.Sprintf(`(() => {
		document.querySelector("#query ~ [role=status]").textContent = "";
		document.querySelector("#query").value = %s;
		document.querySelector("#query").dispatchEvent(new Event("input"));
	})()`, quoted))
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool](
		`document.querySelector("#query ~ [role=status]").textContent !== ""`)); err != nil {
		p.Fatal(err)
	}
	return eval[[]string](p, `(async () => {
		const results = Array.from(document.querySelectorAll("#query ~ div details"));
		for (const d of results) {
			const unfolded = new Promise(done => d.addEventListener("toggle", done, { once: true }));
			d.open = true;
			await unfolded;
		}
		return results.map(d => d.textContent);
	})()`)
}

// wantNoTrouble checks that the page complained of nothing and asked for nothing but itself.
func (p *tab) wantNoTrouble() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.troubles) > 0 {
		p.Errorf("the page complained: %q", p.troubles)
	}
	if len(p.requests) != 1 {
		p.Errorf("the page asked for %q", p.requests)
	}
}

// wantFits checks that the page does not scroll sideways.
func (p *tab) wantFits() {
	p.Helper()
	if over := eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		widest := eval[string](p, `(() => {
			const right = document.documentElement.clientWidth;
			return Array.from(document.querySelectorAll("body *")).filter(e =>
				e.getBoundingClientRect().right > right + 1 && !e.parentElement.closest(".scroll")).slice(0, 3).map(
				e => e.outerHTML.slice(0, 120)).join("\n");
		})()`)
		p.Errorf("the page scrolls sideways by %d pixels, for\n%s", over, widest)
	}
}

// write makes a file of the test's own.
func write(t *testing.T, write func(f *os.File) error) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "page.html"))
	if err != nil {
		t.Fatal(err)
	}
	if err := write(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// demo is the page of the demo's report, as the program writes it.
var demo = sync.OnceValues(func() (string, error) {
	file := filepath.Join(scratch, "report.html")
	cmd := exec.Command("go", "tool", "bbaudit", "run", "-demo", "-explicit", "-throttle", "none",
		"-fail-on", "none", "-format", "html", "-out", file)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "BITBUCKET_")
	})
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
})

func demoPage(t *testing.T) string {
	t.Helper()
	needsBrowser(t)
	file, err := demo()
	if err != nil {
		t.Fatal(err)
	}
	return file
}
