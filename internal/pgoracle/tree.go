package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	pg "github.com/pganalyze/pg_query_go/v5"
)

// tree is libpg_query's tree of one statement without what the text's form alone decides; kind is its node's name.
func tree(sql string) (kind string, node any, err error) {
	s, err := pg.ParseToJSON(sql)
	if err != nil {
		return "", nil, err
	}
	var v struct {
		Stmts []struct{ Stmt map[string]any }
	}
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		return "", nil, err
	}
	if len(v.Stmts) != 1 {
		return "", nil, nil
	}
	for kind, node := range v.Stmts[0].Stmt {
		return kind, normalize(node), nil
	}
	return "", nil, nil
}

// dropped are the fields that say where something stood or how it was spelled.
var dropped = map[string]bool{"location": true, "stmt_len": true, "stmt_location": true, "funcformat": true,
	"row_format": true, "list_start": true, "list_end": true, "rexpr_list_start": true, "rexpr_list_end": true,
	"concurrent": true}

func normalize(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			if !dropped[k] {
				out[k] = normalize(e)
			}
		}
		canonical(out)
		return out
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = normalize(x[i])
		}
		return out
	}
	return v
}

// canonical undoes differences of spelling that mean the same: ASC, LIMIT ALL, pg_catalog before a type that has a word
// of its own, the bound of an array, ((a).b).c, true and 'true' as an option.
func canonical(m map[string]any) {
	if m["sortby_dir"] == "SORTBY_ASC" {
		m["sortby_dir"] = "SORTBY_DEFAULT"
	}
	if m["ordering"] == "SORTBY_ASC" {
		m["ordering"] = "SORTBY_DEFAULT"
	}
	if c, ok := at(m, "limitCount", "A_Const").(map[string]any); ok && c["isnull"] == true {
		delete(m, "limitCount")
		if m["limitOffset"] == nil {
			m["limitOption"] = "LIMIT_OPTION_DEFAULT"
		}
	}
	if b, ok := at(m, "arg", "Boolean", "boolval").(bool); ok {
		m["arg"] = map[string]any{"String": map[string]any{"sval": strconv.FormatBool(b)}}
	}
	if inner, ok := at(m, "arg", "A_Indirection").(map[string]any); ok && len(m) == 2 && m["indirection"] != nil {
		m["arg"] = inner["arg"]
		m["indirection"] = append(slices.Clone(inner["indirection"].([]any)), m["indirection"].([]any)...)
	}
	if names, ok := m["names"].([]any); ok && m["typemod"] != nil && len(names) == 2 &&
		at(names[0], "String", "sval") == "pg_catalog" {
		m["names"] = names[1:]
	}
	if bounds, ok := m["arrayBounds"].([]any); ok {
		for i := range bounds {
			bounds[i] = -1
		}
	}
}

// at follows a path of keys.
func at(v any, path ...string) any {
	for _, k := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

// difference describes the first difference between two trees.
func difference(want, have any, path string) string {
	switch x := want.(type) {
	case map[string]any:
		y, ok := have.(map[string]any)
		if !ok {
			break
		}
		for k := range x {
			if !reflect.DeepEqual(x[k], y[k]) {
				return difference(x[k], y[k], path+"."+k)
			}
		}
		for k := range y {
			if _, ok := x[k]; !ok {
				return path + " has also " + k
			}
		}
	case []any:
		y, ok := have.([]any)
		if !ok || len(x) != len(y) {
			break
		}
		for i := range x {
			if !reflect.DeepEqual(x[i], y[i]) {
				return difference(x[i], y[i], fmt.Sprintf("%s[%d]", path, i))
			}
		}
	}
	return fmt.Sprintf("%s: want %.200s, have %.200s", path, text(want), text(have))
}

func text(v any) string {
	b, _ := json.Marshal(v) // of a tree that came from JSON
	return string(b)
}
