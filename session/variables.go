package session

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// ServerVersion is the PostgreSQL version that clients are told; drivers and psql choose their queries by it.
const ServerVersion = "15.8"

// variables are a session's settings (GUCs). What is set inside a transaction goes back when it rolls back.
type variables struct {
	values   map[string]string // changed by write, and where own was called
	shared   bool              // values is somebody's save, too
	defaults map[string]string // what RESET goes back to: the server's, then the startup packet's
	version  int               // counts changes that plans depend on
	locals   map[string]string // what SET LOCAL hid, until the transaction ends
	cfg      *types.Config
	onChange func(name, value string)

	// Of the session's catalog.
	objectName func(k types.Kind, oid uint32) (string, bool)
	findObject func(k types.Kind, text string) (uint32, bool)
}

// setting describes a setting.
type setting struct {
	name     string // as PostgreSQL spells it; looked up without regard to case
	value    string
	reported bool // a ParameterStatus at startup and at each change
	readOnly bool
	time     bool // in milliseconds
	// check normalises a value, or refuses it; nil: any text.
	check func(v string) (string, error)
}

// settings are all that exist. A setting that has no effect here is one whose every value we honour trivially, or that clients set as a
// matter of course; a value that would promise what we do not do is refused by its check.
var settings = append(tuning(), []setting{
	{name: "application_name", reported: true},
	{name: "bytea_output", value: "hex", check: oneOf("hex", "escape")},
	{name: "check_function_bodies", value: "on", check: boolean},
	{name: "client_encoding", value: "UTF8", reported: true, check: utf8Only},
	{name: "client_min_messages", value: "notice", check: oneOf("debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice", "warning", "error")},
	{name: "DateStyle", value: "ISO, MDY", reported: true, check: dateStyle},
	{name: "default_tablespace"},
	{name: "default_table_access_method", value: "heap"},
	{name: "default_text_search_config", value: "pg_catalog.simple"},
	{name: "default_transaction_isolation", value: "read committed", check: isolationName},
	{name: "default_transaction_read_only", value: "off", reported: true, check: boolean},
	{name: "default_transaction_deferrable", value: "off", check: boolean},
	{name: "extra_float_digits", value: "1", check: integer(-15, 3)},
	{name: "idle_in_transaction_session_timeout", value: "0", time: true, check: duration},
	{name: "in_hot_standby", value: "off", reported: true, readOnly: true},
	{name: "integer_datetimes", value: "on", reported: true, readOnly: true},
	{name: "IntervalStyle", value: "postgres", reported: true, check: oneOf("postgres", "postgres_verbose", "sql_standard", "iso_8601")},
	{name: "is_superuser", value: "on", reported: true, readOnly: true},
	{name: "jit", value: "off", check: boolean},
	{name: "lc_collate", value: "C", readOnly: true},
	{name: "lc_ctype", value: "C.UTF-8", readOnly: true},
	{name: "lc_messages", value: "C", check: localeName},
	{name: "lc_monetary", value: "C", check: localeName},
	{name: "lc_numeric", value: "C", check: localeName},
	{name: "lc_time", value: "C", check: localeName},
	{name: "lock_timeout", value: "0", time: true, check: duration},
	{name: "max_identifier_length", value: "63", readOnly: true},
	{name: "row_security", value: "on", check: boolean},
	{name: "search_path", value: `"$user", public`},
	{name: "server_encoding", value: "UTF8", reported: true, readOnly: true},
	{name: "server_version", value: ServerVersion, reported: true, readOnly: true},
	{name: "server_version_num", value: "150008", readOnly: true},
	{name: "session_authorization", reported: true, readOnly: true},
	{name: "standard_conforming_strings", value: "on", reported: true, check: onlyOn},
	{name: "statement_timeout", value: "0", time: true, check: duration},
	{name: "synchronous_commit", value: "on", check: oneOf("on", "off", "local", "remote_write", "remote_apply")},
	{name: "synchronize_seqscans", value: "on", check: boolean},
	{name: "TimeZone", value: "UTC", reported: true, check: timeZone},
	{name: "transaction_isolation", value: "read committed", check: isolationName},
	{name: "transaction_read_only", value: "off", check: boolean},
	{name: "xmloption", value: "content", check: oneOf("content", "document")},
}...)

// localeName takes what says nothing that is not so of messages in English and numbers with points.
var localeName = oneOf("C", "POSIX", "en_US.UTF-8", "C.UTF-8")

// show is how SHOW prints a value: times in the largest unit that they are whole numbers of.
func (s *setting) show(value string) string {
	ms, err := strconv.Atoi(value)
	if !s.time || err != nil || ms == 0 {
		return value
	}
	for _, u := range []struct {
		name string
		ms   int
	}{{"d", 86_400_000}, {"h", 3_600_000}, {"min", 60_000}, {"s", 1000}} {
		if ms%u.ms == 0 {
			return strconv.Itoa(ms/u.ms) + u.name
		}
	}
	return value + "ms"
}

