package pgwire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgproto3/v2"

	"github.com/streamsql/streamsql/sqlerr"
)

// Codes in the place of a protocol version.
const (
	cancelRequest = 1234<<16 | 5678
	sslRequest    = 1234<<16 | 5679
	gssRequest    = 1234<<16 | 5680
)

const protocolMajor = 3

// start brings a connection to its first ReadyForQuery; false: it is over, and the client was told why.
func (c *conn) start() bool {
	if t, ok := c.net.(*net.TCPConn); ok {
		// Half-open connections: a peer that lost power is noticed after two minutes.
		t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4})
	}
	c.net.SetDeadline(time.Now().Add(c.srv.o.StartupTimeout))
	if c.ending.Load() != nil {
		return false
	}
	body, err := c.startupPacket()
	if err != nil || body == nil {
		return c.refuse(err)
	}
	version := binary.BigEndian.Uint32(body)
	if version>>16 != protocolMajor {
		return c.refuse(sqlerr.New(sqlerr.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0",
			version>>16, version&0xffff))
	}
	params, extensions, err := startupParameters(body[4:])
	if err != nil {
		return c.refuse(err)
	}
	if e := c.srv.register(c); e != nil {
		return c.refuse(e)
	}
	if version&0xffff != 0 || len(extensions) > 0 {
		c.negotiate(extensions)
	}
	if c.session, err = c.srv.o.Backend.Open(c.context(), params); err != nil {
		return c.refuse(err)
	}
	c.log = c.log.With("session", c.id, "user", params["user"])
	c.welcome(params)
	c.net.SetDeadline(time.Time{})
	c.clearDeadline()
	c.phase.set(idle, c.srv.ticks.Load())
	return c.out.err == nil
}

// refuse ends a connection that has not started. Strangers (a port scan, a browser) are not worth more than a debug line.
func (c *conn) refuse(err error) bool {
	var e *sqlerr.Error
	if errors.As(err, &e) {
		c.log.Debug("connection refused", "from", c.net.RemoteAddr(), "code", e.Code, "reason", e.Message)
		c.fatal(e)
	} else if err != nil {
		c.log.Debug("connection lost while starting", "from", c.net.RemoteAddr(), "err", err)
	}
	return false
}

// startupPacket declines encryption as often as the client may ask for it, and returns the packet that names a protocol version; nil
// after a cancel request.
func (c *conn) startupPacket() ([]byte, error) {
	for range 3 {
		body, err := c.in.startup()
		if err != nil {
			return nil, err
		}
		switch binary.BigEndian.Uint32(body) {
		case sslRequest, gssRequest:
			if _, err := c.net.Write([]byte{'N'}); err != nil {
				return nil, err
			}
		case cancelRequest:
			if len(body) == 12 {
				c.srv.cancel(binary.BigEndian.Uint32(body[4:]), binary.BigEndian.Uint32(body[8:]))
			}
			return nil, nil
		default:
			return body, nil
		}
	}
	return nil, sqlerr.New(sqlerr.ProtocolViolation, "too many encryption requests")
}

// startupParameters reads name and value pairs. Names with _pq_. ask for protocol extensions, of which there are none. What options
// holds (-c name=value) becomes parameters of their own.
func startupParameters(b []byte) (params map[string]string, extensions []string, err error) {
	params = map[string]string{}
	for {
		name, rest, ok := bytes.Cut(b, []byte{0})
		if ok && len(name) == 0 && len(rest) == 0 {
			break
		}
		value, rest, ok2 := bytes.Cut(rest, []byte{0})
		if !ok || !ok2 || len(name) == 0 {
			return nil, nil, sqlerr.New(sqlerr.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")
		}
		b = rest
		for _, s := range [][]byte{name, value} {
			if err := checkUTF8(s); err != nil {
				return nil, nil, err
			}
		}
		if strings.HasPrefix(string(name), "_pq_.") {
			extensions = append(extensions, string(name))
		} else {
			params[string(name)] = string(value)
		}
	}
	if params["user"] == "" {
		return nil, nil, sqlerr.New(sqlerr.InvalidAuthorization, "no PostgreSQL user name specified in startup packet")
	}
	if r := params["replication"]; r != "" && r != "false" && r != "off" && r != "no" && r != "0" {
		return nil, nil, sqlerr.New(sqlerr.FeatureNotSupported, "replication connections are not supported")
	}
	if params["database"] == "" {
		params["database"] = params["user"]
	}
	return params, extensions, commandLine(params)
}

// commandLine takes settings out of the options parameter, written as for PostgreSQL's own command line: -c name=value or --name=value,
// with backslash before a space that is no separator. A setting given as a parameter of its own wins.
func commandLine(params map[string]string) error {
	args := splitOptions(params["options"])
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var assignment string
		switch {
		case arg == "-c" && len(args) > 0:
			assignment, args = args[0], args[1:]
		case strings.HasPrefix(arg, "--"):
			assignment = arg[2:]
		case strings.HasPrefix(arg, "-c"):
			assignment = arg[2:]
		}
		name, value, ok := strings.Cut(assignment, "=")
		if !ok || name == "" {
			return sqlerr.New(sqlerr.SyntaxError, "invalid command-line argument for server process: %s", arg).
				WithHint("Write -c name=value.")
		}
		name = strings.ReplaceAll(name, "-", "_")
		if _, given := params[name]; !given {
			params[name] = value
		}
	}
	return nil
}

func splitOptions(s string) (args []string) {
	var arg strings.Builder
	inside := false
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == ' ' || ch >= '\t' && ch <= '\r':
			if inside {
				args = append(args, arg.String())
				arg.Reset()
			}
			inside = false
			continue
		case ch == '\\' && i+1 < len(s):
			i++
		}
		arg.WriteByte(s[i])
		inside = true
	}
	if inside {
		args = append(args, arg.String())
	}
	return args
}

// negotiate tells a client that asked for more than protocol 3.0 what it gets: NegotiateProtocolVersion, which pgproto3 does not have.
func (c *conn) negotiate(extensions []string) {
	m := c.out.begin('v')
	c.out.uint32(0) // the newest minor version
	c.out.uint32(uint32(len(extensions)))
	for _, name := range extensions {
		c.out.cstring(name)
	}
	c.out.end(m)
}

// welcome sends everything from AuthenticationOk to ReadyForQuery.
func (c *conn) welcome(params map[string]string) {
	c.out.message(&pgproto3.AuthenticationOk{})
	c.changed = map[string]string{
		"application_name":              params["application_name"],
		"client_encoding":               "UTF8",
		"DateStyle":                     "ISO, MDY",
		"default_transaction_read_only": "off",
		"in_hot_standby":                "off",
		"integer_datetimes":             "on",
		"IntervalStyle":                 "postgres",
		"is_superuser":                  "on",
		"server_encoding":               "UTF8",
		"server_version":                "15.0",
		"session_authorization":         params["user"],
		"standard_conforming_strings":   "on",
		"TimeZone":                      "UTC",
	}
	maps.Copy(c.changed, c.session.Parameters())
	c.reportParameters()
	c.out.message(&pgproto3.BackendKeyData{ProcessID: c.id, SecretKey: c.secret})
	c.ready()
}
