package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// ErrResponseTooLarge says that an answer is larger than allowed.
var ErrResponseTooLarge = errors.New("bitbucket: response too large")

// Error returns an error whose text has no secrets in it. It is what err is to errors.Is and
// errors.As, but does not unwrap to it: whoever prints a chain of errors prints no secret either.
func (r Redactor) Error(err error) error {
	text := err.Error()
	clean := r.Text(text)
	if clean == text && holdsNoText(err) {
		return err
	}
	return &redactedError{clean, func() error { return err }}
}

// holdsNoText reports whether an error is one of ours, which no verb prints more of than its text.
func holdsNoText(err error) bool {
	switch err.(type) { //nolint:errorlint // the very value: what wraps one may hold a text
	case *redactedError, *attemptTimeoutError:
		return true
	}
	return err == context.Canceled || err == context.DeadlineExceeded
}

type redactedError struct {
	text string
	err  func() error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(e.err(), target) }

// As finds all but a *url.Error, which would come with its query.
func (e *redactedError) As(target any) bool {
	if _, ok := target.(**url.Error); ok {
		return false
	}
	return errors.As(e.err(), target)
}

// contextError is the end of a context, and what it ended.
type contextError struct{ ended, err error }

func (e contextError) Error() string   { return e.ended.Error() + ": " + e.err.Error() }
func (e contextError) Unwrap() []error { return []error{e.ended, e.err} }

// withoutURL is an error of net/http without the URL in its text, which has the query in it.
func withoutURL(err error) error {
	for {
		ue, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = ue.Err
	}
}

// isPermanent says whether an error comes back however often one tries.
func isPermanent(err error) bool {
	for _, permanent := range [...]error{
		context.Canceled, ErrForeignOrigin, ErrResponseTooLarge, errRedirect,
	} {
		if errors.Is(err, permanent) {
			return true
		}
	}
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// isNetwork says whether an error is one of the network.
func isNetwork(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok
}

// neverLeft says whether the connection was never made.
func neverLeft(err error) bool {
	for {
		op, ok := errors.AsType[*net.OpError](err)
		if !ok {
			break
		}
		if op.Op == "dial" {
			return true
		}
		err = op.Err // that of a proxy holds the dial's
	}
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

// An attemptTimeoutError is the end of an attempt's deadline. It is no context.DeadlineExceeded,
// since the caller's context goes on.
type attemptTimeoutError struct{ after time.Duration }

func (e *attemptTimeoutError) Error() string {
	return fmt.Sprintf("no complete answer within %v (WithAttemptTimeout)", e.after)
}

// Timeout makes it a net.Error like any other time-out.
func (e *attemptTimeoutError) Timeout() bool   { return true }
func (e *attemptTimeoutError) Temporary() bool { return true }
