# What there is to do here. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO_DIR := tests/interop/go
# For `make benchmark ARGS='…'`.
ARGS ?=
# For `make install`.
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
PROFILE ?= release
INSTALL_LIBRARY = PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' DESTDIR='$(DESTDIR)' PROFILE='$(PROFILE)' \
	scripts/install-library

.PHONY: help run test install uninstall benchmark lint fmt docs docs-tables header vocabulary clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## builds the CLI and shows two peers, a C peer and a Go peer exchanging messages
	@scripts/install-deps run
	@python3 scripts/demo

test: ## everything that is tested, in Rust, C, C++ and Go
	@scripts/test

install: ## libglueberry for C and C++, into PREFIX; also DESTDIR, LIBDIR, PROFILE=dev
	@$(INSTALL_LIBRARY) install

uninstall: ## removes what `make install` with the same PREFIX, LIBDIR and DESTDIR put there
	@$(INSTALL_LIBRARY) uninstall

benchmark: ## throughput, latency and connection time, as JSON lines (release build)
	cargo run --release --package glueberry-benches -- $(ARGS)

lint: ## formatting, lints, licences and duplicate dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@scripts/check-go $(GO_DIR)
	@scripts/check-deps

fmt: ## formats Rust and Go
	cargo fmt --all
	@if command -v gofmt >/dev/null; then gofmt -w $(GO_DIR); else echo "no Go here: its files stay as they are"; fi

docs: ## the Rust reference, in target/doc; a broken link fails
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

header: ## writes include/glueberry.h, from the code of glueberry-ffi
	GLUEBERRY_WRITE_HEADER=1 cargo test --package glueberry-ffi --test header the_header_is

vocabulary: ## writes the words of Python and TypeScript, from the tables in the code
	GLUEBERRY_WRITE_VOCABULARY=1 cargo test --package glueberry-tests --test vocabulary

docs-tables: ## writes docs/errors.md and the limits in SECURITY.md, from the tables in the code
	GLUEBERRY_WRITE_DOCS=1 cargo test --package glueberry-examples --test documents the_table

clean: ## removes what was built
	cargo clean
