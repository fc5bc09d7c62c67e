package browser

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// The size of the screenshots, and the most that one of them may weigh in the repository.
const (
	pictureWidth  = 1400
	pictureHeight = 2000
	mostPicture   = 300_000
)

// TestScreenshots checks those in docs: the top of the demo's report in light and in dark. With
// -update it takes them anew:
//
//	go test -run Screenshots -update
func TestScreenshots(t *testing.T) {
	for name, dark := range map[string]bool{"report-light.png": false, "report-dark.png": true} {
		file := filepath.Join("..", "..", "docs", name)
		if *update {
			picture := take(t, demoPage(t), look{width: pictureWidth, dark: dark})
			if err := os.WriteFile(file, picture, 0o644); err != nil { //nolint:gosec // it is public
				t.Fatal(err)
			}
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if size := picture.Bounds().Size(); size != image.Pt(pictureWidth, pictureHeight) || len(data) > mostPicture {
			t.Errorf("%s is %v and weighs %d bytes, want %d by %d and at most %d",
				name, size, len(data), pictureWidth, pictureHeight, mostPicture)
		}
		if r, g, b, _ := picture.At(5, 5).RGBA(); r+g+b < 3*0x8000 != dark {
			t.Errorf("%s is not as light or as dark as its name says", name)
		}
	}
}

// take takes a picture of the top of a page.
func take(t *testing.T, file string, l look) []byte {
	t.Helper()
	p := open(t, file, l)
	shot := call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip:                  &page.Viewport{Width: pictureWidth, Height: pictureHeight, Scale: 1},
		CaptureBeyondViewport: new(true),
	})
	taken, err := png.Decode(bytes.NewReader(shot.Data))
	if err != nil {
		t.Fatal(err)
	}
	opaque := image.NewRGBA(taken.Bounds()) // a picture without transparency is smaller
	draw.Draw(opaque, opaque.Bounds(), taken, taken.Bounds().Min, draw.Src)
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, opaque); err != nil {
		t.Fatal(err)
	}
	return small.Bytes()
}
