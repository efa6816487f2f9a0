package session

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/sqlerr"
)

// A session's temporary relations are ordinary ones in a schema of its own, which is searched first and goes when the session ends; those that
// a crash leaves go when the server starts again.

// dropTimeout is how long a session's end may take.
const dropTimeout = 10 * time.Second

// DropTemporary drops the temporary relations of sessions that are no more. It is called before the first session is opened.
func (s *Server) DropTemporary(ctx context.Context) error {
	sn := s.engine.Snapshot()
	defer sn.Close()
	for _, schema := range sn.Catalog.Schemas() {
		if catalog.IsTemporary(schema) {
			if err := s.dropTemporary(ctx, sn.Catalog, schema); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) dropTemporary(ctx context.Context, c *catalog.Catalog, schema string) error {
	var ids []catalog.ID
	for _, o := range c.Objects() {
		if in, _ := o.Qualified(); in == schema {
			ids = append(ids, o.ObjectID())
		}
	}
	return s.engine.Commit(ctx, engine.Commit{DDL: []engine.DDL{{Drop: ids, DropSchema: schema}}})
}

// endTemporary drops the session's temporary relations.
func (s *Session) endTemporary() {
	if s.temp == "" {
		return
	}
	sn := s.server.engine.Snapshot()
	defer sn.Close()
	if !sn.Catalog.HasSchema(s.temp) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
	defer cancel()
	if err := s.server.dropTemporary(ctx, sn.Catalog, s.temp); err != nil {
		slog.Warn("dropping the temporary relations of a session; the next start will", "session", s.id, "err", err)
	}
}

// temporary is the session's own schema, made where there is none yet.
func (d *definer) temporary() string {
	if d.temp == "" {
		d.temp = fmt.Sprint(catalog.TemporaryPrefix, d.server.engine.NewID())
	}
	if !d.catalog.HasSchema(d.temp) {
		d.add(engine.DDL{CreateSchema: d.temp})
	}
	return d.temp
}

// path is the schemas in which relations are looked up: the session's own first, unless search_path has it elsewhere.
func (s *Session) path() []string {
	path := s.vars.searchPath(s.user)
	if i := slices.Index(path, bind.TemporarySchema); i >= 0 {
		path[i] = s.temp
	} else if s.temp != "" {
		path = slices.Insert(path, 0, s.temp)
	}
	return path
}

// onCommit is what COMMIT does to a temporary table.
func (d *definer) onCommit(x *ast.CreateTable, t *catalog.Table) error {
	if x.OnCommit == "" {
		return nil
	}
	if !catalog.IsTemporary(t.Schema) {
		return sqlerr.New(sqlerr.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables")
	}
	if d.atCommit == nil {
		d.atCommit = map[catalog.ID]string{}
	}
	d.atCommit[t.ID] = x.OnCommit
	return nil
}

// settleTemporary does to the session's temporary tables what ON COMMIT says.
func (s *Session) settleTemporary() error {
	if len(s.atCommit) == 0 {
		return nil
	}
	sn, err := s.snapshot()
	if err != nil {
		return err
	}
	defer sn.Close()
	for id, what := range s.atCommit {
		t, ok := sn.Catalog.Object(id).(*catalog.Table)
		switch {
		case !ok: // rolled back, or dropped
			delete(s.atCommit, id)
		case what == "drop":
			d := &definer{Session: s, catalog: sn.Catalog, sn: sn}
			d.add(engine.DDL{Drop: d.closure(id)})
			delete(s.atCommit, id)
		case what == "delete rows" && s.txn.writes != nil:
			s.txn.writes.Truncate(t)
		}
	}
	return nil
}

// isTemporary tells whether an object is one of a session's own.
func (d *definer) isTemporary(id catalog.ID) bool {
	o := d.catalog.Object(id)
	if o == nil {
		return false
	}
	schema, _ := o.Qualified()
	return catalog.IsTemporary(schema)
}

// closure is an object, what depends on it and what they own.
func (d *definer) closure(id catalog.ID) []catalog.ID {
	ids := []catalog.ID{id}
	for i := 0; i < len(ids); i++ {
		for _, o := range append(d.catalog.Dependants(ids[i]), d.catalog.Owned(ids[i])...) {
			if !slices.Contains(ids, o.ObjectID()) {
				ids = append(ids, o.ObjectID())
			}
		}
	}
	return ids
}
