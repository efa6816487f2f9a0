//go:build !unix

package storage

// reserveMemory takes memory of the Go heap where the platform offers no lazily committed mapping; regions stay small.
func reserveMemory(n int64) ([]byte, error) { return make([]byte, min(n, 1<<30)), nil }

func freeMemory([]byte) {}

func hugePages([]byte) {}
