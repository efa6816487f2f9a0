//go:build !linux

package crash

import (
	"errors"
	"testing"
)

func mountSmall(*testing.T) (dir string, err error) {
	return "", errors.New("only Linux has the file system that this test mounts")
}
