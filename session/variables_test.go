package session

import (
	"maps"
	"math/rand/v2"
	"testing"
	"time"
)

// TestSavedVariables compares saves, which share until something changes, with copies.
func TestSavedVariables(t *testing.T) {
	seed := *genericSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./session -run TestSavedVariables -seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	v := newVariables("ann")
	names := []string{"TimeZone", "work.a", "work.b", "bytea_output", "application_name"}
	values := map[string][]string{"TimeZone": {"UTC", "Asia/Tokyo"}, "bytea_output": {"hex", "escape"}, "": {"x", "y", ""}}
	var saves, copies []map[string]string
	for step := range 2000 {
		name := names[r.IntN(len(names))]
		choice := values[name]
		if choice == nil {
			choice = values[""]
		}
		switch k := r.IntN(6); {
		case k == 0:
			saves, copies = append(saves, v.save()), append(copies, maps.Clone(v.values))
		case k == 1 && len(saves) > 0:
			i := r.IntN(len(saves))
			v.restore(saves[i])
			if !maps.Equal(v.values, copies[i]) {
				t.Fatalf("step %d: restored %v, want %v", step, v.values, copies[i])
			}
		case k == 2:
			if err := v.reset([]string{name, "all"}[r.IntN(2)]); err != nil {
				t.Fatal(err)
			}
		default:
			if err := v.set(name, choice[r.IntN(len(choice))]); err != nil {
				t.Fatal(err)
			}
		}
		for i := range saves {
			if !maps.Equal(saves[i], copies[i]) {
				t.Fatalf("step %d: a save is now %v, and was %v", step, saves[i], copies[i])
			}
		}
		if len(saves) > 8 {
			saves, copies = saves[1:], copies[1:]
		}
	}
}
