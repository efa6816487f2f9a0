package parser

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
)

var posType = reflect.TypeFor[ast.Pos]()

// dump writes a tree as text: (Type@position Field:value ..), without the fields that are empty.
func dump(v any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(v))
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dumpValue(b, v.Elem())
	case reflect.Struct:
		dumpStruct(b, v)
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(' ')
			}
			dumpValue(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		fmt.Fprintf(b, "%v", v.Interface())
	}
}

func dumpStruct(b *strings.Builder, v reflect.Value) {
	b.WriteString("(" + v.Type().Name())
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case f.Type == posType && f.Anonymous:
			fmt.Fprintf(b, "@%d", v.Field(i).Int())
		case v.Field(i).IsZero() || v.Field(i).Kind() == reflect.Slice && v.Field(i).Len() == 0:
		default:
			b.WriteString(" " + f.Name + ":")
			dumpValue(b, v.Field(i))
		}
	}
	b.WriteByte(')')
}

// positions calls f with the type and value of every position in the tree.
func positions(v reflect.Value, f func(node string, pos int)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			positions(v.Elem(), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Type == posType {
				f(v.Type().Name(), int(v.Field(i).Int()))
			} else {
				positions(v.Field(i), f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			positions(v.Index(i), f)
		}
	}
}
