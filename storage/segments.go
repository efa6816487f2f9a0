package storage

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/streamsql/streamsql/sqlerr"
)

// diskSegments keeps each segment of the log in a numbered file.
//
// They are no Badger databases: one takes each write through two more goroutines, a skip list and a mapping that faults anew after each sync,
// holds 32 MB of memory, and writes all that it has a second time when it is closed.
//
// A file has its size and its space from the start, so that a sync has nothing but content to write; what was not written yet are zeros. It is a
// sequence of frames, one for each Write, each at a multiple of 8, so that its head is in one sector of the disk:
//
//	length u32, CRC-32C u32 of what follows, and for each record uvarint(length) bytes
//
// A frame is synced before the next one is written, and no file is written to again after a restart: so the first frame that is not whole is where a
// crash came between, nobody was promised it, and nothing can stand behind it.
type diskSegments struct {
	dir  string
	next int
}

const (
	// segmentSize is what a full segment and one last frame take.
	segmentSize = maxSegment + maxFrame
	maxFrame    = maxGroup + maxRecord
	frameHeader = 8
	// recordOverhead is more than what a frame adds to each of its records.
	recordOverhead = frameHeader + binary.MaxVarintLen32 + 7
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Existing implements Segments.
func (d *diskSegments) Existing() ([]Segment, error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, err
	}
	names, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	var out []Segment
	d.next = 1
	for _, n := range names { // in order, as all names have one length
		k, err := strconv.Atoi(n.Name())
		if err != nil {
			continue
		}
		out = append(out, &diskSegment{name: filepath.Join(d.dir, n.Name())})
		d.next = k + 1
	}
	return out, nil
}

// Create implements Segments.
func (d *diskSegments) Create() (Segment, error) {
	if err := d.Check(segmentSize); err != nil {
		return nil, err
	}
	s := &diskSegment{name: filepath.Join(d.dir, fmt.Sprintf("%012d", d.next)), sync: datasync}
	d.next++
	if err := errors.Join(s.create(), syncDir(d.dir)); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// Check implements Segments.
func (d *diskSegments) Check(n int64) error { return checkDisk(d.dir, n) }

// diskSegment is a segment in a file.
type diskSegment struct {
	name     string
	file     *os.File             // to be written to; nil: it is not
	sync     func(*os.File) error // makes the file's content durable
	at       int64                // where the next frame goes
	reserved bool
	frame    []byte // used again
}

func (s *diskSegment) create() (err error) {
	if s.file, err = os.OpenFile(s.name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := s.file.Truncate(segmentSize); err != nil {
		return err
	}
	if s.reserved, err = allocate(s.file, segmentSize); err != nil {
		return err
	}
	return s.file.Sync()
}

// Write implements Segment.
func (s *diskSegment) Write(records [][]byte) error {
	b := append(s.frame[:0], make([]byte, frameHeader)...)
	for _, r := range records {
		b = binary.AppendUvarint(b, uint64(len(r)))
		b = append(b, r...)
	}
	s.frame = b
	if s.at+int64(len(b)) > segmentSize {
		return errors.New("a segment of the log is full")
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-frameHeader))
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[frameHeader:], castagnoli))
	if _, err := s.file.WriteAt(b, s.at); err != nil {
		return err
	}
	s.at += int64(aligned(len(b)))
	return s.sync(s.file)
}

// Reserved implements Segment.
func (s *diskSegment) Reserved() bool { return s.reserved }

// Read implements Segment. It refuses (XX001) a file in which something stands where no crash can have left it.
func (s *diskSegment) Read(f func(record []byte) error) error {
	file, err := os.Open(s.name)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<20)
	var frame []byte
	for {
		var torn int
		if frame, torn, err = readFrame(in, frame); err != nil {
			return err
		}
		if len(frame) == 0 {
			return s.checkEnd(in, torn)
		}
		for b := frame; len(b) > 0; {
			n, k := binary.Uvarint(b)
			if k <= 0 || n > uint64(len(b)-k) {
				return s.damaged()
			}
			if err := f(b[k : k+int(n)]); err != nil {
				return err
			}
			b = b[k+int(n):]
		}
	}
}

// readFrame reads the next frame into b. An empty one is none, or not whole; up to torn bytes more may be left of that.
func readFrame(in *bufio.Reader, b []byte) (frame []byte, torn int, err error) {
	head, err := in.Peek(frameHeader)
	if err != nil { // too little of a file to be a frame
		return nil, frameHeader, ignoreEnd(err)
	}
	n, sum := int(binary.LittleEndian.Uint32(head)), binary.LittleEndian.Uint32(head[4:])
	switch {
	case n == 0:
		return nil, maxFrame, nil
	case n > maxFrame:
		return nil, 0, nil
	}
	_, _ = in.Discard(frameHeader) // they are buffered
	b = append(b[:0], make([]byte, aligned(n))...)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, 0, ignoreEnd(err)
	}
	if crc32.Checksum(b[:n], castagnoli) != sum {
		return nil, 0, nil
	}
	return b[:n], 0, nil
}

// aligned is n, or the next multiple of 8.
func aligned(n int) int { return (n + 7) &^ 7 }

func ignoreEnd(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

// checkEnd makes sure that only zeros follow the next torn bytes.
func (s *diskSegment) checkEnd(in *bufio.Reader, torn int) error {
	if _, err := in.Discard(torn); err != nil {
		return ignoreEnd(err)
	}
	for chunk := make([]byte, 64<<10); ; {
		n, err := in.Read(chunk)
		if bytes.Count(chunk[:n], []byte{0}) < n {
			return s.damaged()
		}
		if err != nil {
			return ignoreEnd(err)
		}
	}
}

func (s *diskSegment) damaged() error {
	return sqlerr.New(sqlerr.DataCorrupted, "file %q of the log is damaged", s.name)
}

// Close implements Segment.
func (s *diskSegment) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file, s.frame = nil, nil
	return err
}

// Remove implements Segment. One whose removal a crash undoes is read again, and dropped again.
func (s *diskSegment) Remove() error { return errors.Join(s.Close(), os.Remove(s.name)) }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(ignoreUnsupported(d.Sync()), d.Close())
}

// lockedError is what a second process gets.
func lockedError(dir string) error {
	return sqlerr.New(sqlerr.ObjectInUse, "data directory %q is in use by another process", dir).
		WithHint("Stop the other server, or give this one a data directory of its own with --data.")
}
