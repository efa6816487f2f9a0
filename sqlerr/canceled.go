package sqlerr

import "context"

// Canceled is the error of a statement whose context has ended.
func Canceled(ctx context.Context) *Error {
	if e, ok := context.Cause(ctx).(*Error); ok {
		return e
	}
	return New(QueryCanceled, "canceling statement due to user request")
}
