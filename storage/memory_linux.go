package storage

import "golang.org/x/sys/unix"

const mapNoReserve = unix.MAP_NORESERVE

// hugePages asks for large pages behind memory that is used at random: most of the time that a change takes is misses of
// the address translation otherwise.
func hugePages(m []byte) { _ = unix.Madvise(m, unix.MADV_HUGEPAGE) }
