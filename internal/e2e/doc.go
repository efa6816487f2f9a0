// Package e2e tests the whole server through its front door: scripts of protocol messages that a real PostgreSQL answers the same, traces of
// libpq, and the drivers and psql that users have. Tests only.
package e2e
