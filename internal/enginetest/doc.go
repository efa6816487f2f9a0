// Package enginetest runs transactions, hydration and failures of an engine through SQL, with several sessions at once.
package enginetest
