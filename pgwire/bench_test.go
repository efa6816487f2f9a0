package pgwire_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/pgwire"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/types"
)

// constant is a session whose every statement reads the same rows: what remains is the protocol's own cost.
type constant struct {
	fakeSession
	rows *batch.Batch
}

func (s *constant) Bind(context.Context, string, string, []types.Datum) error { return nil }
func (s *constant) ParamTypes(string) ([]types.Type, error)                   { return int8Types, nil }
func (s *constant) Execute(_ context.Context, _ string, _ int64, _ bool, w result.Writer) (bool, error) {
	if err := w.Rows(s.rows); err != nil {
		return false, err
	}
	return false, w.Complete("SELECT 1")
}

var int8Types = []types.Type{types.Of(types.Int8)}

type constantBackend struct{ rows int }

func (b constantBackend) Open(context.Context, map[string]string) (pgwire.Session, error) {
	s := &constant{fakeSession: fakeSession{backend: newFakeBackend(), status: 'I', cfg: types.DefaultConfig()}}
	s.rows = batch.New(append(int8Types, types.Of(types.Text)), b.rows)
	for i := range b.rows {
		s.rows.AppendRow([]types.Datum{types.NewInt(int64(i)), types.NewString("a tweet of some length or other, as they are")}, 1)
	}
	return s, nil
}

// BenchmarkPreparedRead is a Bind, Execute and Sync at a time on each of some connections, beside a server that answers the same bytes
// without looking at what it reads: the rest is what the kernel costs.
func BenchmarkPreparedRead(b *testing.B) {
	for _, rows := range []int{1, 100} {
		for _, conns := range []int{1, 16} {
			b.Run(fmt.Sprintf("rows=%d/conns=%d/server=pgwire", rows, conns), func(b *testing.B) {
				s := pgwire.NewServer(pgwire.Options{Backend: constantBackend{rows}})
				defer s.Close()
				readFrom(b, s.Serve, conns)
			})
		}
	}
	for _, conns := range []int{1, 16} {
		b.Run(fmt.Sprintf("rows=1/conns=%d/server=parrot", conns), func(b *testing.B) { readFrom(b, parrot, conns) })
	}
}

func readFrom(b *testing.B, serve func(net.Listener) error, conns int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go serve(l)
	var request bytes.Buffer
	request.WriteString("B\x00\x00\x00\x1a\x00s\x00\x00\x01\x00\x01\x00\x01\x00\x00\x00\x08")
	request.Write(binary.BigEndian.AppendUint64(nil, 42))
	request.WriteString("\x00\x00")
	binary.BigEndian.PutUint32(request.Bytes()[1:], uint32(request.Len()-1))
	request.WriteString("E\x00\x00\x00\x09\x00\x00\x00\x00\x00S\x00\x00\x00\x04")
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range conns {
		nc, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer nc.Close()
		nc.Write(startupPacket(3<<16, "user", "bench"))
		buf := make([]byte, 64<<10)
		if err := untilReady(nc, buf); err != nil {
			b.Fatal(err)
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range b.N / conns {
				nc.Write(request.Bytes())
				if err := untilReady(nc, buf); err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
}

func untilReady(nc net.Conn, buf []byte) error {
	for {
		n, err := nc.Read(buf)
		if err != nil {
			return err
		}
		if bytes.HasSuffix(buf[:n], []byte("Z\x00\x00\x00\x05I")) {
			return nil
		}
	}
}

// parrot answers everything with the same bytes.
func parrot(l net.Listener) error {
	answer := []byte("2\x00\x00\x00\x04D\x00\x00\x00\x0f\x00\x01\x00\x00\x00\x0542424C\x00\x00\x00\x0dSELECT 1\x00Z\x00\x00\x00\x05I")
	for {
		nc, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer nc.Close()
			buf := make([]byte, 8<<10)
			for {
				if _, err := nc.Read(buf); err == io.EOF || err != nil {
					return
				}
				nc.Write(answer)
			}
		}()
	}
}
