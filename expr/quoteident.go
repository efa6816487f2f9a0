package expr

// QuoteIdent is a name as quote_ident gives it: in quotes only where it needs them.
func QuoteIdent(s string) string { return string(appendQuotedIdent(nil, []byte(s))) }
