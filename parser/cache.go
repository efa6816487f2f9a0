package parser

import (
	"container/list"
	"sync"
)

// Cache remembers the statements of the texts parsed last. Its results are shared: callers must not change them. Safe
// for concurrent use.
type Cache struct {
	mu      sync.Mutex
	size    int
	entries map[string]*list.Element
	recent  *list.List // of *cacheEntry, the latest used first
}

type cacheEntry struct {
	text  string
	stmts []Statement
}

// maxCachedText is the longest text worth remembering.
const maxCachedText = 8 << 10

// NewCache makes a cache of size texts.
func NewCache(size int) *Cache {
	return &Cache{size: size, entries: make(map[string]*list.Element, size), recent: list.New()}
}

// Parse is Parse, from memory where the very text was parsed before. Errors are not remembered.
func (c *Cache) Parse(sql string) ([]Statement, error) {
	if stmts, ok := c.lookup(sql); ok {
		return stmts, nil
	}
	stmts, err := Parse(sql)
	if err == nil && len(sql) <= maxCachedText && c.size > 0 {
		c.store(sql, stmts)
	}
	return stmts, err
}

func (c *Cache) lookup(sql string) ([]Statement, bool) {
	if len(sql) > maxCachedText {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[sql]
	if !ok {
		return nil, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cacheEntry).stmts, true
}

func (c *Cache) store(sql string, stmts []Statement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[sql]; ok {
		return
	}
	if c.recent.Len() >= c.size {
		oldest := c.recent.Back()
		delete(c.entries, c.recent.Remove(oldest).(*cacheEntry).text)
	}
	c.entries[sql] = c.recent.PushFront(&cacheEntry{sql, stmts})
}
