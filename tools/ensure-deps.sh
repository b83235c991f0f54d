#!/bin/sh
# Installs what wiresift needs and the machine lacks: a Rust toolchain, a C compiler, and the programs (not the
# service) of a PostgreSQL server, 14 or newer. Prints what it does, and nothing if there is nothing to do.
# Called by `make deps`. `ensure-deps.sh tests` says what `make test-all` lacks, and installs nothing of it, because
# some of these packages start services. Rust comes from the distribution's rustup, if it has one.
set -eu

oldest=14

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# Whether a directory has the programs of a server that is new enough.
serves() {
    [ -x "$1/initdb" ] && [ -x "$1/postgres" ] || return 1
    major=$("$1/postgres" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge "$oldest" ]
}

# The same places as the daemon looks in.
have_postgres() {
    if [ -n "${PG_BIN:-}" ]; then
        serves "$PG_BIN"
        return
    fi
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin "$(pg_config --bindir 2>/dev/null || true)"; do
        serves "$dir" && return 0
    done
    have postgres && serves "$(dirname "$(command -v postgres)")"
}

root_within_reach() { [ "$(id -u)" -eq 0 ] || have sudo; }

can_install() { have apt-get && root_within_reach; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
    say "Installing $* with apt-get ..."
    as_root apt-get -qq -o DPkg::Lock::Timeout=120 update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 \
        -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" >&2
}

# Debian's package would also set up and start a server, which is not needed.
install_postgres() {
    no_cluster=/etc/postgresql-common/createcluster.d/wiresift-no-cluster.conf
    trap 'as_root rm -f "$no_cluster"' EXIT
    as_root mkdir -p "$(dirname "$no_cluster")"
    as_root sh -c "echo 'create_main_cluster = false' >$no_cluster"
    apt_install postgresql
    as_root rm -f "$no_cluster"
    trap - EXIT
}

missing=0

# Newer Debian and Ubuntu have rustup, which installs Rust. The cargo of older ones would be too old.
if ! have cargo && can_install && apt-cache show rustup >/dev/null 2>&1; then
    apt_install rustup
    rustup default stable >&2
fi

if ! have cargo; then
    say "No cargo here: install Rust first, see https://rustup.rs (the version is in Cargo.toml, rust-version)."
    missing=1
fi

if ! have cc && ! have gcc && ! have clang; then
    if can_install; then
        apt_install build-essential
    else
        say "No C compiler here: install gcc or clang (Debian, Ubuntu: apt-get install build-essential)."
        missing=1
    fi
fi

if ! have_postgres; then
    if [ -n "${PG_BIN:-}" ]; then
        say "PG_BIN is $PG_BIN, where no PostgreSQL server of version $oldest or newer is: correct or unset it."
        missing=1
    elif can_install; then
        install_postgres
        if ! have_postgres; then
            say "The distribution's PostgreSQL is older than $oldest: see https://www.postgresql.org/download/linux/"
            missing=1
        fi
    else
        say "No PostgreSQL server, $oldest or newer, here: install its package (Debian, Ubuntu: apt-get install" \
            "postgresql; there is no need to set up or start anything), or name the directory of its initdb and" \
            "postgres in PG_BIN."
        missing=1
    fi
fi

if [ "${1:-}" = tests ]; then
    # Each program, and the package of Debian and Ubuntu that has it.
    for needed in prometheus:prometheus promtool:prometheus systemd-analyze:systemd python3:python3; do
        if ! have "${needed%:*}"; then
            say "No ${needed%:*} here: apt-get install ${needed#*:}"
            missing=1
        fi
    done
fi

exit "$missing"
