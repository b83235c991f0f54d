#!/bin/sh
# Reads the embedded database as other programs do: the program of the README, SQLAlchemy and DuckDB, as another Unix
# user who is in the readers' group: consumers.sh
# Needs root, a Python that other users can run, and the packages of PyPI named below, which are kept in the target
# directory. Ends with 77 if it cannot run here. BINARY=FILE tests that program and builds none.
set -eu

cargo=${CARGO:-cargo}
root=$(cd "$(dirname "$0")/.." && pwd)
built=${CARGO_TARGET_DIR:-$root/target}
kept=$built/consumers
packages="psycopg[binary]==3.3.9 sqlalchemy==2.1.9 duckdb-extension-postgres-scanner==1.5.5 pytz"
# A user and a group that Debian has, and that own nothing.
user=nobody
group=games

skip() {
    printf '\n*** SKIPPED: the consumers were not tested: %s ***\n\n' "$*" >&2
    exit 77
}

fail() {
    echo "FAILED: $*" >&2
    tail -n 20 "$work"/*.log >&2
    exit 1
}

reader() { HOME=/ setpriv --reuid="$user" --regid="$group" --clear-groups "$@"; }

# Waits until a command succeeds: await WHAT COMMAND...
await() {
    what=$1
    shift
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    fail "not within a minute: $what"
}

[ "$(id -u)" -eq 0 ] || skip "this needs root"
for python in python3 /usr/bin/python3 ""; do
    [ -n "$python" ] || skip "the user $user can run no python3 with pip (apt-get install python3-pip)"
    (cd / && reader "$python" -c '') 2>/dev/null && "$python" -m pip --version >/dev/null 2>&1 && break
done
if [ ! -d "$kept" ]; then
    echo "Fetching $packages ..." >&2
    rm -rf "$kept.part"
    # shellcheck disable=SC2086 # the words are packages
    "$python" -m pip download --quiet --disable-pip-version-check --only-binary :all: --dest "$kept.part" $packages ||
        skip "the packages cannot be fetched: $packages"
    mv "$kept.part" "$kept"
fi
if [ -z "${BINARY:-}" ]; then
    "$cargo" build --bin wiresift
    BINARY=$built/debug/wiresift
fi

work=$(mktemp -d)
children=
stop() {
    # shellcheck disable=SC2086 # the words are process ids
    [ -z "$children" ] || kill $children 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap stop EXIT
chmod 711 "$work"
install -m 755 "$BINARY" "$work/wiresift"
install -m 644 "$root/tests/consumers.py" "$work/"
# shellcheck disable=SC2086
PIP_ROOT_USER_ACTION=ignore "$python" -m pip install --quiet --disable-pip-version-check --no-index \
    --find-links "$kept" --target "$work/site" $packages
chmod -R a+rX "$work/site"

# Two feeds with an article each, on a port that is free.
cp -r "$root/tests/package/news" "$work/news"
cat >"$work/serve.py" <<'PYTHON'
import functools, http.server, pathlib, sys
news = pathlib.Path(sys.argv[1])
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=news)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
for feed in news.glob("*.xml"):
    feed.write_text(feed.read_text().replace(":8080/", f":{server.server_port}/"))
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
"$python" "$work/serve.py" "$work/news" >"$work/port" 2>"$work/serve.log" &
children=$!
await "the feeds are served" test -s "$work/port"
port=$(cat "$work/port")
echo "http://127.0.0.1:$port/harbour.xml" >"$work/feeds.txt"
cat >"$work/wiresift.toml" <<TOML
[storage]
dir = "$work/state"
[readers]
socket_dir = "$work/run"
group = "$group"
[feeds]
files = ["feeds.txt"]
[console]
listen = "off"
[http]
allow_networks = ["127.0.0.0/8"]
[site]
spacing = "10ms"
TOML
wiresift() { "$work/wiresift" --config "$work/wiresift.toml" "$@"; }
"$work/wiresift" --config "$work/wiresift.toml" run >"$work/daemon.log" 2>&1 &
children="$children $!"
has_articles() { [ "$(wiresift export | wc -l)" -eq "$1" ]; }
await "an article is filed" has_articles 1

cd "$work"
export PYTHONPATH="$work/site" PYTHONDONTWRITEBYTECODE=1
string=$(reader ./wiresift --config wiresift.toml connect) || fail "wiresift connect"
echo "$string"
reader "$python" consumers.py "$string" || fail "a consumer cannot read"

# The program of the README prints what is there, and then what is new.
awk '/^```python/ { on = 1; next } /^```/ { on = 0 } on' "$root/README.md" >follow.py
grep -q LISTEN follow.py || fail "README.md has no program that follows the changes"
reader "$python" follow.py "$string" >followed.log 2>&1 &
children="$children $!"
await "the README's program has the first article" grep -q "second crane" followed.log
echo "http://127.0.0.1:$port/orchard.xml" >>feeds.txt
wiresift reload
await "the README's program has the new article" grep -q "Late frost" followed.log
cat followed.log
echo "the consumers read the news" >&2
