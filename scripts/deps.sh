#!/usr/bin/env bash
# Installs what the tests need beside Go: a PostgreSQL 15 (the oracle; psql comes with it) and the psycopg driver. Says clearly
# what could not be installed; the tests that need it then fail and say so, too.
set -u
cd "$(dirname "$0")/.."
missing=0
say() { printf 'deps: %s\n' "$1"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else return 1; fi; }

postgres() {
  for dir in /usr/lib/postgresql/15/bin "$(pg_config --bindir 2>/dev/null)"; do
    [ -x "$dir/initdb" ] && "$dir/postgres" --version | grep -q ' 15\.' && return 0
  done
  return 1
}

if ! postgres; then
  say "installing PostgreSQL 15"
  if command -v apt-get >/dev/null; then
    as_root env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update -q && apt-get install -y -q --no-install-recommends postgresql-15 postgresql-client-15' >.deps.log 2>&1
  elif command -v brew >/dev/null; then
    brew install postgresql@15 >.deps.log 2>&1
  fi
  if ! postgres; then
    say "could not install PostgreSQL 15 (see .deps.log): the tests against the oracle will fail"
    missing=1
  fi
fi

venv=.cache/venv
if ! "$venv/bin/python" -c 'import psycopg' 2>/dev/null; then
  say "installing psycopg into $venv"
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q 'psycopg[binary]==3.3.*'; } >>.deps.log 2>&1; then
    say "could not install psycopg (see .deps.log): its test will fail"
    missing=1
  fi
fi
[ "$missing" = 0 ] && say "everything that the tests need is there"
exit 0
