//go:build !unix

package storage

import "os"

func isDiskFull(error) bool { return false }

func freeSpace(string) (int64, bool) { return 0, false }

func ignoreUnsupported(error) error { return nil }

// lockFile leaves the lock to Badger's own.
func lockFile(*os.File) (held bool, err error) { return false, nil }
