// Package sqltest runs SQL against streamsql in tests: in process, with values as text, and in tick scripts that tell
// how views change.
package sqltest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/session"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Client is a session of an engine in this process.
type Client struct {
	Session *session.Session
	Null    string // how rows show NULL
}

// Result is what a text of statements gave: the rows of the last one that returned any, and every command tag and notice.
type Result struct {
	Columns []string
	Types   []types.Type
	Rows    [][]string
	Tags    []string
	Notices []*sqlerr.Error
}

// NewClient opens a session.
func NewClient(e *engine.Engine) (*Client, error) {
	s, err := session.NewServer(e).Open(context.Background(), map[string]string{"user": "test"})
	if err != nil {
		return nil, err
	}
	return &Client{Session: s, Null: "NULL"}, nil
}

// Close ends the session.
func (c *Client) Close() { c.Session.Close() }

// Exec runs statements. copyIn is the data of a COPY FROM STDIN among them.
func (c *Client) Exec(sql string, copyIn ...string) (*Result, error) {
	return c.ExecContext(context.Background(), sql, copyIn...)
}

// ExecContext is Exec until ctx ends.
func (c *Client) ExecContext(ctx context.Context, sql string, copyIn ...string) (*Result, error) {
	w := &recorder{config: c.Session.Config, null: c.Null, copyIn: copyIn}
	err := c.Session.Query(ctx, sql, w)
	return &w.Result, err
}

// Sorted are the rows as lines in the order of their text.
func (r *Result) Sorted() []string {
	lines := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		lines[i] = "(" + strings.Join(row, ", ") + ")"
	}
	slices.Sort(lines)
	return lines
}

// recorder is a result.Writer that keeps everything as text.
type recorder struct {
	Result
	config func() *types.Config
	null   string
	copyIn []string
}

func (w *recorder) Columns(cols []result.Column) error {
	w.Result.Columns, w.Result.Types, w.Result.Rows = nil, nil, nil
	for _, c := range cols {
		w.Result.Columns = append(w.Result.Columns, c.Name)
		w.Result.Types = append(w.Result.Types, c.Type)
	}
	return nil
}

func (w *recorder) Rows(b *batch.Batch) error {
	for i := range b.Len() {
		row := make([]string, len(b.Cols))
		for k, c := range b.Cols {
			row[k] = w.null
			if !c.IsNull(i) {
				row[k] = string(types.AppendText(nil, w.config(), c.Type, c.Datum(i)))
			}
		}
		for range b.W[i] {
			w.Result.Rows = append(w.Result.Rows, row)
		}
	}
	return nil
}

func (w *recorder) Complete(tag string) error      { w.Tags = append(w.Tags, tag); return nil }
func (w *recorder) Empty() error                   { return nil }
func (w *recorder) Notice(n *sqlerr.Error) error   { w.Notices = append(w.Notices, n); return nil }
func (w *recorder) Parameter(string, string) error { return nil }
func (w *recorder) CopyOut(int, bool) error        { return nil }
func (w *recorder) CopyDone() error                { return nil }
func (w *recorder) CopyData(p []byte) error {
	for line := range strings.SplitSeq(strings.TrimSuffix(string(p), "\n"), "\n") {
		w.Result.Rows = append(w.Result.Rows, []string{line})
	}
	return nil
}

func (w *recorder) CopyIn(int, bool) (result.CopyReader, error) {
	if len(w.copyIn) == 0 {
		return nil, fmt.Errorf("COPY FROM STDIN without data")
	}
	r := &copyText{text: w.copyIn[0]}
	w.copyIn = w.copyIn[1:]
	return r, nil
}

// copyText gives its text in one piece.
type copyText struct{ text string }

func (r *copyText) Next() ([]byte, error) {
	if r.text == "" {
		return nil, io.EOF
	}
	p := []byte(r.text)
	r.text = ""
	return p, nil
}
