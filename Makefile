# Needs Python 3.11 or newer and make, nothing else. `make` alone lists what there is.

PYTHON := $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name))))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run demo test test-privacy test-web screenshots check lint types layers bench catalogues lock clean

help:
	@echo "make run     one instance on http://localhost:8000, its data in ./var"
	@echo "make demo    the guided tour: two servers that talk to each other"
	@echo "make test    every test, on SQLite and on PostgreSQL"
	@echo "make test-privacy  that what is hidden cannot be told from what does not exist"
	@echo "make test-web    the tests in a real browser alone (needs chromium)"
	@echo "make screenshots  pictures of every kind of page, in build/screenshots"
	@echo "make check   style, types, layers, tests"
	@echo "make bench   the measured limits"
	@echo "make catalogues  what the pages say in other languages: adds what is new"
	@echo "make lock    choose the versions of all packages anew"

# One stamp: as long as the project file and the lock do not change, this costs nothing.
$(READY): pyproject.toml requirements-dev.lock scripts/prepare.py
	@test -n "$(PYTHON)" || { echo "USI Fed needs Python 3.11 or newer; on Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) scripts/prepare.py $(VENV)

run: $(READY)
	@exec $(BIN)/usi-fed serve $(if $(PORT),--port $(PORT))

demo: $(READY)
	@exec $(BIN)/python -m demo

test: $(READY)
	@$(BIN)/python scripts/run_tests.py

test-privacy: $(READY)
	@$(BIN)/python -m pytest -q tests/privacy

test-web: $(READY)
	@$(BIN)/python -m pytest -q tests/web

screenshots: $(READY)
	@exec $(BIN)/python -m demo.screenshots

check: lint types layers
	@$(BIN)/python scripts/run_tests.py --unless-passed

lint: $(READY)
	@echo "Style ..."
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

types: $(READY)
	@echo "Types ..."
	@$(BIN)/mypy

layers: $(READY)
	@echo "Layers ..."
	@$(BIN)/lint-imports

bench: $(READY)
	@exec $(BIN)/python -m bench

catalogues: $(READY)
	@$(BIN)/python -m scripts.catalogues

lock:
	@$(PYTHON) scripts/lock.py

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
