package storage

// prefetch asks for the cache line at p; prefetchN for the n lines from p on. Any address will do.
//
//go:noescape
func prefetch(p ptr)

//go:noescape
func prefetchN(p ptr, n int)
