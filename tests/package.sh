#!/bin/sh
# Checks the packages in target/packages, boots a minimal Debian with the Debian package, and goes through its life
# there: package.sh [SUITE...]
# Needs root, the programs below, and a Debian mirror for the first run. Base systems are kept in target/boot. Ends with
# 77 if it cannot run here.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
boot=$root/target/boot
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
limit=1500

skip() {
    printf '\n*** SKIPPED: the package was not tested: %s ***\n\n' "$*" >&2
    exit 77
}

[ "$(id -u)" -eq 0 ] || skip "this needs root"
for program in mmdebstrap systemd-nspawn lintian rpm rpmlint; do
    command -v "$program" >/dev/null ||
        skip "$program is missing (apt-get install mmdebstrap systemd-container lintian rpm rpmlint)"
done
new=$(ls "$root"/target/packages/wiresift_*.deb 2>/dev/null | head -n 1)
[ -n "$new" ] || { echo "no package in target/packages; run make package" >&2; exit 1; }

# Two booted systems would share the control groups of this machine.
exec 9>"${TMPDIR:-/tmp}/wiresift-package.lock"
flock -n 9 || { echo "another test of the package runs; try again when it has ended" >&2; exit 1; }

mkdir -p "$boot"
work=$(mktemp -d "$boot/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

lintian --allow-root --fail-on error,warning "$new"
rpm=$(ls "$root"/target/packages/wiresift-*.rpm | head -n 1)
rpmlint --config "$root/deploy/rpm/rpmlint.toml" "$rpm" >"$work/rpmlint.log" || { cat "$work/rpmlint.log" >&2; exit 1; }
grep -q ' 0 errors, 0 warnings' "$work/rpmlint.log" || { cat "$work/rpmlint.log" >&2; exit 1; }
# No system with RPM is at hand, so nothing is booted: the files are installed, and the program finds its configuration.
mkdir "$work/rpm"
rpm --root "$work/rpm" --nodeps --noscripts -i "$rpm"
"$work/rpm/usr/bin/wiresift" --config "$work/rpm/etc/wiresift/wiresift.toml" check-config >/dev/null

# An earlier version, so that there is something to upgrade: its configuration differs from the new one.
dpkg-deb -R "$new" "$work/old"
sed -i 's/^Version: .*/Version: 0.0.1-1/' "$work/old/DEBIAN/control"
echo '# An earlier version of this file.' >>"$work/old/etc/wiresift/wiresift.toml"
dpkg-deb --root-owner-group -b "$work/old" "$work/old.deb" >/dev/null

# Makes the base system, unless it is there: base SUITE
base() {
    [ -e "$boot/$1.tar" ] && return
    echo "Making a minimal $1 ..." >&2
    mmdebstrap --quiet --variant=minbase --format=tar \
        --include=systemd,systemd-sysv,dbus,libnss-systemd,postgresql,busybox \
        "$1" "$boot/$1.tar.part" "$mirror" >&2 || skip "no base system of $1 from $mirror"
    mv "$boot/$1.tar.part" "$boot/$1.tar"
}

# What an administrator edits: quick polls of a server on this machine.
edit() {
    sed -i -e 's|^#! allow_networks = .*|allow_networks = ["127.0.0.0/8"]|' \
        -e 's|^#! spacing = .*|spacing = "100ms"|' -e 's|^#! every = .*|every = "2s"|' \
        -e 's|^#! min_every = .*|min_every = "1s"|' -e 's|^#! max_every = .*|max_every = "5s"|' "$1"
}

for suite in "${@:-bookworm}"; do
    base "$suite"
    echo "Booting $suite with $(basename "$new") ..." >&2
    system=$work/$suite
    mkdir "$system"
    tar -C "$system" -xf "$boot/$suite.tar"
    mkdir "$system/opt/probe"
    cp -r "$root"/tests/package/* "$work/old.deb" "$system/opt/probe/"
    cp "$new" "$system/opt/probe/new.deb"
    chmod 755 "$system/opt/probe/probe.sh"
    cp "$root/tests/package/probe.service" "$system/etc/systemd/system/"
    container() { systemd-nspawn --quiet -D "$system" --register=no --keep-unit --private-users=no "$@"; }
    container dpkg -i /opt/probe/old.deb >"$work/install.log" 2>&1 || { cat "$work/install.log" >&2; exit 1; }
    edit "$system/etc/wiresift/wiresift.toml"
    : >"$system/etc/wiresift/feeds.toml"
    container systemctl enable --quiet probe.service
    timeout "$limit" systemd-nspawn --quiet -b -D "$system" --register=no --keep-unit --private-users=no \
        --private-network </dev/null >"$work/console.log" 2>&1 || true
    if [ ! -e "$system/opt/probe/log" ]; then
        tail -n 20 "$work/console.log" >&2
        skip "$suite does not boot in a container here"
    fi
    cp "$system/opt/probe/log" "$boot/$suite.log"
    if [ "$(cat "$system/opt/probe/result" 2>/dev/null)" != passed ]; then
        cat "$boot/$suite.log" >&2
        echo "FAILED on $suite; the transcript is $boot/$suite.log" >&2
        exit 1
    fi
    rm -rf "$system"
    echo "passed on $suite; the transcript is $boot/$suite.log" >&2
done
