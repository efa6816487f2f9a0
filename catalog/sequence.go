package catalog

import "github.com/streamsql/streamsql/sqlerr"

// Take reserves the next n numbers of a sequence: the first of them, and the sequence after them. A range is cut short at the
// sequence's limit; beyond it the sequence starts over or is exhausted (2200H).
func (q *Sequence) Take(n int64) (after *Sequence, first int64, err error) {
	if q.Exhausted {
		word, limit := "maximum", q.Max
		if q.Increment < 0 {
			word, limit = "minimum", q.Min
		}
		return q, 0, sqlerr.New(sqlerr.SequenceGeneratorLimitExceeded, "nextval: reached %s value of sequence %q (%d)", word, q.Name, limit)
	}
	c := *q
	first = q.Next
	for range n {
		last := c.Next
		next := last + c.Increment
		over := c.Increment > 0 && (next > c.Max || next < last) || c.Increment < 0 && (next < c.Min || next > last)
		if !over {
			c.Next = next
			continue
		}
		if !c.Cycle {
			c.Exhausted = true
		} else if c.Increment > 0 {
			c.Next = c.Min
		} else {
			c.Next = c.Max
		}
		break
	}
	return &c, first, nil
}

// Set is the sequence that goes on at v or, if v counts as called, after it. Errors: 22003 outside of its limits.
func (q *Sequence) Set(v int64, called bool) (*Sequence, error) {
	if v < q.Min || v > q.Max {
		return nil, sqlerr.New(sqlerr.NumericValueOutOfRange, "setval: value %d is out of bounds for sequence %q (%d..%d)", v, q.Name, q.Min, q.Max)
	}
	c := *q
	c.Next, c.Exhausted = v, false
	if !called {
		return &c, nil
	}
	after, _, err := c.Take(1)
	return after, err
}
