package expr

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func infoDefs() []def { return join(sessionDefs(), settingDefs(), objectDefs(), privilegeDefs()) }

// ask has the session answer; what it asks for may name an argument behind a colon.
func ask(c *Ctx, name string) (types.Datum, error) {
	if c.SessionInfo == nil {
		what, _, _ := strings.Cut(name, ":")
		return types.Null, sqlerr.New(sqlerr.FeatureNotSupported, "%s is not supported here", what)
	}
	return c.SessionInfo(name)
}

func asks(name string) rowFunc {
	return func(c *Ctx, _ []types.Datum) (types.Datum, error) { return ask(c, name) }
}

// asksOf asks about the number that is the first argument.
func asksOf(name string) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return ask(c, name+":"+strconv.FormatInt(a[0].Int(), 10))
	}
}

func always(d types.Datum) rowFunc {
	return func(*Ctx, []types.Datum) (types.Datum, error) { return d, nil }
}

// sessionDefs tell of the session and the server.
func sessionDefs() []def {
	return []def{
		{sig: "current_user() name", flags: stable | canFail | asking, row: asks("current_user")},
		{sig: "session_user() name", flags: stable | canFail | asking, row: asks("session_user")},
		{sig: "current_database() name", flags: stable | canFail | asking, row: asks("current_database")},
		{sig: "current_schema() name", flags: stable | canFail | asking, row: asks("current_schema")},
		{sig: "current_schemas(bool) name[]", flags: stable | canFail | asking, row: currentSchemas},
		{sig: "version() text", flags: stable | canFail | asking, row: asks("version")},
		{sig: "pg_backend_pid() int4", flags: stable | canFail | asking, row: asks("pg_backend_pid")},
		{sig: "pg_is_in_recovery() bool", flags: volatile, row: always(types.NewBool(false))},
		{sig: "pg_my_temp_schema() oid", flags: stable, row: always(types.NewInt(0))},
		{sig: "pg_is_other_temp_schema(oid) bool", flags: stable, row: always(types.NewBool(false))},
		{sig: "getdatabaseencoding() name", flags: stable, row: always(types.NewString("UTF8"))},
		{sig: "pg_client_encoding() name", flags: stable | canFail | asking, row: asks("setting:client_encoding")},
		{sig: "pg_encoding_to_char(int4) name", flags: stable, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if i := a[0].Int(); i >= 0 && i < int64(len(encodings)) {
				return types.NewString(encodings[i]), nil
			}
			return types.NewString(""), nil
		}},
		// The addresses are of type inet in PostgreSQL; NULL is what it says of a Unix socket.
		{sig: "inet_client_addr() text", flags: stable | lenient, row: always(types.Null)},
		{sig: "inet_client_port() int4", flags: stable | lenient, row: always(types.Null)},
		{sig: "inet_server_addr() text", flags: stable | lenient, row: always(types.Null)},
		{sig: "inet_server_port() int4", flags: stable | lenient, row: always(types.Null)},
		{sig: "gen_random_uuid() uuid", flags: volatile, row: func(*Ctx, []types.Datum) (types.Datum, error) {
			var u [16]byte
			rand.Read(u[:])
			u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80 // version 4, RFC 4122's variant
			return types.NewBytes(u[:]), nil
		}},
	}
}

// encodings are PostgreSQL's, by number.
var encodings = strings.Fields(`SQL_ASCII EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 UTF8 MULE_INTERNAL LATIN1 LATIN2 LATIN3
	LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 WIN1256 WIN1258 WIN866 WIN874 KOI8R WIN1251 WIN1252 ISO_8859_5 ISO_8859_6
	ISO_8859_7 ISO_8859_8 WIN1250 WIN1253 WIN1254 WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC GB18030 JOHAB SHIFT_JIS_2004`)

// currentSchemas is the search path as far as it exists, with the implicit pg_catalog if asked for.
func currentSchemas(c *Ctx, a []types.Datum) (types.Datum, error) {
	return ask(c, "current_schemas:"+strconv.FormatBool(a[0].Bool()))
}

func settingDefs() []def {
	return []def{
		{sig: "current_setting(text) text", flags: stable | canFail | asking, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return ask(c, "setting:"+a[0].String())
		}},
		{sig: "current_setting(text,bool) text", flags: stable | canFail | asking, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			d, err := ask(c, "setting:"+a[0].String())
			if sqlerr.CodeOf(err) == sqlerr.UndefinedObject && a[1].Bool() {
				return types.Null, nil
			}
			return d, err
		}},
		{sig: "set_config(text,text,bool) text", flags: volatile | canFail | asking | lenient, row: setConfig},
	}
}

// setConfig asks the session to set name=value, or to reset name where the value is NULL; it answers with the new value.
func setConfig(c *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return types.Null, sqlerr.New(sqlerr.NullValueNotAllowed, "SET requires parameter name")
	}
	what := "set_config:"
	if !a[2].IsNull() && a[2].Bool() {
		what = "set_config_local:"
	}
	what += a[0].String()
	if !a[1].IsNull() {
		what += "=" + a[1].String()
	}
	return ask(c, what)
}

