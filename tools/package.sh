#!/bin/sh
# Makes the Debian and the RPM package in target/packages: package.sh
# The tools come from crates.io at fixed versions, and are kept in the target directory. BINARY=FILE packages that
# program and builds none.
set -eu

deb_version=3.8.0
rpm_version=0.21.1

cargo=${CARGO:-cargo}
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
built=${CARGO_TARGET_DIR:-$root/target}
tools=$built/package-tools
# The manifest names files here, so this folder is the same whatever the target directory is.
stage=target/package
out=target/packages

# Installs a tool, unless that version is here: tool NAME VERSION
tool() {
    "$tools/bin/$1" --version 2>/dev/null | grep -q "$2\$" && return
    echo "Installing $1 $2 in $tools ..." >&2
    CARGO_TARGET_DIR=$tools/build "$cargo" install --quiet --locked --root "$tools" "$1@$2"
    rm -rf "$tools/build"
}

tool cargo-deb "$deb_version"
tool cargo-generate-rpm "$rpm_version"

if [ -z "${BINARY:-}" ]; then
    "$cargo" build --release --bin wiresift
    BINARY=$built/release/wiresift
fi

rm -rf "$stage" "$out"
mkdir -p "$stage/bin" "$stage/completions" "$stage/man-gz" "$out"
strip --strip-all -o "$stage/bin/wiresift" "$BINARY"
"$stage/bin/wiresift" man --dir "$stage/man"
"$stage/bin/wiresift" completions bash >"$stage/completions/wiresift.bash"
"$stage/bin/wiresift" completions zsh >"$stage/completions/wiresift.zsh"
"$stage/bin/wiresift" completions fish >"$stage/completions/wiresift.fish"
"$stage/bin/wiresift" completions elvish >"$stage/completions/wiresift.elv"
"$stage/bin/wiresift" completions powershell >"$stage/completions/wiresift.ps1"
for page in "$stage"/man/*; do
    gzip -9n <"$page" >"$stage/man-gz/$(basename "$page").gz"
done
gzip -9n <CHANGELOG.md >"$stage/changelog.gz"

"$tools/bin/cargo-deb" deb --quiet --no-build --no-strip --output "$out/"
"$tools/bin/cargo-generate-rpm" generate-rpm --output "$out/"
ls -l "$out"
echo "The program needs glibc $(objdump -T "$stage/bin/wiresift" | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' |
    sort -Vu | tail -n 1) or newer."
