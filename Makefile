# What people and CI call. scripts/demo and scripts/test are the same as `make demo` and `make test`, for machines without make.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.cache/tools:$(PATH)

.PHONY: help setup demo test soak bench-once fmt lint doc deny advisories helm figures ci

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## what the tests need, system packages included (says what and why)
	scripts/setup test

demo: ## a conversation through every stage, on an embedded broker
	scripts/demo

test: ## every test, on a real Kafka started for the run (or on KAFKA_BOOTSTRAP_SERVERS with SCHEMA_REGISTRY_URL)
	scripts/test

soak: ## workers killed, frozen and cut off under load for a quarter of an hour; scripts/soak takes --seconds, --kills, --seed
	scripts/soak

bench-once: ## every bench runs once, untimed: it must not rot
	cargo test --locked --benches

figures: ## docs/performance.md: a release build measured on a real Kafka beside its baselines (12 minutes)
	scripts/setup test
	FIGURES=1 cargo bench --locked --bench figures

fmt: ## formatting, checked
	cargo fmt --check

lint: ## clippy, warnings are errors
	cargo clippy --locked --all-targets -- -D warnings

doc: ## documentation, warnings are errors
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

deny: ## licences, bans and sources of every dependency
	cargo deny --locked check bans licenses sources

advisories: ## known vulnerabilities; says so plainly when their database cannot be reached
	scripts/advisories

helm: ## the chart: lint and render
	scripts/chart

ci: ## all of it, as CI runs it
	.ci/run
