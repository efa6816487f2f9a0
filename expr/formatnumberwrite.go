package expr

import (
	"fmt"
	"strings"

	"github.com/streamsql/streamsql/types"
)

// numberWriter is the state of writing a number by a format (PostgreSQL's NUMProc).
type numberWriter struct {
	*numberFormat
	out       []byte
	number    string
	at        int // in number
	signChar  byte
	signDone  bool
	spaces    int // blanks in front of the number
	count     int
	curr      int
	last      int // the last digit that matters under FM, -1: all do
	inDigits  bool
	zeroFirst int
}

func (f *numberFormat) format(number string, sign byte, spaces int) types.Datum {
	w := &numberWriter{numberFormat: f, number: number, signChar: sign, spaces: spaces, last: -1, zeroFirst: max(f.zeroStart-1, 0)}
	if f.roman {
		*f = numberFormat{tokens: f.tokens, roman: true, fill: f.fill}
		w.zeroFirst = 0
	}
	if f.plus || f.minus {
		w.signDone = f.minus
	} else {
		if sign != '-' && f.fill {
			f.bracket = false
		}
		w.signDone = sign == '+' && f.fill && !f.sign
		if f.signAt == signInFront && f.pre == f.signPre {
			f.signAt = signBehind
		}
	}
	w.count = f.post + f.pre - 1
	if dot := strings.IndexByte(number, '.'); f.fill && f.decimal && dot >= 0 {
		w.last = max(dot, len(strings.TrimRight(number, "0"))-1)
		if f.zeroEnd > spaces {
			w.last = max(w.last, min(len(number)-1, f.zeroEnd-spaces))
		}
	}
	if !w.signDone && spaces == 0 {
		w.count++
	}
	for _, t := range f.tokens {
		w.token(t)
	}
	return types.NewBytes(append([]byte{}, w.out...))
}

func (w *numberWriter) put(s string) { w.out = append(w.out, s...) }

func (w *numberWriter) token(t numberToken) {
	switch t.up {
	case "":
		w.put(t.text)
	case "9", "0", ".", "D":
		w.digitOrPoint(t.up)
	case ",", "G":
		switch {
		case w.inDigits:
			w.put(",")
		case !w.fill:
			w.put(" ")
		}
	case "L":
		w.put(" ")
	case "RN":
		s := w.number
		if t.key == "rn" {
			s = strings.ToLower(s)
		}
		if !w.fill {
			s = fmt.Sprintf("%15s", s)
		}
		w.put(s)
	case "TH":
		if !w.roman && w.number[0] != '#' && w.signChar != '-' && !w.decimal {
			w.put(ordinal(w.number, t.key)[len(w.number):])
		}
	case "MI":
		w.signIf('-')
	case "PL":
		w.signIf('+')
	case "SG":
		w.out = append(w.out, w.signChar)
	}
}

func (w *numberWriter) signIf(c byte) {
	if w.signChar == c {
		w.out = append(w.out, c)
	} else if !w.fill {
		w.put(" ")
	}
}

// blankZero: the 0 of 0.1 is not shown by 9.9.
func (w *numberWriter) blankZero() bool {
	return !w.zero && w.at == 0 && w.number[0] == '0' && w.post != 0
}

func (w *numberWriter) lastIsPoint() bool { return w.last >= 0 && w.number[w.last] == '.' }

func (w *numberWriter) char() byte {
	if w.at < len(w.number) {
		return w.number[w.at]
	}
	return 0
}

func (w *numberWriter) digitOrPoint(up string) {
	if w.roman {
		return
	}
	w.inDigits = false
	if !w.signDone && (w.curr >= w.spaces || w.zero && w.zeroFirst == w.curr) && (!w.blankZero() || w.lastIsPoint()) {
		w.leadingSign()
	}
	switch {
	case w.curr < w.spaces && (w.zeroFirst > w.curr || !w.zero):
		if !w.fill {
			w.put(" ")
		}
	case w.zero && w.curr < w.spaces:
		w.put("0")
		w.inDigits = true
	default:
		w.digit(up)
		if w.at < len(w.number) {
			w.at++
		}
	}
	end := w.count + int(b2i(w.spaces > 0)) + int(b2i(w.decimal))
	if w.last >= 0 && w.last == w.at {
		end = w.curr
	}
	if w.curr+1 == end {
		switch {
		case w.signDone && w.bracket:
			w.put(map[bool]string{true: " ", false: ">"}[w.signChar == '+'])
		case w.sign && w.signAt == signBehind:
			w.out = append(w.out, w.signChar)
		}
	}
	w.curr++
}

func (w *numberWriter) leadingSign() {
	switch {
	case w.sign:
		if w.signAt == signInFront {
			w.out = append(w.out, w.signChar)
			w.signDone = true
		}
	case w.bracket:
		w.put(map[bool]string{true: " ", false: "<"}[w.signChar == '+'])
		w.signDone = true
	case w.signChar == '+':
		if !w.fill {
			w.put(" ")
		}
		w.signDone = true
	case w.signChar == '-':
		w.put("-")
		w.signDone = true
	}
}

func (w *numberWriter) digit(up string) {
	c := w.char()
	switch {
	case c == '.':
		if w.last < 0 || !w.lastIsPoint() || w.fill {
			w.put(".")
		}
	case w.last >= 0 && w.at > w.last && up != "0":
	case w.blankZero():
		if !w.fill {
			w.put(" ")
		} else if w.lastIsPoint() {
			w.put("0")
		}
	case c != 0:
		w.out = append(w.out, c)
		w.inDigits = true
	}
}
