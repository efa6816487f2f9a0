package wiretest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgproto3/v2"
)

// PlayTrace sends what the client sent in a trace that libpq wrote (PQtrace, as PostgreSQL's libpq_pipeline tests keep them) and compares what
// the server answers with what PostgreSQL answered. What differs from run to run is masked in the trace: object ids (NNNN, of which only
// those of parameters are sent: int4), and where in the server's code an error arose (SSSS).
func PlayTrace(t *testing.T, path, addr string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Startup(t, map[string]string{"user": "postgres"})
	if _, err := c.Until("ReadyForQuery"); err != nil {
		t.Fatal(err)
	}
	for n, line := range lines(string(text)) {
		side, rest, _ := strings.Cut(line, "\t")
		_, rest, _ = strings.Cut(rest, "\t") // the length
		name, fields, _ := strings.Cut(rest, "\t")
		if side == "F" {
			m, err := traceMessage(name, fields)
			if err != nil {
				t.Fatalf("%s:%d: %v", path, n+1, err)
			}
			c.send(t, m)
			continue
		}
		c.SetReadDeadline(time.Now().Add(patience))
		m, err := c.front.Receive()
		if err != nil {
			t.Fatalf("%s:%d: want %s, got %v", path, n+1, rest, err)
		}
		if got := traceLine(m); strings.TrimRight(got, " \t") != strings.TrimRight(rest, " \t") {
			t.Fatalf("%s:%d:\nwant %s\ngot  %s", path, n+1, rest, got)
		}
	}
}

// traceWords takes the fields of a line apart; strings are in double quotes, values in single ones.
func traceWords(s string) (words []string) {
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		end := strings.IndexByte(s, ' ')
		switch s[0] {
		case '"':
			end = strings.LastIndexByte(s, '"') + 1
			if i := strings.Index(s[1:], `" `); i >= 0 {
				end = i + 2
			}
		case '\'':
			end = strings.IndexByte(s[1:], '\'') + 2
		}
		if end < 0 || end > len(s) {
			end = len(s)
		}
		words = append(words, s[:end])
		s = s[end:]
	}
	return words
}

// cursor reads the words of a line one after the other.
type cursor struct {
	words []string
	err   error
}

func (c *cursor) next() string {
	if len(c.words) == 0 {
		c.err = fmt.Errorf("the line is too short")
		return ""
	}
	w := c.words[0]
	c.words = c.words[1:]
	if len(w) >= 2 && (w[0] == '"' || w[0] == '\'') {
		w = w[1 : len(w)-1]
	}
	return w
}

func (c *cursor) int() int {
	n, err := strconv.Atoi(c.next())
	if err != nil && c.err == nil {
		c.err = err
	}
	return n
}

const int4OID = 23

func traceMessage(name, fields string) (pgproto3.FrontendMessage, error) {
	c := &cursor{words: traceWords(fields)}
	switch name {
	case "Query":
		return &pgproto3.Query{String: c.next()}, c.err
	case "Parse":
		m := &pgproto3.Parse{Name: c.next(), Query: c.next()}
		for range c.int() {
			m.ParameterOIDs = append(m.ParameterOIDs, int4OID)
		}
		return m, c.err
	case "Bind":
		m := &pgproto3.Bind{DestinationPortal: c.next(), PreparedStatement: c.next()}
		for range c.int() {
			m.ParameterFormatCodes = append(m.ParameterFormatCodes, int16(c.int()))
		}
		for range c.int() {
			c.int() // its length
			m.Parameters = append(m.Parameters, []byte(c.next()))
		}
		for range c.int() {
			m.ResultFormatCodes = append(m.ResultFormatCodes, int16(c.int()))
		}
		return m, c.err
	case "Describe":
		return &pgproto3.Describe{ObjectType: c.next()[0], Name: c.next()}, c.err
	case "Close":
		return &pgproto3.Close{ObjectType: c.next()[0], Name: c.next()}, c.err
	case "Execute":
		return &pgproto3.Execute{Portal: c.next(), MaxRows: uint32(c.int())}, c.err
	case "Sync":
		return &pgproto3.Sync{}, nil
	case "Flush":
		return &pgproto3.Flush{}, nil
	case "Terminate":
		return &pgproto3.Terminate{}, nil
	}
	return nil, fmt.Errorf("unknown message %s", name)
}

// traceLine prints an answer as libpq traces it, masked.
func traceLine(m pgproto3.BackendMessage) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
	var b strings.Builder
	b.WriteString(name + "\t")
	switch m := m.(type) {
	case *pgproto3.RowDescription:
		fmt.Fprintf(&b, " %d", len(m.Fields))
		for _, f := range m.Fields {
			fmt.Fprintf(&b, " \"%s\" NNNN %d NNNN %d %d %d", f.Name, f.TableAttributeNumber, uint16(f.DataTypeSize), f.TypeModifier, f.Format)
		}
	case *pgproto3.DataRow:
		fmt.Fprintf(&b, " %d", len(m.Values))
		for _, v := range m.Values {
			if v == nil {
				b.WriteString(" -1")
				continue
			}
			fmt.Fprintf(&b, " %d '%s'", len(v), v)
		}
	case *pgproto3.CommandComplete:
		fmt.Fprintf(&b, " \"%s\"", m.CommandTag)
	case *pgproto3.ReadyForQuery:
		fmt.Fprintf(&b, " %c", m.TxStatus)
	case *pgproto3.ParameterDescription:
		fmt.Fprintf(&b, " %d%s", len(m.ParameterOIDs), strings.Repeat(" NNNN", len(m.ParameterOIDs)))
	case *pgproto3.ErrorResponse:
		traceError(&b, m)
	case *pgproto3.NoticeResponse:
		e := pgproto3.ErrorResponse(*m)
		traceError(&b, &e)
	}
	return b.String()
}

func traceError(b *strings.Builder, e *pgproto3.ErrorResponse) {
	fmt.Fprintf(b, " S \"%s\" V \"%s\" C \"%s\" M \"%s\"", e.Severity, e.SeverityUnlocalized, e.Code, e.Message)
	if e.Detail != "" {
		fmt.Fprintf(b, " D \"%s\"", e.Detail)
	}
	if e.Hint != "" {
		fmt.Fprintf(b, " H \"%s\"", e.Hint)
	}
	if e.Position != 0 {
		fmt.Fprintf(b, " P \"%d\"", e.Position)
	}
	// We have no file, line and routine to tell; a driver does without them.
	b.WriteString(` F "SSSS" L "SSSS" R "SSSS" \x00`)
}
