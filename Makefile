# Thin fronts to cargo. `make demo` is the place to begin.

CARGO ?= cargo
# Where rustup puts cargo, which a shell that was open before does not know yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

.PHONY: help demo run test lint check deps

help: ## list these
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

demo: deps ## a small news world on this machine and the daemon at work on it; ARGS=--once to stop after
	$(CARGO) run -- demo $(ARGS)

run: deps ## the daemon itself, with the settings and feeds of config/
	$(CARGO) run --release -- run $(ARGS)

test: deps ## all tests
	$(CARGO) test

lint: ## format, clippy, documentation
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items

check: lint test ## what has to pass before a change goes in

deps: ## what a fresh Debian or Ubuntu lacks: PostgreSQL's programs, a C compiler
	@tools/ensure-deps.sh
