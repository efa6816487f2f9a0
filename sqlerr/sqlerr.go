// Package sqlerr is the error that a user of SQL sees: an SQLSTATE, a message in PostgreSQL's words, and where it
// helps a position, a detail and a hint.
//
// An error is made once, where it is understood, and travels unchanged to the client. Errors of the infrastructure
// (disk, network) are ordinary Go errors; From turns what remains of them into XX000 at the edge.
package sqlerr

import (
	"errors"
	"fmt"
)

// Error is an error with everything that PostgreSQL's ErrorResponse can carry and that we use.
type Error struct {
	Code    Code
	Message string
	Detail  string
	Hint    string
	Where   string // context, e.g. "COPY t, line 3, column a"

	// Position is the 1-based offset in bytes of the user's statement, 0 if unknown. pgwire turns it into characters.
	Position int

	// Table, Column and Constraint name what a constraint violation is about.
	Table, Column, Constraint string
}

// New makes an error from a code and a message in the manner of fmt.Sprintf.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unsupported is the refusal of something that PostgreSQL has and we do not: 0A000, at pos (a byte offset).
func Unsupported(pos int, format string, args ...any) *Error {
	return New(FeatureNotSupported, format+" is not supported", args...).At(pos)
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Message) }

// At sets the position from a 0-based byte offset; a negative one leaves the error without.
func (e *Error) At(offset int) *Error {
	if offset >= 0 {
		e.Position = offset + 1
	}
	return e
}

// WithHint sets the hint.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithDetail sets the detail.
func (e *Error) WithDetail(format string, args ...any) *Error {
	e.Detail = fmt.Sprintf(format, args...)
	return e
}

// WithWhere sets the context.
func (e *Error) WithWhere(format string, args ...any) *Error {
	e.Where = fmt.Sprintf(format, args...)
	return e
}

// OfConstraint names the table and the constraint that were violated.
func (e *Error) OfConstraint(table, constraint string) *Error {
	e.Table, e.Constraint = table, constraint
	return e
}

// From finds the *Error in err's chain, or makes an XX000 of it. nil stays nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: InternalError, Message: err.Error()}
}

// CodeOf is the SQLSTATE of err: "" for nil, XX000 for what is no *Error.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return From(err).Code
}
