package expr

import (
	"bytes"
	"strings"
	"sync"

	"github.com/streamsql/streamsql/types"
)

// quotedKeywords are the keywords that are no name without quotes: all but the unreserved ones.
const quotedKeywords = `
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char 
character check coalesce collate collation column concurrently constraint create cross current_catalog current_date 
current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do 
else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having 
ilike in initially inner inout int integer intersect interval into is isnull join lateral leading least left like limit 
localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric offset on only or order 
out outer overlaps overlay placing position precision primary real references returning right row select session_user 
setof similar smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true union 
unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists 
xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
`

var mustQuote = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(quotedKeywords) {
		m[w] = true
	}
	return m
})

// appendQuotedIdent appends a name as quote_ident gives it: in quotes only where it needs them.
func appendQuotedIdent(dst, s []byte) []byte {
	safe := len(s) > 0 && (s[0] >= 'a' && s[0] <= 'z' || s[0] == '_')
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_') {
			safe = false
			break
		}
	}
	if safe && !mustQuote()[string(s)] {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for _, c := range s {
		if c == '"' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// appendQuotedLiteral appends a string as a literal; with a backslash in it, as E'...'.
func appendQuotedLiteral(dst, s []byte) []byte {
	if bytes.IndexByte(s, '\\') >= 0 {
		dst = append(dst, 'E')
	}
	dst = append(dst, '\'')
	for _, c := range s {
		if c == '\'' || c == '\\' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '\'')
}

func quoteDefs() []def {
	quoteAny := func(nullable bool) func([]types.Type, types.Type) rowFunc {
		return func(args []types.Type, _ types.Type) rowFunc {
			text := textOf(args[0])
			return func(c *Ctx, a []types.Datum) (types.Datum, error) {
				if nullable && a[0].IsNull() {
					return types.NewString("NULL"), nil
				}
				s, err := text(c, a[0])
				return types.NewBytes(appendQuotedLiteral(nil, s)), err
			}
		}
	}
	return []def{
		{sig: "quote_ident(text) text", row: textRow(appendQuotedIdent), vec: textVec(appendQuotedIdent)},
		{sig: "quote_literal(text) text", row: textRow(appendQuotedLiteral), vec: textVec(appendQuotedLiteral)},
		{sig: "quote_literal(anyelement) text", flags: stable, bind: quoteAny(false)},
		{sig: "quote_nullable(text) text", flags: lenient, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if a[0].IsNull() {
				return types.NewString("NULL"), nil
			}
			return types.NewBytes(appendQuotedLiteral(nil, a[0].Bytes())), nil
		}},
		{sig: "quote_nullable(anyelement) text", flags: stable | lenient, bind: quoteAny(true)},
	}
}
