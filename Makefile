# Everything runs in .venv; `make demo` is all that a fresh machine needs (Python 3.10 or later).
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
PHOTO := gallery/photos/horse.jpg
RUN := horse-series

.PHONY: help setup demo test check bench clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(STAMP) ## set up .venv with the program and everything it needs

# A torch that this Python already has is used, not downloaded again.
$(STAMP): pyproject.toml scripts/system-libraries.sh
	@bash scripts/system-libraries.sh
	@if $(PYTHON) -c 'import torch' 2>/dev/null; then \
	  echo "using the torch that $(PYTHON) has"; $(PYTHON) -m venv --clear --system-site-packages $(VENV); \
	else $(PYTHON) -m venv --clear $(VENV); fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,dev]'
	@touch $@

demo: $(STAMP) ## draw the horse with the embedded encoder into horse-series/
	$(BIN)/picasso-series $(PHOTO) --encoder structure --out $(RUN)
	@echo "open $(RUN)/index.html"

test: $(STAMP) ## run all tests
	$(BIN)/python -m pytest

check: $(STAMP) ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP) ## time drawing strokes on this machine
	$(BIN)/picasso-series bench raster

clean: ## remove .venv, caches and the demo's run
	rm -rf $(VENV) $(RUN) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
