// Package result is how the outcome of a statement goes to whoever asked for it: the vocabulary between session and
// the protocols that serve it.
package result

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Column describes an output column.
type Column struct {
	Name     string
	Type     types.Type
	TableOID uint32 // 0 if not a table's column
	Attnum   int16
}

// Writer takes what statements produce. An error means that the client is gone or the statement must stop.
type Writer interface {
	// Columns announces the rows of a statement; not called in the extended protocol, where Describe does that.
	Columns(cols []Column) error
	// Rows writes the rows of b (weight = number of copies). b is the caller's again afterwards.
	Rows(b *batch.Batch) error
	// Complete ends a statement with its command tag, e.g. "INSERT 0 1".
	Complete(tag string) error
	// Empty answers an empty query.
	Empty() error
	Notice(n *sqlerr.Error) error
	// Parameter reports a changed setting that clients follow (TimeZone, DateStyle, client_encoding, ...).
	Parameter(name, value string) error
	// CopyIn asks the client for data; columns is their number. The reader gives them, io.EOF at CopyDone, an error at CopyFail.
	CopyIn(columns int, binary bool) (CopyReader, error)
	// CopyOut starts COPY TO; then CopyData, then CopyDone, before Complete.
	CopyOut(columns int, binary bool) error
	CopyData(p []byte) error
	CopyDone() error
}

// CopyReader gives the data of COPY FROM STDIN in the client's pieces. The slice is valid until the next call.
type CopyReader interface {
	Next() ([]byte, error)
}

// Statement describes a prepared statement.
type Statement struct {
	Params  []types.Type
	Columns []Column // nil: returns no rows
}
