//go:build !linux

package storage

import "os"

func allocate(*os.File, int64) (ok bool, err error) { return false, nil }

func datasync(f *os.File) error { return f.Sync() }
