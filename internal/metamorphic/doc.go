// Package metamorphic judges random queries without an oracle: what must give the same rows is compared, as views and ad hoc, after each of some
// random transactions.
//
// relations.go says what must be the same, database.go runs statements, metamorphic_test.go is the test and how a case is made smaller.
package metamorphic