func findSetting(name string) *setting {
	for i := range settings {
		if strings.EqualFold(settings[i].name, name) {
			return &settings[i]
		}
	}
	return nil
}

func newVariables(user string) *variables {
	v := &variables{values: map[string]string{}}
	for _, s := range settings {
		v.values[s.name] = s.value
	}
	v.values["session_authorization"] = user
	v.makeDefault()
	return v
}

// makeDefault makes the present values those that RESET restores.
func (v *variables) makeDefault() { v.defaults = maps.Clone(v.values) }

func (v *variables) get(name string) (string, error) {
	if s := findSetting(name); s != nil {
		return s.show(v.values[s.name]), nil
	}
	if value, ok := v.values[strings.ToLower(name)]; ok {
		return value, nil
	}
	return "", sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", name)
}

// set changes a setting; a name with a dot is a custom one and always exists.
func (v *variables) set(name, value string) error {
	s := findSetting(name)
	switch {
	case s == nil && strings.Contains(name, "."):
		v.write(strings.ToLower(name), value)
		return nil
	case s == nil:
		return sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", name)
	case s.readOnly:
		return sqlerr.New(sqlerr.CantChangeRuntimeParam, "parameter %q cannot be changed", s.name)
	}
	if s.check != nil {
		normal, err := s.check(value)
		if err != nil {
			return invalidValue(s.name, value, err)
		}
		value = normal
	}
	v.put(s, value)
	return nil
}

func (v *variables) put(s *setting, value string) {
	if v.values[s.name] == value {
		return
	}
	v.write(s.name, value)
	v.version++
	v.cfg = nil
	if s.reported && v.onChange != nil {
		v.onChange(s.name, value)
	}
}

// reset goes back to the default; "all" resets everything that may be set.
func (v *variables) reset(name string) error {
	if name == "all" {
		v.restore(v.defaults)
		return nil
	}
	s := findSetting(name)
	if s == nil && strings.Contains(name, ".") {
		v.own()
		delete(v.values, strings.ToLower(name))
		return nil
	}
	if s == nil {
		return sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", name)
	}
	v.put(s, v.defaults[s.name])
	return nil
}

// local remembers what a setting was before SET LOCAL changed it.
func (v *variables) local(name, before string) {
	if v.locals == nil {
		v.locals = map[string]string{}
	}
	if _, ok := v.locals[name]; !ok {
		v.locals[name] = before
	}
}

// endLocal undoes SET LOCAL.
func (v *variables) endLocal() {
	for name, before := range v.locals {
		if s := findSetting(name); s != nil {
			v.put(s, before)
		} else {
			v.write(name, before)
		}
	}
	v.locals = nil
}

// captured are the settings that a materialized view keeps from its CREATE.
func (v *variables) captured() map[string]string {
	out := map[string]string{}
	for _, name := range []string{"TimeZone", "DateStyle", "IntervalStyle", "bytea_output", "extra_float_digits", "search_path"} {
		out[name] = v.values[name]
	}
	return out
}

// save and restore are for transactions and savepoints. Most change nothing: what is saved is copied when the first one does.
func (v *variables) save() map[string]string {
	v.shared = true
	return v.values
}

func (v *variables) restore(saved map[string]string) {
	for i := range settings {
		v.put(&settings[i], saved[settings[i].name])
	}
	v.values, v.shared = saved, true
}

func (v *variables) write(name, value string) {
	if before, ok := v.values[name]; !ok || before != value {
		v.own()
		v.values[name] = value
	}
}

// own makes v.values nobody else's.
func (v *variables) own() {
	if v.shared {
		v.values, v.shared = maps.Clone(v.values), false
	}
}

func (v *variables) reported() map[string]string {
	out := map[string]string{}
	for _, s := range settings {
		if s.reported {
			out[s.name] = v.values[s.name]
		}
	}
	return out
}

// names are all settings, sorted as SHOW ALL shows them.
func (v *variables) names() []string {
	return slices.SortedFunc(maps.Keys(v.values), func(a, b string) int {
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	})
}

// config is what values depend on; shared until a setting changes.
func (v *variables) config() *types.Config {
	if v.cfg == nil {
		v.cfg = types.ConfigOf(v.values)
		v.cfg.ObjectName, v.cfg.FindObject = v.objectName, v.findObject
	}
	return v.cfg
}

// searchPath is the schemas in which names are looked up, those of the system apart.
func (v *variables) searchPath(user string) []string {
	var path []string
	for part := range strings.SplitSeq(v.values["search_path"], ",") {
		part = strings.TrimSpace(part)
		if unquoted, ok := strings.CutPrefix(part, `"`); ok {
			part = strings.ReplaceAll(strings.TrimSuffix(unquoted, `"`), `""`, `"`)
		} else {
			part = strings.ToLower(part)
		}
		if part == "$user" {
			part = user
		}
		if part != "" {
			path = append(path, part)
		}
	}
	return path
}

// timeout is a duration setting; 0 is none.
func (v *variables) timeout(name string) time.Duration {
	ms, _ := strconv.Atoi(v.values[name])
	return time.Duration(ms) * time.Millisecond
}
