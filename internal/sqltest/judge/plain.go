package judge

import (
	"maps"
	"regexp"
	"slices"

	"github.com/streamsql/streamsql/internal/sqltest/slt"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

var (
	materialized = regexp.MustCompile(`(?i)\bmaterialized\s+view\b`)
	changes      = regexp.MustCompile(`(?i)\b(insert|update|delete)\b`)
	ends         = regexp.MustCompile(`(?i)^\s*(commit|rollback|end|abort)\b`)
)

// plain runs a file's records one after the other on both sides.
func (p *pair) plain(records []slt.Record) []Verdict {
	var out []Verdict
	aborted := map[string]string{} // sessions whose transaction ours gave up at a refusal, and which
	for i := range records {
		r := &records[i]
		p.session = r.Session
		want := p.pg.exec(r.Session, materialized.ReplaceAllString(r.SQL, "VIEW"))
		got := p.ours.exec(r.Session, r.SQL)
		v := Verdict{Record: r, Outcome: Right}
		reason, needs := p.needsLost(r.SQL)
		gaveUp, inAborted := aborted[r.Session]
		switch {
		case got.refused() && !want.refused():
			v.Outcome, v.Reason = Refused, got.Message
		case needs && created.MatchString(r.SQL):
			v.Outcome, v.Reason = Refused, reason
		default:
			v.Detail = p.judged(r.SQL, &want, &got)
			switch {
			case v.Detail == "":
			case needs:
				v.Outcome, v.Reason = Refused, reason
			case inAborted:
				v.Outcome, v.Reason = Refused, gaveUp
			default:
				v.Outcome = Wrong
			}
		}
		if !accepts(r, &want) || explains.MatchString(r.SQL) {
			v.Outcome = Uncounted
		}
		out = append(out, v.settled())
		p.after(r, &want, &got, aborted)
	}
	return out
}

// after keeps the two sides together when one of them did not do what the other did.
func (p *pair) after(r *slt.Record, want, got *Answer, aborted map[string]string) {
	differs := want.failed() != got.failed()
	switch {
	case got.failed() && !want.failed():
		p.remember(r.SQL, got.Message)
		if p.pg.inTransaction(r.Session) && aborted[r.Session] == "" {
			aborted[r.Session] = got.Message
		}
	case !got.failed() && want.failed():
		p.remember(r.SQL, "PostgreSQL refuses it")
	case !got.failed():
		p.forget(r.SQL)
	}
	if ends.MatchString(r.SQL) && !p.pg.inTransaction(r.Session) {
		if _, was := aborted[r.Session]; was {
			p.ours.exec(r.Session, "ROLLBACK")
			delete(aborted, r.Session)
			p.dirty = true
		}
	}
	if differs && (!r.IsQuery() || changes.MatchString(r.SQL)) {
		p.dirty = true
	}
	if p.dirty && !p.pg.inTransaction("") {
		p.synchronize()
	}
}
