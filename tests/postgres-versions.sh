#!/bin/sh
# Runs the integration tests on newer PostgreSQL servers than the one that is installed:
# postgres-versions.sh [FILTER...]
# FILTERs select tests, as with `cargo test`. VERSIONS names the servers (default "16 17 18"). The package of 17 has no
# pg_dump and psql, so tests that start these are left out there.
set -eu
. "$(dirname "$0")/postgres-server.sh"

cargo=${CARGO:-cargo}
needing_clients="--skip backup --skip embedded --skip readers --skip a_dump_that"

for version in ${VERSIONS:-16 17 18}; do
    unpack_server "$version"
    without=
    [ "$version" != 17 ] || without=$needing_clients
    # shellcheck disable=SC2086 # words
    PG_BIN=$bin "$cargo" test --package wiresift --test it -- $without "$@"
done