// objectDefs tell of catalog objects and types.
func objectDefs() []def {
	out := []def{
		{sig: "pg_typeof(any) regtype", flags: stable | lenient, bind: func(args []types.Type, _ types.Type) rowFunc {
			return always(types.NewInt(int64(args[0].OID())))
		}},
		{sig: "pg_typeof(unknown) regtype", flags: stable | lenient, row: always(types.NewInt(int64(types.Of(types.Unknown).OID())))},
		{sig: "format_type(oid,int4) text", flags: stable | lenient, row: formatType},
		{sig: "to_regtype(text) regtype", flags: stable, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			d, err := types.ParseText(c.config(), types.Of(types.Regtype), a[0].String())
			if err != nil {
				return types.Null, nil
			}
			return d, nil
		}},
		{sig: "to_regclass(text) regclass", flags: stable | canFail | asking, row: toRegclass},
		{sig: "pg_get_userbyid(oid) name", flags: stable | canFail | asking, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			if a[0].Int() != ownerOID {
				return types.NewString("unknown (OID=" + strconv.FormatInt(a[0].Int(), 10) + ")"), nil
			}
			return ask(c, "current_user")
		}},
		{sig: "pg_get_expr(text,oid) text", flags: stable, row: identityRow},
		{sig: "pg_get_expr(text,oid,bool) text", flags: stable, row: identityRow},
		{sig: "pg_table_is_visible(oid) bool", flags: stable | canFail | asking, row: asksOf("pg_table_is_visible")},
		{sig: "pg_type_is_visible(oid) bool", flags: stable, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if _, ok := types.FromOID(uint32(a[0].Int())); !ok {
				return types.Null, nil
			}
			return types.NewBool(true), nil
		}},
		{sig: "obj_description(oid) text", flags: stable | canFail | asking, row: asksOf("obj_description")},
		{sig: "obj_description(oid,name) text", flags: stable | canFail | asking, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			if a[1].String() != "pg_class" {
				return types.Null, nil
			}
			return ask(c, fmt.Sprintf("obj_description:%d", a[0].Int()))
		}},
		{sig: "shobj_description(oid,name) text", flags: stable, row: always(types.Null)},
		{sig: "col_description(oid,int4) text", flags: stable | canFail | asking, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return ask(c, fmt.Sprintf("obj_description:%d,%d", a[0].Int(), a[1].Int()))
		}},
		{sig: "pg_get_indexdef(oid) text", flags: stable | canFail | asking, row: asksOf("pg_get_indexdef")},
		{sig: "pg_get_indexdef(oid,int4,bool) text", flags: stable | canFail | asking, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return ask(c, fmt.Sprintf("pg_get_indexdef:%d,%d", a[0].Int(), a[1].Int()))
		}},
		{sig: "pg_get_constraintdef(oid) text", flags: stable | canFail | asking, row: asksOf("pg_get_constraintdef")},
		{sig: "pg_get_constraintdef(oid,bool) text", flags: stable | canFail | asking, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			what := "pg_get_constraintdef"
			if a[1].Bool() {
				what += "_pretty"
			}
			return ask(c, what+":"+strconv.FormatInt(a[0].Int(), 10))
		}},
		{sig: "pg_get_viewdef(oid) text", flags: stable | canFail | asking, row: asksOf("pg_get_viewdef")},
		{sig: "pg_get_viewdef(oid,bool) text", flags: stable | canFail | asking, row: asksOf("pg_get_viewdef")},
		// streamsql has no rules, statistics objects, partitions, tablespaces' paths or functions of users to tell of.
		{sig: "pg_get_ruledef(oid) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_ruledef(oid,bool) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_triggerdef(oid) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_triggerdef(oid,bool) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_partkeydef(oid) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_statisticsobjdef(oid) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_statisticsobjdef_columns(oid) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_functiondef(oid) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_function_result(oid) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_function_arguments(oid) text", flags: stable, row: always(types.Null)},
		{sig: "pg_get_function_identity_arguments(oid) text", flags: stable, row: always(types.Null)},
		{sig: "pg_tablespace_location(oid) text", flags: stable, row: always(types.NewString(""))},
		{sig: "pg_relation_is_publishable(regclass) bool", flags: stable, row: always(types.NewBool(false))},
		{sig: "pg_char_to_encoding(name) int4", flags: stable, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(slices.Index(encodings, strings.ToUpper(a[0].String())))), nil
		}},
		{sig: "pg_get_serial_sequence(text,text) text", flags: stable | canFail | asking, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return ask(c, "pg_get_serial_sequence:"+a[1].String()+"\x00"+a[0].String())
		}},
		{sig: "pg_size_pretty(int8) text", row: sizePretty},
		{sig: "pg_relation_size(regclass,text) int8", flags: volatile | canFail | asking, row: asksOf("pg_relation_size")},
		{sig: "pg_tablespace_size(name) int8", flags: volatile | canFail | asking, row: asks("pg_tablespace_size")},
		{sig: "pg_tablespace_size(oid) int8", flags: volatile | canFail | asking, row: asks("pg_tablespace_size")},
		{sig: "pg_database_size(name) int8", flags: volatile | canFail | asking, row: asks("pg_database_size")},
		{sig: "pg_database_size(oid) int8", flags: volatile | canFail | asking, row: asks("pg_database_size")},
	}
	for _, kind := range strings.Fields("function operator opclass opfamily collation conversion ts_parser ts_dict ts_template ts_config statistics_obj") {
		out = append(out, def{sig: "pg_" + kind + "_is_visible(oid) bool", flags: stable, row: always(types.NewBool(true))})
	}
	for _, name := range []string{"pg_relation_size", "pg_total_relation_size", "pg_table_size", "pg_indexes_size"} {
		out = append(out, def{sig: name + "(regclass) int8", flags: volatile | canFail | asking, row: asksOf(name)})
	}
	return out
}

