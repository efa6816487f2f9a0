package pgwire

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgproto3/v2"

	"github.com/streamsql/streamsql/sqlerr"
)

const (
	severityFatal   = "FATAL"
	severityError   = "ERROR"
	severityWarning = "WARNING"
	severityNotice  = "NOTICE"
)

// errEnded stands in a buffer whose connection got its last message.
var errEnded = errors.New("pgwire: session ended")

// sendError reports a failed statement whose text is sql ("" if it has none).
func (c *conn) sendError(err error, sql string) {
	e := c.reason(err)
	if e.Code == sqlerr.InternalError {
		c.log.Error("internal error", "err", err)
	}
	if e.Code == sqlerr.AdminShutdown {
		c.fatal(e)
		c.out.fail(errEnded)
		return
	}
	c.out.message(errorResponse(severityError, e, sql))
}

// errorResponse puts e on the wire's terms. A position in bytes of sql becomes one in characters.
func errorResponse(severity string, e *sqlerr.Error, sql string) *pgproto3.ErrorResponse {
	r := &pgproto3.ErrorResponse{
		Severity:            severity,
		SeverityUnlocalized: severity,
		Code:                string(e.Code),
		Message:             clean(e.Message),
		Detail:              clean(e.Detail),
		Hint:                clean(e.Hint),
		Where:               clean(e.Where),
		TableName:           clean(e.Table),
		ColumnName:          clean(e.Column),
		ConstraintName:      clean(e.Constraint),
	}
	if e.Position > 0 && sql != "" {
		before := min(e.Position-1, len(sql))
		r.Position = int32(utf8.RuneCountInString(sql[:before])) + 1
	}
	return r
}

// clean makes s fit for a C string in UTF-8: data that an error quotes may be anything.
func clean(s string) string {
	if s == "" || utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ToValidUTF8(untilNUL(s), "\uFFFD")
}

// noticeSeverity: what PostgreSQL sends as WARNING is in the classes 01 and 25 (no transaction in progress, and the like).
func noticeSeverity(code sqlerr.Code) string {
	if strings.HasPrefix(string(code), "01") || strings.HasPrefix(string(code), "25") {
		return severityWarning
	}
	return severityNotice
}

// malformed is the error of a message whose frame is right and whose content is not; the connection goes on.
func malformed() *sqlerr.Error {
	return sqlerr.New(sqlerr.ProtocolViolation, "invalid message format")
}
