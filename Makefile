# Tianguis. `make help` lists what there is.
PORT ?= 5000
DATA ?= $(or $(TIANGUIS_DATA),data)
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run test test-fast bench drills check format lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Open a demonstration market (PORT=5000 DATA=data)
	$(BIN)/tianguis run --port $(PORT) --data $(DATA)

test: $(VENV)/.dev ## Everything that must be green: checks, tests on SQLite and PostgreSQL, browser journeys, short drills
	@$(BIN)/python -m tests.everything

test-fast: $(VENV)/.dev ## Unit tests on SQLite only
	$(BIN)/python -m pytest -q -m "not web"

bench: $(VENV)/.dev ## Full benchmarks, as ratios in one run (long)
	@$(BIN)/python -m tests.benchmarks

drills: $(VENV)/.dev ## Full drills: faults, races, hostile files (long)
	@$(BIN)/python -m tests.drills

check: $(VENV)/.dev ## Style, types, contracts, templates, translations
	@$(BIN)/python -m tests.everything --checks

format: $(VENV)/.dev ## Put the code into the house's shape
	$(BIN)/ruff format marketplace certification tests
	$(BIN)/ruff check --fix marketplace certification tests

lock: ## Write the lock files anew from pyproject.toml (needs uv)
	uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements-dev.lock

clean: ## Remove what was installed and measured here; data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

ifdef UV
MAKE_VENV = uv venv --quiet --allow-existing $(VENV)
INSTALL = uv pip install --quiet --python $(VENV)
else
MAKE_VENV = python3 -m venv $(VENV)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

$(VENV)/.run: requirements.lock pyproject.toml
	$(MAKE_VENV)
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	$(MAKE_VENV)
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(INSTALL) --no-deps --editable .
	@touch $@ $(VENV)/.run