// ownerOID is the role that owns everything.
const ownerOID = 10

func formatType(_ *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return types.Null, nil
	}
	if a[0].Int() == 0 {
		return types.NewString("-"), nil
	}
	t, ok := types.FromOID(uint32(a[0].Int()))
	switch {
	case !ok:
		return types.NewString("???"), nil
	case a[1].IsNull():
		return types.NewString(t.String()), nil
	case t.Kind == types.BPChar && a[1].Int() < 0:
		// A known lack of a length is not SQL's character, which is character(1).
		return types.NewString(strings.Replace(t.String(), "character", "bpchar", 1)), nil
	}
	return types.NewString(t.WithMod(int32(a[1].Int())).String()), nil
}

func toRegclass(c *Ctx, a []types.Datum) (types.Datum, error) {
	return ask(c, "regclass:"+a[0].String())
}

// privileges are what may be asked of each kind of object. There is one role, and it may do everything.
var privileges = []struct{ kind, names string }{
	{"table", "select insert update delete truncate references trigger"},
	{"any_column", "select insert update references"},
	{"sequence", "usage select update"},
	{"database", "create connect temporary temp"},
	{"schema", "create usage"},
	{"function", "execute"},
	{"language", "usage"},
	{"tablespace", "create"},
	{"type", "usage"},
}

func privilegeDefs() []def {
	var out []def
	for _, p := range privileges {
		has := hasPrivilege(p.kind == "table" || p.kind == "any_column" || p.kind == "sequence", strings.Fields(p.names))
		for _, args := range []string{"text,text", "oid,text", "name,text,text", "name,oid,text", "oid,text,text", "oid,oid,text"} {
			out = append(out, def{sig: "has_" + p.kind + "_privilege(" + args + ") bool", flags: stable | canFail | asking, bind: has})
		}
	}
	may := hasPrivilege(false, []string{"member", "usage"})
	for _, args := range []string{"name,text", "oid,text", "name,name,text", "name,oid,text", "oid,name,text", "oid,oid,text"} {
		out = append(out, def{sig: "pg_has_role(" + args + ") bool", flags: stable | canFail | asking, bind: may})
	}
	return out
}

// hasPrivilege checks that the relation exists, if it is one, and that there is such a privilege.
func hasPrivilege(relation bool, names []string) func([]types.Type, types.Type) rowFunc {
	return func(ts []types.Type, _ types.Type) rowFunc {
		object := len(ts) - 2
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			if len(ts) == 3 && ts[0].Is(types.Name) {
				if err := roleExists(c, a[0].String()); err != nil {
					return types.Null, err
				}
			}
			if relation && ts[object].Is(types.Text) {
				d, err := ask(c, "regclass:"+a[object].String())
				if err != nil {
					return types.Null, err
				}
				if d.IsNull() {
					return types.Null, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", a[object].String())
				}
			}
			for item := range strings.SplitSeq(a[object+1].String(), ",") {
				item = strings.TrimSpace(item)
				name := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(item), " with grant option"), " with admin option")
				known := false
				for _, n := range names {
					known = known || n == name
				}
				if !known {
					return types.Null, sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized privilege type: %q", item)
				}
			}
			return types.NewBool(true), nil
		}
	}
}

// roleExists fails for any role but the session's and the owner of everything.
func roleExists(c *Ctx, name string) error {
	user, err := ask(c, "current_user")
	if err == nil && user.String() != name && name != "postgres" && name != "public" {
		return sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", name)
	}
	return err
}

// sizePretty shows a number of bytes in the largest unit that keeps at least four digits, as pg_size_pretty: from the second unit on in
// halves, for rounding.
func sizePretty(_ *Ctx, a []types.Datum) (types.Datum, error) {
	size, limit := a[0].Int(), uint64(10*1024)
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB"}
	for i, unit := range units {
		if absU(size) < limit || i == len(units)-1 {
			if i > 0 {
				if size < 0 {
					size--
				} else {
					size++
				}
				size /= 2
			}
			return types.NewString(strconv.FormatInt(size, 10) + " " + unit), nil
		}
		if i == 0 {
			size, limit = size/512, 20*1024-1
		} else {
			size /= 1024
		}
	}
	return types.Null, nil
}
