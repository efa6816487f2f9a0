//go:build !linux

package pgwire_test

const canSeeClientsLeave = false
