// Package demo shows streamsql at work: six applications, each with data of its own making, events that keep flowing, and the
// queries to type meanwhile.
package demo

import (
	"embed"
	"fmt"
)

//go:embed schema/*.sql
var schemas embed.FS

// Schema is the DDL of a demo: tables and views.
func Schema(name string) (string, error) {
	p, err := schemas.ReadFile("schema/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("there is no demo %q", name)
	}
	return string(p), nil
}
