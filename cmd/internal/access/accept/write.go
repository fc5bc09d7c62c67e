package accept

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Write writes entries as a file, or as what is added to the end of one.
func Write(entries []Entry, whole bool) []byte {
	var b bytes.Buffer
	if whole {
		b.WriteString("version: 1\naccept:\n")
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "  - rule: %s\n", e.Rule)
		fmt.Fprintf(&b, "    subject: %s\n", quote(e.Subject))
		if e.Place != "" {
			fmt.Fprintf(&b, "    place: %s\n", quote(e.Place))
		}
		if e.AtMost != "" {
			fmt.Fprintf(&b, "    at_most: %s\n", e.AtMost)
		}
		fmt.Fprintf(&b, "    reason: %s\n    by: %s\n", quote(e.Reason), quote(e.By))
		fmt.Fprintf(
			&b,
			"    since: %s\n    until: %s\n",
			e.Since.Format(time.DateOnly),
			e.Until.Format(time.DateOnly),
		)
	}
	return b.Bytes()
}

// quote writes a text as a YAML scalar in double quotes, which takes any character.
func quote(text string) string {
	return strconv.QuoteToASCII(strings.ToValidUTF8(text, "\ufffd"))
}
