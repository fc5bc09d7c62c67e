package bitbuckettest

import "net/http"

// v1 answers a call of the 1.0 API, which was removed in April 2019. It comes before any check of credentials: c.who is
// the caller if they are good, and c.wrong says what is wrong with them otherwise.
func (c *call) v1() (answer, error) {
	return answer{}, failWith(http.StatusGone, object{
		"message": "Resource removed",
		"detail":  "This API is no longer supported.\n\nFor information about its removal, please refer to the deprecation notice.",
	})
}
