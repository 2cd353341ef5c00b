# What there is to do here. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO_DIR := tests/interop/go
# For `make benchmark ARGS='…'`, and for `make conformance` and `make packages`.
ARGS ?=
# For `make install`.
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
PROFILE ?= release
INSTALL_LIBRARY = PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' DESTDIR='$(DESTDIR)' PROFILE='$(PROFILE)' \
	scripts/install-library

.PHONY: help run test conformance packages install uninstall benchmark lint fmt docs docs-tables header vocabulary clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## builds everything and shows peers in all languages exchanging messages
	@scripts/install-deps run
	@python3 scripts/demo

test: ## everything that is tested, in all languages
	@scripts/test

install: ## libglueberry for C and C++, into PREFIX; also DESTDIR, LIBDIR, PROFILE=dev
	@$(INSTALL_LIBRARY) install

uninstall: ## removes what `make install` with the same PREFIX, LIBDIR and DESTDIR put there
	@$(INSTALL_LIBRARY) uninstall

benchmark: ## throughput, latency and connection time, as JSON lines (release build)
	cargo run --release --package glueberry-benches -- $(ARGS)

conformance: ## every pair of languages goes through one scenario; prints the matrix
	@tests/conformance/run $(ARGS)

packages: ## wheels, npm packages, a jar and a Swift package, in dist/; ARGS='--for x86_64-gnu' for one machine
	@scripts/packages $(ARGS)

lint: ## formatting, lints, licences and duplicate dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@scripts/check-go $(GO_DIR)
	@scripts/check-deps

fmt: ## formats Rust, Go, and TypeScript where its tools were installed by a test
	cargo fmt --all
	@if [ -d bindings/node/node_modules ]; then npm --prefix bindings/node run --silent format; fi
	@if command -v gofmt >/dev/null; then gofmt -w $(GO_DIR); else echo "no Go here: its files stay as they are"; fi

docs: ## the Rust reference, in target/doc; a broken link fails
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

header: ## writes include/glueberry.h, from the code of glueberry-ffi
	GLUEBERRY_WRITE_HEADER=1 cargo test --package glueberry-ffi --test header the_header_is

vocabulary: ## writes the words of the other languages, from the tables in the code
	GLUEBERRY_WRITE_VOCABULARY=1 cargo test --package glueberry-tests --test vocabulary

docs-tables: ## writes docs/errors.md and the limits in SECURITY.md, from the tables in the code
	GLUEBERRY_WRITE_DOCS=1 cargo test --package glueberry-examples --test documents the_table

clean: ## removes what was built
	cargo clean
