# Everything one does here, by name. CI runs these same commands.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
ARGS ?=
MINUTES ?= 10
# Touched when .venv holds what uv.lock says; newer than all of these: nothing to install.
STAMP := .venv/.synced
PROJECTS := $(wildcard pyproject.toml uv.lock .ci/setup libs/*/pyproject.toml services/*/pyproject.toml tests/*/pyproject.toml)

help: ## List every command
	@echo "usage: make <command>"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(STAMP) ## Start the engine and a demo on this machine (make run ARGS=--reset starts over)
	@exec $(BIN)/workflow-cli dev --demo $(ARGS)

test: $(STAMP) ## Run all tests with coverage, reports in build/ (one folder: make test ARGS=tests/wfcli)
	@mkdir -p build && rm -f build/.coverage*
	$(BIN)/python -m pytest --cov --cov-config=.ci/coverage.ini --cov-report=term:skip-covered --cov-report=xml:build/coverage.xml \
		--junitxml=build/junit.xml $(if $(ARGS),$(ARGS),--cov-fail-under=90)

check: $(STAMP) check-proto ## Check format, lint, types, import directions and the contracts in proto/
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(STAMP) ## Format, and repair what the linter can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## Measure the engine against the same work written by hand
	$(BIN)/python -m loadtests.bench $(ARGS)

fuzz: $(STAMP) ## Look for accepted workflows that fail, with random ones (make fuzz MINUTES=10)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(ARGS)

mutate: MINUTES = 20
mutate: $(STAMP) ## Put faults into the core and see whether its tests notice (make mutate MINUTES=60 ARGS='run --seed 2')
	$(BIN)/python -m tests.mutation --minutes $(MINUTES) $(ARGS)

proto: $(STAMP) ## Write the contracts in proto/ from the messages
	$(BIN)/python -m wfservice.contracts

check-proto: $(STAMP) ## Fail when proto/ is not what the messages say
	$(BIN)/python -m wfservice.contracts --check

build: $(STAMP) ## Build the packages into build/dist
	$(or $(shell command -v uv),.uv/bin/uv) build --all-packages --out-dir build/dist

setup: $(STAMP) ## Install everything into .venv (the other commands do it by themselves)
	@echo "installed in .venv"

hooks: $(STAMP) ## Check format and lint at each git commit
	$(BIN)/pre-commit install

clean: ## Remove all that was installed and built; the data in .workflow stays
	rm -rf .venv .uv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find libs services tests loadtests -name __pycache__ -prune -exec rm -rf {} +

$(STAMP): $(PROJECTS)
	@.ci/setup
	@touch $@

.PHONY: help run test check fix bench fuzz mutate proto check-proto build setup hooks clean
