# Thin fronts to cargo. `make demo` is the place to begin.

CARGO ?= cargo
# Where rustup puts cargo, which a shell that was open before does not know yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

# Tests wait for sockets and for Postgres most of the time, and so more of them run at once than there are cores.
export RUST_TEST_THREADS ?= $(shell expr 3 \* $$(getconf _NPROCESSORS_ONLN))

.PHONY: help demo run test test-all test-random test-console lint check deps package test-package

help: ## list these
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 19

demo: deps ## a small news world on this machine and the daemon at work on it; ARGS=--once to stop after
	$(CARGO) run -- demo $(ARGS)

run: deps ## the daemon itself, with the settings and feeds of config/
	$(CARGO) run --release -- run $(ARGS)

test: deps ## all tests that need nothing but this machine
	$(CARGO) test --workspace

test-all: deps ## those too that need root, systemd, Prometheus, PyPI, npm and the corpora: WIRESIFT_CORPORA=DIR
	@tools/ensure-deps.sh tests
	@test -n "$(WIRESIFT_CORPORA)" || { echo "set WIRESIFT_CORPORA to the folder of the corpora" >&2; exit 2; }
	WIRESIFT_CORPORA="$(abspath $(WIRESIFT_CORPORA))" $(CARGO) test --workspace -- --include-ignored --skip newer_server
	tests/postgres-versions.sh
	tests/upgrade-database.sh
	tests/consumers.sh || test $$? -eq 77
	tests/console.sh || test $$? -eq 77

test-random: deps ## the tests with random input, with more of it; CASES=1000 GAMES=50
	PROPTEST_CASES=$(or $(CASES),1000) $(CARGO) test --workspace --lib
	WIRESIFT_TEST_GAMES=$(or $(GAMES),50) $(CARGO) test --test it -- dedupe_model writers_at_random

test-console: deps ## the console in a browser, over the demo, with pictures in target/console
	@tests/console.sh $(ARGS)

package: deps ## the Debian and the RPM package, in target/packages
	@tools/package.sh

test-package: package ## boots minimal Debian systems with the package, as root; SUITES="bookworm trixie"
	@tests/package.sh $(or $(SUITES),bookworm trixie)

lint: ## format, clippy, documentation
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --document-private-items

check: lint test ## what has to pass before a change goes in

deps: ## what a fresh Debian or Ubuntu lacks: PostgreSQL's programs, a C compiler
	@tools/ensure-deps.sh
