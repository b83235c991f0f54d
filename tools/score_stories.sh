#!/bin/sh
# Scores the stories that `wiresift dedupe` finds in a collection: score_stories.sh BINARY COLLECTION SCORE.py
# COLLECTION has folders st_*, each with an articles.jsonl. SCORE.py takes such a folder and lines of {"id","cluster"}.
set -eu
for set in "$2"/st_*; do
    "$1" dedupe --stories "$set/articles.jsonl" >"/tmp/stories.$$"
    echo "$(basename "$set") $(python3 "$3" "$set" "/tmp/stories.$$" --json)"
    rm -f "/tmp/stories.$$"
done
