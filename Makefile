# What there is to do here. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO_DIR := tests/interop/go
# For `make benchmark ARGS='…'`.
ARGS ?=

.PHONY: help run test benchmark lint fmt docs docs-tables clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## builds the CLI and shows two peers, a C peer and a Go peer exchanging messages
	@GLUEBERRY_WITHOUT_GO=1 scripts/install-deps
	@python3 scripts/demo

test: ## everything that is tested, in Rust and in Go
	@scripts/test

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

docs-tables: ## writes docs/errors.md and the limits in SECURITY.md, from the tables in the code
	GLUEBERRY_WRITE_DOCS=1 cargo test --package glueberry-examples --test documents the_table

clean: ## removes what was built
	cargo clean
