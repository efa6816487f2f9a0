package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// size is a number of bytes on the command line: 512MB, 4GiB, 1.5g, 25% of the machine's memory, or plain bytes.
type size int64

// minMemory is what the server needs to start at all.
const minMemory = 64 << 20

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *size) UnmarshalText(text []byte) error {
	n, err := parseSize(string(text))
	if err != nil {
		return err
	}
	if n < minMemory {
		return fmt.Errorf("%s is too little; at least %s", text, formatSize(minMemory))
	}
	*s = size(n)
	return nil
}

func (s size) orDefault() int64 {
	if s == 0 {
		return defaultMemoryLimit()
	}
	return int64(s)
}

func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ% ")
	n, err := strconv.ParseFloat(digits, 64)
	unit, ok := unitOf(strings.TrimSpace(text[len(digits):]))
	if err != nil || !ok || n < 0 || n > 100 && strings.HasSuffix(text, "%") || !(n*unit < math.MaxInt64) {
		return 0, fmt.Errorf("%q is no size; write, for example, 512MB, 4GiB or 25%%", text)
	}
	return int64(n * unit), nil
}

func unitOf(s string) (float64, bool) {
	switch strings.ToLower(s) {
	case "", "b":
		return 1, true
	case "k", "kib":
		return 1 << 10, true
	case "kb":
		return 1e3, true
	case "m", "mib":
		return 1 << 20, true
	case "mb":
		return 1e6, true
	case "g", "gib":
		return 1 << 30, true
	case "gb":
		return 1e9, true
	case "t", "tib":
		return 1 << 40, true
	case "tb":
		return 1e12, true
	case "%":
		return float64(machineMemory()) / 100, true
	}
	return 0, false
}

func formatSize(n int64) string {
	for _, u := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= u.size {
			return strconv.FormatFloat(math.Round(float64(n)/float64(u.size)*10)/10, 'f', -1, 64) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}

// defaultMemoryLimit is half of the machine's memory.
func defaultMemoryLimit() int64 { return max(machineMemory()/2, minMemory) }

// unknownMemory is assumed where the platform does not say.
const unknownMemory = 4 << 30

// machineMemory is what this process may use: the machine's memory, or its control group's if that is less.
func machineMemory() int64 {
	total := physicalMemory()
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(file); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
				total = min(total, n)
			}
		}
	}
	return total
}
