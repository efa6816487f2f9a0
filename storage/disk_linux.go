package storage

import (
	"os"

	"golang.org/x/sys/unix"
)

// allocate gives the first n bytes of a file their space on the disk, where the file system can: ok tells.
func allocate(f *os.File, n int64) (ok bool, err error) {
	err = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, n)
	return err == nil, ignoreUnsupported(err)
}

// datasync makes a file's content durable, and of what describes it only as much as reading it needs.
func datasync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}
