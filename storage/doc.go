// Package storage keeps all state that outlives a tick: pages with two access methods (ordered trees, hash tables), the
// input log, the checkpoint and recovery. It is the only importer of Badger.
//
// Three ideas carry it. State is fixed-size pages of packed bytes off the Go heap, with stable ids, so that
// checkpoint, recovery, accounting and eviction are written once. One goroutine, the writer, changes pages; readers pin a
// published snapshot and take no lock. The log is ahead of everything: a tick is durable when its log entry is synced,
// and a checkpoint only shortens what has to be replayed.
package storage
