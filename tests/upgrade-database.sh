#!/bin/sh
# Tests `wiresift upgrade-database` with a newer PostgreSQL server than the one that is installed:
# upgrade-database.sh [FILTER...]
# NEW_PG_BIN names the directory of its programs (default: those of 18, from a package). KILLS is the number of times
# that an upgrade is killed (50). The tests that hide the old programs need root.
set -eu
. "$(dirname "$0")/postgres-server.sh"

if [ -z "${NEW_PG_BIN:-}" ]; then
    unpack_server 18
    NEW_PG_BIN=$bin
    export NEW_PG_BIN
fi
"${CARGO:-cargo}" test --package wiresift --test it -- --ignored --nocapture --test-threads 1 "${@:-newer_server}"
