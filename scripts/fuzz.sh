#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

fuzz() { go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" "$1" | tee "$log"; }

# Before Go 1.27 the end of the time may itself be reported as a failure (go.dev/issue/75804). That one says nothing
# but the deadline and names no input, where whatever a target finds does; it is run again.
deadline() {
  [ "$(grep -A1 '^--- FAIL' "$log" | sed 1d)" = "    context deadline exceeded" ] && ! grep -q 'Failing input' "$log"
}

grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -r -n1 dirname | sort -u | while read -r dir; do
  [ -f "$dir/go.mod" ] && continue
  grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/^func //' | sort -u | while read -r target; do
    echo "fuzz: $dir $target"
    fuzz "$dir" "$target" || { deadline && fuzz "$dir" "$target"; }
  done
done
