package engine

import "testing"

// A request for space that comes while a checkpoint runs is for the next one: what was deleted since the running one began it does not know.
func TestRoomRequest(t *testing.T) {
	var r roomRequest
	steps := []struct {
		what string
		got  bool
		want bool
	}{
		{"nothing asked", r.begin(), false},
		{"asked at 5", r.ask(5), true},
		{"again before it began", r.ask(6), false},
		{"a checkpoint begins", r.begin(), true},
		{"nothing has changed", r.ask(5), false},
		{"a deletion was published while it runs", r.ask(6), true},
		{"the next checkpoint begins", r.begin(), true},
		{"and only that", r.begin(), false},
		{"nothing has changed since", r.ask(6), false},
	}
	for _, s := range steps {
		if s.got != s.want {
			t.Errorf("%s: %v", s.what, s.got)
		}
	}
	r.failed()
	if !r.ask(6) || !r.begin() {
		t.Error("after a failure nobody can ask again")
	}
}
