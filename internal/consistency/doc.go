// Package consistency moves money between ten accounts through a server that is killed again and again, while readers look at views over the
// transfers: what adds up in each prefix of the transfers adds up in every state that anybody sees.
//
// transfers_test.go is the test and its size, write_test.go the writers and what they know, read_test.go what is asked of a state.
package consistency
