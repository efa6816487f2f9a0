// Package pgwire serves a session over PostgreSQL's frontend/backend protocol, version 3.
package pgwire

import (
	"context"

	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/types"
)

// Backend makes sessions.
type Backend interface {
	// Open starts a session with the client's startup parameters (user, database, application_name, options...). Errors end the
	// connection.
	Open(ctx context.Context, params map[string]string) (Session, error)
}

// Session is what the protocol needs of an SQL session. One call at a time, but for ctx, whose cancellation ends the running call
// with 57014.
type Session interface {
	// Query runs the simple protocol's text: any number of statements in one implicit transaction block.
	Query(ctx context.Context, sql string, w result.Writer) error

	// Prepare parses and plans a statement; paramOIDs may be shorter than the parameters or hold 0. name "" is the unnamed one.
	Prepare(ctx context.Context, name, sql string, paramOIDs []uint32) error
	DescribeStatement(ctx context.Context, name string) (result.Statement, error)
	// Bind makes a portal. Parameters are datums already (see ParamTypes); result formats stay in pgwire.
	Bind(ctx context.Context, portal, statement string, params []types.Datum) error
	// ParamTypes of a prepared statement, to decode Bind's parameters.
	ParamTypes(name string) ([]types.Type, error)
	DescribePortal(ctx context.Context, portal string) ([]result.Column, error)
	// Execute runs a portal until maxRows rows (0: all) have been written; suspended: there are more. final says that a Sync is already
	// in the read buffer right behind: the session then commits inside Execute, before it writes, so that a statement that loses a race
	// can be run again.
	Execute(ctx context.Context, portal string, maxRows int64, final bool, w result.Writer) (suspended bool, err error)
	CloseStatement(name string)
	ClosePortal(name string)
	// Sync ends the implicit transaction of an extended-protocol batch (commit, or rollback if failed): its error is reported before
	// ReadyForQuery.
	Sync(ctx context.Context, failed bool) error

	// Status is 'I', 'T' or 'E' for ReadyForQuery. Config is the session's settings, for text encodings; Parameters are those reported at startup.
	Status() byte
	Config() *types.Config
	Parameters() map[string]string
	Close()
}
