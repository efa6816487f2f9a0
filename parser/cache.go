package parser

import (
	"container/list"
	"sync"
)

// Cache remembers what was parsed last: a text's statements, and for queries and DML the statements of every text that
// differs in literals only (template.go). Its results are shared: callers must not change them. Safe for concurrent use.
type Cache struct {
	mu      sync.Mutex
	size    int
	entries map[string]*list.Element
	recent  *list.List // of *cacheEntry, the latest used first
}

// cacheEntry is what is known of a key: t and a text, or s and a shape.
type cacheEntry struct {
	key   string
	stmts []Statement
	shape *shape
}

// maxCachedText is the longest text worth remembering.
const maxCachedText = 8 << 10

// NewCache makes a cache of size texts and shapes.
func NewCache(size int) *Cache {
	return &Cache{size: size, entries: make(map[string]*list.Element, size), recent: list.New()}
}

// Parse is Parse, from memory where the text was parsed before, at the cost of a lookup, or one that differs in literals
// only, at that of a lex, a lookup and a copy of the tree. Errors are not remembered.
func (c *Cache) Parse(sql string) ([]Statement, error) {
	in, stmts, err := c.ParseGeneric(sql)
	if in != nil {
		return in.specific(), nil
	}
	return stmts, err
}

// ParseGeneric is Parse, but for a text that has a generic statement: that is found at the cost of a lex and a lookup, and the text's statement is
// copied only if it is asked for.
func (c *Cache) ParseGeneric(sql string) (*Instance, []Statement, error) {
	if len(sql) > maxCachedText || c.size <= 0 {
		stmts, err := Parse(sql)
		return nil, stmts, err
	}
	textKey := "t" + sql
	if e := c.lookup(textKey); e != nil {
		return nil, e.stmts, nil
	}
	toks, lexErr := lex(sql)
	if lexErr != nil {
		stmts, err := Parse(sql) // finds the first error
		return nil, stmts, err
	}
	shapeKey := shapeOf(toks)
	known := c.lookup(shapeKey)
	if known != nil {
		if t := known.shape.template(toks); t != nil {
			specific := func() []Statement { return t.instance(&copier{from: t.toks, to: toks, sql: sql}) }
			if g := t.generic(sql, toks); g != nil {
				return &Instance{g, t.literals(toks), specific}, nil, nil
			}
			return nil, specific(), nil
		}
	}
	stmts, err := Parse(sql)
	if err != nil {
		return nil, nil, err
	}
	c.store(&cacheEntry{key: textKey, stmts: stmts})
	if t := newTemplate(toks, stmts); t != nil {
		if known == nil {
			known = &cacheEntry{key: shapeKey, shape: newShape(t)}
			c.store(known)
		}
		known.shape.add(toks, t)
	}
	return nil, stmts, nil
}

func (c *Cache) lookup(key string) *cacheEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cacheEntry)
}

func (c *Cache) store(e *cacheEntry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[e.key]; ok {
		return // somebody was faster
	}
	if c.recent.Len() >= c.size {
		oldest := c.recent.Back()
		delete(c.entries, c.recent.Remove(oldest).(*cacheEntry).key)
	}
	c.entries[e.key] = c.recent.PushFront(e)
}
