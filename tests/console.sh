#!/bin/sh
# Tests the console in Chromium, over the demo: console.sh [FOLDER OF THE PICTURES]
# Needs Node.js with npm and Debian's chromium, and installs what tests/console/package-lock.json names. Ends with 77
# if it cannot run here. The feeds that the console offers are read by feedparser, where Python can install it.
# BINARY=FILE tests that program and builds none.
set -eu

cargo=${CARGO:-cargo}
root=$(cd "$(dirname "$0")/.." && pwd)
built=${CARGO_TARGET_DIR:-$root/target}
pictures=${1:-$built/console}
# Longest wait for the demo to make its passes, in seconds.
patience=240

skip() {
    printf '\n*** SKIPPED: the console was not tested in a browser: %s ***\n\n' "$*" >&2
    exit 77
}

for needed in node:nodejs npm:npm "${CHROMIUM:-chromium}:chromium"; do
    command -v "${needed%:*}" >/dev/null 2>&1 || skip "no ${needed%:*} here (apt-get install ${needed##*:})"
done
CHROMIUM=$(command -v "${CHROMIUM:-chromium}")
export CHROMIUM

if [ -z "${BINARY:-}" ]; then
    (cd "$root" && "$cargo" build)
    BINARY=$built/debug/wiresift
fi
(cd "$root/tests/console" && npm ci --silent) || skip "the packages of tests/console cannot be installed"

log=$(mktemp)
"$BINARY" demo >"$log" 2>&1 &
demo=$!
trap 'kill -INT "$demo" 2>/dev/null || true; wait "$demo" 2>/dev/null || true; rm -f "$log"' EXIT

url=
for _ in $(seq "$patience"); do
    url=$(sed -n 's#^Console: \(http://[^ ]*[0-9]\)/.*#\1#p' "$log")
    [ -n "$url" ] && break
    kill -0 "$demo" 2>/dev/null || { cat "$log" >&2; echo "FAILED: the demo has ended" >&2; exit 1; }
    sleep 1
done
[ -n "$url" ] || { cat "$log" >&2; echo "FAILED: the demo has no console" >&2; exit 1; }

# Before the browser, whose clicks change articles.
python=$built/console-python
if python3 -m venv "$python" 2>/dev/null && "$python/bin/pip" install --quiet --disable-pip-version-check \
    --require-hashes --requirement "$root/tests/console/requirements.txt"; then
    "$python/bin/python" "$root/tests/console/feeds.py" "$url"
else
    printf '\n*** SKIPPED: the feeds were not read by feedparser: python3 cannot install it (apt-get install %s) ***\n\n' \
        python3-venv >&2
fi
node "$root/tests/console/run.mjs" "$url" "$pictures"
node "$root/tests/console/hostile.mjs" "$BINARY"
