package parser

import (
	"fmt"
	"sync"
	"testing"
)

// Many goroutines parse at once, with parsers that they share by turns: no tree is touched by another one's parse.
func TestConcurrentParse(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 200 {
				sql := fmt.Sprintf("INSERT INTO t VALUES (%d, NULL, true, 'x'), (%d, 1.5, false, NULL)", i, k)
				if _, err := Parse(sql); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
