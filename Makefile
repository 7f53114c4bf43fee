# What changes files (`fix`, `schema`) and what verifies (`check`, `test`) are never one command.
.POSIX:
.PHONY: demo test check fix schema web conformance bench setup-web setup-browser

CONFORMANCE ?= ../shared
LISTEN ?= 127.0.0.1:8080
DATA ?= demo-data
WEB_SOURCES := $(shell find web-demo -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/generated/*' 2>/dev/null)

# Sets up, builds and runs the whole product on SQLite with sample people and processes.
demo: web-demo/dist/index.html
	cargo build --workspace --locked
	target/debug/docket demo --data $(DATA) --listen $(LISTEN)

# Sets up what the tests need and passes every one of them.
test: web-demo/dist/index.html setup-browser
	cargo build --workspace --locked
	cargo test --workspace --locked
	cd web-demo && npm run --silent test

# Reads only: format, lints, the schema, the generated code, the layers and the dependencies.
check: web-demo/dist/index.html
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	sh tests/check-layers.sh
	cargo run --quiet --locked -p docket-api --bin docket -- schema | diff -u schema.graphql -
	cd web-demo && npm run --silent check

# Writes: format, schema, generated code.
fix: schema
	cargo fmt --all
	cd web-demo && npm run --silent codegen

schema: setup-web
	cargo build --workspace --locked
	target/debug/docket schema > schema.graphql

# The outside suites, read from a folder that is not part of the product.
conformance:
	cargo build --workspace --locked
	target/debug/conformance --folder $(CONFORMANCE)

# Side by side in one run; prints figures and ratios.
bench:
	cargo build --release --workspace --locked
	cargo bench --workspace --locked --bench figures

web: web-demo/dist/index.html

web-demo/node_modules/.package-lock.json: web-demo/package.json web-demo/package-lock.json
	cd web-demo && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

setup-web: web-demo/node_modules/.package-lock.json

web-demo/dist/index.html: web-demo/node_modules/.package-lock.json schema.graphql $(WEB_SOURCES)
	cd web-demo && npm run --silent build
	touch $@

setup-browser:
	@command -v chromium >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }
