#!/bin/sh
# Measures what docs/capacity.md states, one figure after another, on a machine that does nothing else meanwhile.
# Takes about half an hour, with the look-up of near-duplicates at MILLIONS=10 much longer.
set -eu
cd "$(dirname "$0")/.."

measure() {
    name=$1
    shift
    echo "== $name $*"
    cargo bench --quiet --bench "$name" -- "$@"
}

measure journey 50 100
measure journey 50 100 0 2
measure journey 50 100 0 4
measure journey 1 60 100
measure story_cost 30000 10000
measure filing_cost 20000
measure polling_rate 2000 20
measure near_lookup "${MILLIONS:-1}000000"
echo "== extraction beside a parse"
cargo bench --quiet --package wiresift-extract --bench extraction_cost
