//go:build unix

package storage

import "golang.org/x/sys/unix"

// reserveMemory maps zeroed memory of which only what is touched counts.
func reserveMemory(n int64) ([]byte, error) {
	return unix.Mmap(-1, 0, int(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|mapNoReserve)
}

func freeMemory(m []byte) { _ = unix.Munmap(m) }
