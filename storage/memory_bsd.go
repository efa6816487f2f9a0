//go:build unix && !linux

package storage

const mapNoReserve = 0

func hugePages([]byte) {}
