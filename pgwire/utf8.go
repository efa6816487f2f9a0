package pgwire

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
)

// checkUTF8 refuses text that is no UTF-8 or holds a NUL, with the offending bytes as PostgreSQL shows them.
func checkUTF8(b []byte) error {
	if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return nil
	}
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == 0 || r == utf8.RuneError && n == 1 {
			break
		}
		b = b[n:]
	}
	var shown strings.Builder
	for i, ch := range b[:min(promisedLength(b[0]), len(b))] {
		if i > 0 {
			shown.WriteByte(' ')
		}
		fmt.Fprintf(&shown, "0x%02x", ch)
	}
	return sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", shown.String())
}

// promisedLength is how many bytes a sequence that begins with lead has.
func promisedLength(lead byte) int {
	switch {
	case lead&0xe0 == 0xc0:
		return 2
	case lead&0xf0 == 0xe0:
		return 3
	case lead&0xf8 == 0xf0:
		return 4
	}
	return 1
}
