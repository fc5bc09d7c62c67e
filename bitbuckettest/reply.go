package bitbuckettest

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// reply is what goes over the wire, and how it gets lost.
type reply struct {
	status int
	header http.Header
	body   []byte
	wire   wire
}

// wire says what happens to a reply on its way.
type wire int

const (
	whole   wire = iota
	reset        // the connection breaks before the answer
	refused      // there never was a connection
	stalled      // no answer until the client gives up
	halfway      // the body stops in the middle until the client gives up
	cut          // the connection breaks in the middle of the body
)

// lost reports whether no answer is sent.
func (w wire) lost() bool { return w == reset || w == refused || w == stalled }

// worthPacking is the size above which a body is compressed for a client that takes it.
const worthPacking = 1024

// packers are gzip writers that wait for the next body: one takes more memory than most bodies.
type packers struct{ sync.Pool }

// pack compresses a body that is worth it, for a client that asks for it.
func (p *packers) pack(out *reply, accepts string) {
	if len(out.body) <= worthPacking || !takesGzip(accepts) ||
		out.header.Get("Content-Encoding") != "" {
		return
	}
	var packed bytes.Buffer
	zip, ok := p.Get().(*gzip.Writer)
	if !ok {
		zip, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is one that there is
	}
	zip.Reset(&packed)
	_, _ = zip.Write(out.body)
	_ = zip.Close()
	p.Put(zip)
	out.body = packed.Bytes()
	out.header.Set("Content-Encoding", "gzip")
	if tag := out.header.Get("ETag"); tag != "" {
		out.header.Set("ETag", `"gz[`+strings.Trim(tag, `"`)+`]"`)
	}
}

// takesGzip reads Accept-Encoding; a quality of 0 means no.
func takesGzip(accepts string) bool {
	for coding := range strings.SplitSeq(accepts, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			value, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
			return err != nil || value > 0
		}
	}
	return false
}

// reason is the reason phrase; Bitbucket has none for 429.
func reason(status int) string {
	if status == http.StatusTooManyRequests {
		return "Unknown Status Code"
	}
	return http.StatusText(status)
}

func etag(body []byte) string { return fmt.Sprintf(`"%x"`, md5.Sum(body)) }
