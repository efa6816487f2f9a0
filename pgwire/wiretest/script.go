// Package wiretest plays scripts of protocol messages against a server and writes down what it answers. Tests only.
//
// A script is a datadriven file. "send" sends messages, one a line, as a name and the JSON of its fields; "until" reads until the
// messages named have come, in order, and prints what came:
//
//	send
//	Parse {"Query": "SELECT $1::int4"}
//	Bind {"Parameters": [{"text": "1"}]}
//	Execute
//	Sync
//	----
//
//	until
//	ReadyForQuery
//	----
//	...
//
// A table's OID prints as 1, since it differs from run to run.
//
// "until ignore=RowDescription" leaves those out; "raw" sends bytes (hexadecimal, or quoted text); "startup" opens a connection by hand with
// parameters; "closed" reads what is left and expects the server to hang up. Each takes conn=name, if there are several connections.
package wiretest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgproto3/v2"
)

// Run plays the script at path against the server at addr: host:port, or the path of a Unix socket.
func Run(t *testing.T, path, addr string) {
	t.Helper()
	p := &player{addr: addr, conns: map[string]*Client{}}
	defer p.close()
	datadriven.RunTest(t, path, p.play)
}

type player struct {
	addr  string
	conns map[string]*Client
}

func (p *player) close() {
	for _, c := range p.conns {
		c.Close()
	}
}

func (p *player) play(t *testing.T, d *datadriven.TestData) string {
	name := "main"
	d.MaybeScanArgs(t, "conn", &name)
	if d.Cmd == "startup" {
		if old := p.conns[name]; old != nil {
			old.Close()
		}
		c, err := Dial(p.addr)
		if err != nil {
			t.Fatal(err)
		}
		p.conns[name] = c
		c.Startup(t, parameters(d.Input))
		return ""
	}
	c := p.conns[name]
	if c == nil {
		var err error
		if c, err = Dial(p.addr); err != nil {
			t.Fatal(err)
		}
		p.conns[name] = c
		if d.Cmd != "raw" {
			c.Startup(t, map[string]string{"user": "postgres"})
			if _, err := c.Until("ReadyForQuery"); err != nil {
				t.Fatalf("%s: starting: %v", d.Pos, err)
			}
		}
	}
	switch d.Cmd {
	case "send":
		for _, line := range lines(d.Input) {
			c.Send(t, line)
		}
		return ""
	case "raw":
		c.raw(t, d.Input)
		return ""
	case "until":
		got, err := c.Until(lines(d.Input)...)
		return c.show(t, d, got, err)
	case "closed":
		got, err := c.Until("nothing")
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			t.Fatalf("%s: the connection is still open: %v", d.Pos, err)
		}
		delete(p.conns, name)
		c.Close()
		return c.show(t, d, got, nil)
	}
	t.Fatalf("%s: unknown directive %s", d.Pos, d.Cmd)
	return ""
}

func (c *Client) show(t *testing.T, d *datadriven.TestData, got []Message, err error) string {
	var ignore string
	d.MaybeScanArgs(t, "ignore", &ignore)
	var out strings.Builder
	for _, m := range got {
		if m.Name == ignore || m.Name == "ParameterStatus" && d.Cmd != "until" {
			continue
		}
		out.WriteString(m.Text + "\n")
	}
	if err != nil {
		fmt.Fprintf(&out, "error: %v\n", err)
	}
	return out.String()
}

func lines(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '\n' })
}

func parameters(s string) map[string]string {
	ps := map[string]string{}
	for _, line := range lines(s) {
		name, value, _ := strings.Cut(line, "=")
		ps[name] = value
	}
	return ps
}

// Client is a connection that speaks in messages.
type Client struct {
	net.Conn
	front *pgproto3.Frontend
	// PID and Secret are for a cancel request, once the server has told them.
	PID, Secret uint32
}

// patience is how long an answer may take before a test gives up.
const patience = 10 * time.Second

// Dial connects and sends nothing.
func Dial(addr string) (*Client, error) {
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	nc, err := net.DialTimeout(network, addr, patience)
	if err != nil {
		return nil, err
	}
	return &Client{Conn: nc, front: pgproto3.NewFrontend(pgproto3.NewChunkReader(nc), nc)}, nil
}

// Startup sends the startup packet.
func (c *Client) Startup(t testing.TB, params map[string]string) {
	t.Helper()
	c.send(t, &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersionNumber, Parameters: params})
}

