package bitbuckettest

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"strings"
)

const (
	jsonType = "application/json; charset=utf-8"
	textType = "text/plain; charset=utf-8"
	htmlType = "text/html; charset=utf-8"

	reference    = "https://developer.atlassian.com/bitbucket/api/2/reference/"
	announcement = "https://developer.atlassian.com/cloud/bitbucket/changelog/#CHANGE-2770"
)

type object = map[string]any

// answer is what a handler gives back. Either doc or text is set, or neither.
type answer struct {
	status      int
	header      http.Header
	doc         object
	text        string
	contentType string
}

// failure is an answer that is an error.
type failure struct{ answer }

// Error gives the status and the body.
func (f *failure) Error() string {
	return fmt.Sprintf("%d %v%s", f.status, f.doc, f.text)
}

func ok(doc object) (answer, error) {
	return answer{status: http.StatusOK, doc: doc}, nil
}

func created(location string, doc object) (answer, error) {
	return answer{status: http.StatusCreated, doc: doc, header: http.Header{"Location": {location}}},
		nil
}

func noContent() (answer, error) {
	return answer{status: http.StatusNoContent}, nil
}

// fail is an error with nothing but a message.
func fail(status int, message string) *failure {
	return failWith(status, object{"message": message})
}

// failWith is an error with the given members of the error object.
func failWith(status int, members object) *failure {
	return &failure{answer{status: status, doc: object{"type": "error", "error": members}}}
}

// failFields is a 400 that blames a field.
func failFields(field, message string) *failure {
	return failWith(http.StatusBadRequest,
		object{"message": "Bad request", "fields": object{field: []any{message}}})
}

// sentence writes an error as Bitbucket words what is wrong with a field.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func failText(status int, text string) *failure {
	return &failure{answer{status: status, text: text, contentType: textType}}
}

// invalidPage is the recorded answer to a page that is none, byte for byte.
func invalidPage() *failure {
	return &failure{answer{
		status: http.StatusBadRequest, contentType: jsonType,
		text: `{"type": "error", "error": {"message": "Invalid page"}}`,
	}}
}

// failService is an error of the pipelines service, which has no top-level type. Its arguments
// say which field it is about.
func failService(status int, message, detail, key string, arguments object) *failure {
	return &failure{answer{status: status, doc: object{"error": object{
		"message": message, "detail": detail, "data": object{"key": key, "arguments": arguments},
	}}}}
}

// failCode is an error of code search: error.data.key explains it.
func failCode(status int, message, key string) *failure {
	return failWith(status, object{
		"message": message,
		"data":    object{"key": key, "arguments": object{}},
	})
}

func unknownRoute() *failure {
	return failWith(http.StatusNotFound,
		object{"message": "Resource not found", "detail": "There is no API hosted at this URL"})
}

func forbidden(detail string) *failure {
	return failWith(http.StatusForbidden, object{"message": "Forbidden", "detail": detail})
}

func lackingScopes(required, granted []string) *failure {
	return failWith(http.StatusForbidden, object{
		"message": "Your credentials lack one or more required privilege scopes.",
		"detail":  object{"required": list(required), "granted": list(granted)},
	})
}

func unauthorized(message string) *failure {
	f := fail(http.StatusUnauthorized, message)
	f.header = http.Header{"Www-Authenticate": {`Basic realm="Bitbucket.org HTTP"`}}
	return f
}

func invalidToken() *failure {
	return unauthorized("Token is invalid, expired, or not supported for this endpoint.")
}

func expiredToken() *failure {
	return unauthorized("Access token expired. Use your refresh token to obtain a new access token.")
}

func loginFailed() *failure {
	f := failText(http.StatusUnauthorized,
		"Login failed due to incorrect login credentials or method.\n"+
			"If you are using an API token, use your Atlassian account email as the username.\n"+
			"App passwords and account passwords are no longer accepted.\n")
	f.header = http.Header{"Www-Authenticate": {`Basic realm="Bitbucket.org HTTP"`}}
	return f
}

func removed() *failure {
	return &failure{answer{status: http.StatusGone, doc: object{
		"type": "error",
		"error": object{
			"message": "CHANGE-2770 - Functionality has been deprecated",
			"detail":  "Please read the changelog entry for more details.",
			"data":    object{"announcement_url": announcement},
		},
		"data": object{"announcement_url": announcement},
	}}}
}

func rateLimited() *failure {
	return failText(http.StatusTooManyRequests, "Rate limit for this resource has been exceeded")
}

// wentWrong is a 500 with the 32 hexadecimal digits that support asks for.
func wentWrong(seed string) *failure {
	return failWith(http.StatusInternalServerError,
		object{"message": "Something went wrong", "id": fmt.Sprintf("%x", md5.Sum([]byte(seed)))})
}

func list(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}
