package pgwire_test

const canSeeClientsLeave = true
