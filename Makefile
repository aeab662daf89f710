# Each target makes .venv itself when it is missing, and is quick when it is there.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

.PHONY: help install demo test check live conformance test-az clean

help:
	@echo "make install   make .venv with azjobs and everything that its development needs"
	@echo "make demo      ten virtual machines at once, as jobs, on an embedded Azure"
	@echo "make test      the whole test suite (WORKERS=2 processes)"
	@echo "make check     lint, format, types, import rules"
	@echo "make test-az   the real az command line against the emulator (installs azure-cli in the cache folder once)"
	@echo "make conformance   holds the emulator against recordings of the real Azure (RECORDINGS=DIR: your own)"
	@echo "make live      a smoke test on a real subscription (AZURE_* variables); LIVE=emulator runs it here"

install: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "azjobs needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/azjobs demo

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform darwin src
	$(BIN)/mypy --platform win32 src
	$(BIN)/pyright
	$(BIN)/lint-imports

live: $(STAMP)
	LIVE=$(or $(LIVE),azure) $(BIN)/python -m pytest -p no:cacheprovider live/test_live.py -v -s --timeout 3600

# azure-cli weighs 700 MB: it gets an environment of its own in the user's cache folder, made once.
test-az: $(STAMP)
	$(BIN)/python -m pytest tests_az -n $(WORKERS) --timeout 180 $(PYTEST_ARGS)

conformance: $(STAMP)
	$(BIN)/python -m conformance $(if $(RECORDINGS),--recordings $(RECORDINGS),--floor conformance/floor.json)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
