package ast

import "reflect"

// Equal tells whether two trees say the same, wherever they stand in the text.
func Equal(a, b Node) bool { return equal(reflect.ValueOf(a), reflect.ValueOf(b)) }

var posType = reflect.TypeFor[Pos]()

func equal(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if a.Type() != b.Type() {
		return false
	}
	if a.Type() == posType {
		return true
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return equal(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if !equal(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

// Mentioned are the last names of all references to columns and of all rel.* in a tree, those apart that are items of a select list.
func Mentioned(trees ...any) map[string]bool {
	m := map[string]bool{}
	for _, t := range trees {
		mentioned(reflect.ValueOf(t), m)
	}
	return m
}

func mentioned(v reflect.Value, m map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			mentioned(v.Elem(), m)
		}
	case reflect.Slice:
		for i := range v.Len() {
			mentioned(v.Index(i), m)
		}
	case reflect.Struct:
		switch x := v.Interface().(type) {
		case ColRef:
			m[x.Parts[len(x.Parts)-1]] = true
			return
		case Star:
			if len(x.Qual) > 0 {
				m[x.Qual[len(x.Qual)-1]] = true
			}
			return
		case Target:
			if _, ok := x.Expr.(*Star); ok {
				return
			}
		}
		for i := range v.NumField() {
			mentioned(v.Field(i), m)
		}
	}
}

// HasSubquery tells whether a subquery stands in an expression.
func HasSubquery(e Expr) bool { return hasQuery(reflect.ValueOf(e)) }

var queryType = reflect.TypeFor[Query]()

func hasQuery(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && hasQuery(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if hasQuery(v.Index(i)) {
				return true
			}
		}
	case reflect.Struct:
		if v.Type() == queryType {
			return true
		}
		for i := range v.NumField() {
			if hasQuery(v.Field(i)) {
				return true
			}
		}
	}
	return false
}
