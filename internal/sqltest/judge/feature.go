package judge

import "regexp"

// feature is an operator or a family of constructs, known by its words.
type feature struct {
	name    string
	pattern *regexp.Regexp
}

func words(name, pattern string) feature {
	return feature{name, regexp.MustCompile("(?is)" + pattern)}
}

// features are what the report has a line for each; a record may have many.
var features = []feature{
	words("inner join", `\b(inner\s+)?join\b`),
	words("outer join", `\b(left|right|full)\s+(outer\s+)?join\b`),
	words("natural join, USING", `\bnatural\b|\busing\s*\(`),
	words("LATERAL", `\blateral\b`),
	words("GROUP BY", `\bgroup\s+by\b`),
	words("GROUPING SETS, ROLLUP, CUBE", `\b(grouping|rollup|cube)\b`),
	words("HAVING", `\bhaving\b`),
	words("aggregate, whole table or group", `\b(count|sum|avg|min|max|bool_and|bool_or|every|stddev\w*|var\w*|\w+_agg)\s*\(`),
	words("aggregate with DISTINCT", `\(\s*distinct\b`),
	words("aggregate with FILTER", `\)\s*filter\s*\(`),
	words("aggregate with ORDER BY", `_agg\([^()]*order\s+by`),
	words("ordered-set aggregate", `\bwithin\s+group\b`),
	words("DISTINCT", `\bselect\s+distinct\b`),
	words("DISTINCT ON", `\bdistinct\s+on\b`),
	words("UNION", `\bunion\b`),
	words("INTERSECT", `\bintersect\b`),
	words("EXCEPT", `\bexcept\b`),
	words("scalar subquery", `[=<>(,]\s*\(\s*select\b`),
	words("EXISTS", `\bexists\s*\(\s*select`),
	words("IN (SELECT)", `\bin\s*\(\s*(select|values|with)\b`),
	words("ANY, ALL, SOME", `\b(any|all|some)\s*\(`),
	words("WITH", `\bwith\s+(recursive\s+)?\w+\s*(\([^)]*\)\s*)?as\b`),
	words("VALUES in a query", `^\s*values\b|\(\s*values\b`),
	words("ORDER BY", `\border\s+by\b`),
	words("LIMIT, OFFSET, FETCH", `\b(limit|offset|fetch\s+(first|next))\b`),
	words("window function", `\bover\s*(\(|\w)`),
	words("set-returning function", `\b(generate_series|unnest|generate_subscripts|json\w*_each\w*|json\w*_array_elements\w*|regexp_split_to_table)\s*\(`),
	words("CASE, COALESCE, NULLIF", `\b(case|coalesce|nullif|greatest|least)\b`),
	words("cast", `::|\bcast\s*\(`),
	words("array", `\barray\b|\[\s*\d*\s*\]`),
	words("JSON", `json`),
	words("row value", `\brow\s*\(|\)\s*(=|<|>|<=|>=|<>|in)\s*\(\s*\d`),
	words("date and time", `\b(date|time|timestamp\w*|interval)\b`),
	words("INSERT", `^\s*insert\b`),
	words("ON CONFLICT", `\bon\s+conflict\b`),
	words("UPDATE", `^\s*update\b`),
	words("DELETE", `^\s*delete\b`),
	words("RETURNING", `\breturning\b`),
	words("DDL", `^\s*(create|drop|alter)\b`),
	words("transaction, cursor", `^\s*(begin|start|commit|rollback|end|savepoint|release|declare|fetch|move|close)\b`),
	words("setting", `^\s*(set|reset|show)\b`),
}
