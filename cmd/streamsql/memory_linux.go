package main

import "golang.org/x/sys/unix"

func physicalMemory() int64 {
	var i unix.Sysinfo_t
	if unix.Sysinfo(&i) != nil {
		return unknownMemory
	}
	return int64(i.Totalram) * int64(i.Unit)
}
