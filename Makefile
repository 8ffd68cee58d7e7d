.DEFAULT_GOAL := help
.PHONY: help demo scale polling test local check check-code check-templates check-machines build deploy delete clean

ARCHITECTURE := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
SOURCES := template.yaml Cargo.toml Cargo.lock $(shell find src statemachine -type f)
CHECK := .venv-check

# What the tools cache, they cache here.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_CACHE_DIR := $(CURDIR)/target/cache/pip
export XDG_CACHE_HOME := $(CURDIR)/target/cache
export ZIG_GLOBAL_CACHE_DIR := $(CURDIR)/target/cache/zig
export __SAM_CLI_APP_DIR := $(CURDIR)/target/cache/sam
export SAM_CLI_TELEMETRY := 0

# A demo and a test that run side by side share one build.
ONE_AT_A_TIME := mkdir -p target/cache/sam && flock target/make.lock $(MAKE) --silent

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run Catalog Copy on this machine: copies, an event, a failure
	@$(ONE_AT_A_TIME) --jobs 2 .aws-sam/local/template.yaml local
	@target/debug/catalog-copy-local

scale: ## Copy 20 products to 50 targets in one batch, and count
	@$(ONE_AT_A_TIME) --jobs 2 .aws-sam/local/template.yaml local
	@target/debug/scale

polling: ## Compare our wait between polls with others: a table, and docs/polling.svg
	@cargo run --locked --quiet --package catalog-copy-local --bin polling docs/polling.svg

test: ## Run all tests on this machine, without an AWS account
	@$(ONE_AT_A_TIME) .aws-sam/local/template.yaml
	cargo test --locked --workspace

local:
	cargo build --locked --quiet --package catalog-copy-local

check: check-code check-templates check-machines test ## Run all that a change must pass

check-code: ## Check format and lints
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings

check-templates: $(CHECK)/installed ## Lint the templates, as written and as SAM translates them
	$(CHECK)/bin/sam validate --lint
	$(CHECK)/bin/python local/translate.py template.yaml > $(CHECK)/translated.yaml
	$(CHECK)/bin/cfn-lint
	$(CHECK)/bin/cfn-lint -- $(CHECK)/translated.yaml

check-machines: $(CHECK)/installed ## Validate the state machines, with values for their substitutions
	set -e; for machine in statemachine/*.asl.json; do \
	  sed 's/$${Partition}/aws/g; s/$${[A-Za-z]*}/1/g' $$machine > $(CHECK)/$${machine##*/}; \
	  $(CHECK)/bin/node $(CHECK)/node_modules/.bin/asl-validator --json-path $(CHECK)/$${machine##*/}; done

build: .venv/installed ## Build the functions for AWS
	sam build

deploy: build ## Deploy to your AWS account, asking for each parameter
	sam deploy --guided

delete: ## Delete the stack from your AWS account
	sam delete

clean: ## Delete all that was made here
	rm -rf target .aws-sam .venv $(CHECK)

# Link-time optimization is for AWS: it takes a minute a function and changes nothing that is seen here.
.aws-sam/local/template.yaml: export CARGO_PROFILE_RELEASE_LTO := off
.aws-sam/local/template.yaml: export CARGO_PROFILE_RELEASE_CODEGEN_UNITS := 16
.aws-sam/local/template.yaml: $(SOURCES) .venv/installed
	sam build --build-dir .aws-sam/local --parameter-overrides Architecture=$(ARCHITECTURE)

.venv/installed: local/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

$(CHECK)/installed: local/requirements-check.txt
	python3 -m venv $(CHECK)
	$(CHECK)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	$(CHECK)/bin/npm install --loglevel error --no-audit --no-fund --cache target/cache/npm --prefix $(CHECK) asl-validator@4.0.0
	touch $@