// Send sends the message that line describes: a name and JSON.
func (c *Client) Send(t testing.TB, line string) {
	t.Helper()
	m, err := parseMessage(line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	c.send(t, m)
}

func (c *Client) send(t testing.TB, m pgproto3.FrontendMessage) {
	t.Helper()
	b, err := m.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.SetWriteDeadline(time.Now().Add(patience))
	if _, err := c.Write(b); err != nil {
		t.Fatalf("sending: %v", err)
	}
}

func (c *Client) raw(t *testing.T, input string) {
	t.Helper()
	var all []byte
	for _, word := range strings.Fields(input) {
		var b []byte
		var err error
		if strings.HasPrefix(word, `"`) {
			var s string
			s, err = strconv.Unquote(word)
			b = []byte(s)
		} else {
			b, err = hex.DecodeString(word)
		}
		if err != nil {
			t.Fatalf("%s: %v", word, err)
		}
		all = append(all, b...)
	}
	if _, err := c.Write(all); err != nil {
		t.Fatal(err)
	}
}

func parseMessage(line string) (pgproto3.FrontendMessage, error) {
	name, fields, _ := strings.Cut(line, " ")
	messages := map[string]pgproto3.FrontendMessage{
		"Bind": &pgproto3.Bind{}, "Close": &pgproto3.Close{}, "CopyData": &pgproto3.CopyData{}, "CopyDone": &pgproto3.CopyDone{},
		"CopyFail": &pgproto3.CopyFail{}, "Describe": &pgproto3.Describe{}, "Execute": &pgproto3.Execute{}, "Flush": &pgproto3.Flush{},
		"FunctionCall": &pgproto3.FunctionCall{}, "Parse": &pgproto3.Parse{}, "Query": &pgproto3.Query{}, "Sync": &pgproto3.Sync{},
		"Terminate": &pgproto3.Terminate{}, "PasswordMessage": &pgproto3.PasswordMessage{},
	}
	m, ok := messages[name]
	if !ok {
		return nil, fmt.Errorf("unknown message %s", name)
	}
	if strings.TrimSpace(fields) == "" {
		return m, nil
	}
	// Messages with an ObjectType are described by {"ObjectType": "S"}; a plain byte otherwise needs a number.
	switch m := m.(type) {
	case *pgproto3.Describe:
		return m, named(fields, &m.ObjectType, &m.Name)
	case *pgproto3.Close:
		return m, named(fields, &m.ObjectType, &m.Name)
	case *pgproto3.CopyData:
		var f struct{ Text string }
		err := json.Unmarshal([]byte(fields), &f)
		m.Data = []byte(f.Text)
		return m, err
	}
	return m, json.Unmarshal([]byte(fields), m)
}

func named(fields string, typ *byte, name *string) error {
	var f struct{ ObjectType, Name string }
	if err := json.Unmarshal([]byte(fields), &f); err != nil {
		return err
	}
	if len(f.ObjectType) != 1 {
		return fmt.Errorf("ObjectType is S or P")
	}
	*typ, *name = f.ObjectType[0], f.Name
	return nil
}

// Message is an answer: its name and how it prints.
type Message struct{ Name, Text string }

// Until reads messages until those named have come, in order. ParameterStatus is left out of startup's answer only when it was not asked
// for. An ErrorResponse where none is asked for does not end the reading.
func (c *Client) Until(names ...string) ([]Message, error) {
	var got []Message
	for len(names) > 0 {
		c.SetReadDeadline(time.Now().Add(patience))
		m, err := c.front.Receive()
		if err != nil {
			return got, err
		}
		if k, ok := m.(*pgproto3.BackendKeyData); ok {
			c.PID, c.Secret = k.ProcessID, k.SecretKey
			continue
		}
		name := strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
		if name == "AuthenticationOk" {
			continue
		}
		got = append(got, Message{name, format(name, m)})
		if name == names[0] {
			names = names[1:]
		}
	}
	return got, nil
}

// format prints a message as JSON, errors with the fields that they have.
func format(name string, m pgproto3.BackendMessage) string {
	switch m := m.(type) {
	case *pgproto3.ErrorResponse:
		return formatError(name, m)
	case *pgproto3.NoticeResponse:
		e := pgproto3.ErrorResponse(*m)
		return formatError(name, &e)
	case *pgproto3.RowDescription:
		for i := range m.Fields {
			m.Fields[i].TableOID = min(m.Fields[i].TableOID, 1)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func formatError(name string, e *pgproto3.ErrorResponse) string {
	b, _ := json.Marshal(e)
	var all map[string]any
	json.Unmarshal(b, &all)
	delete(all, "SeverityUnlocalized")
	parts := []string{fmt.Sprintf("%q:%q", "Type", name)}
	for _, key := range []string{"Severity", "Code", "Message", "Detail", "Hint", "Position", "Where", "TableName", "ColumnName", "ConstraintName"} {
		if v := all[key]; v != nil && v != "" && v != float64(0) {
			value, _ := json.Marshal(v)
			parts = append(parts, fmt.Sprintf("%q:%s", key, value))
		}
	}
	return "{" + strings.Join(slices.Compact(parts), ",") + "}"
}
