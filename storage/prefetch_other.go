//go:build !amd64

package storage

func prefetch(ptr)       {}
func prefetchN(ptr, int) {}
