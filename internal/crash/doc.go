// Package crash kills the real server at random moments and checks that every acknowledged transaction is there exactly
// once, in tables and in views, and nothing else is.
package crash
