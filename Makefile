# Everything runs in .venv; `make demo` is all that a fresh machine needs (Python 3.10 or later).
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
PHOTO := gallery/photos/horse.jpg
RUN := horse-series
GALLERY_PHOTOS := $(sort $(wildcard gallery/photos/*.jpg gallery/photos/*.png))

HAS_CAIRO := $(PYTHON) -c 'import ctypes, ctypes.util; ctypes.util.find_library("cairo") or ctypes.CDLL("libcairo.so.2")' 2>/dev/null

SITES := 'import sysconfig; print(*dict.fromkeys(map(sysconfig.get_path, ("purelib", "platlib"))), sep="\n")'

.PHONY: help setup libraries demo gallery docs test heavy check release bench clean

help: ## show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(STAMP) ## set up .venv with the program and all that it needs

# A torch that $(PYTHON) already has is used, not replaced: through the system's packages, or by a path file where $(PYTHON) lives in
# a virtual environment of its own.
$(STAMP): pyproject.toml
	@$(MAKE) --no-print-directory libraries
	@if $(PYTHON) -c 'import torch' 2>/dev/null; then \
	  echo 'using the torch that $(PYTHON) has'; \
	  $(PYTHON) -m venv --clear --system-site-packages $(VENV); \
	  $(BIN)/python -c 'import torch' 2>/dev/null || \
	    $(PYTHON) -c $(SITES) > "$$($(BIN)/python -c $(SITES) | head -n 1)/torch-of-the-other-python.pth"; \
	else \
	  $(PYTHON) -m venv --clear $(VENV); \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,dev]'
	@touch $@

# The one thing that pip cannot bring: installed where that asks nobody for a password, else named.
libraries:
	@$(HAS_CAIRO) && exit 0; \
	as_root=; [ "$$(id -u)" = 0 ] || as_root='sudo -n'; \
	if command -v apt-get >/dev/null && $$as_root true 2>/dev/null; then \
	  $$as_root apt-get update -qq </dev/null && \
	  $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libcairo2 </dev/null; \
	else \
	  install='your package manager (libcairo 2)'; \
	  ! command -v brew >/dev/null || install='brew install cairo'; \
	  ! command -v dnf >/dev/null || install='sudo dnf install cairo'; \
	  ! command -v apt-get >/dev/null || install='sudo apt-get install -y libcairo2'; \
	  echo "the cairo library is missing; install it with: $$install" >&2; exit 1; \
	fi

demo: $(STAMP) ## draw the horse with the embedded encoder into horse-series/
	$(BIN)/picasso-series $(PHOTO) --encoder structure --out $(RUN)
	@echo "now open $(RUN)/index.html"

gallery: $(STAMP) ## draw every photo of gallery/photos and build the site in gallery/
	@for photo in $(GALLERY_PHOTOS); do \
	  name="$$(basename "$${photo%.*}")"; echo "drawing the $$name"; \
	  $(BIN)/picasso-series "$$photo" --encoder structure --size 480x480 --formats mp4 --force --quiet --out "build/gallery/$$name" || exit; \
	done
	$(BIN)/picasso-series film build/gallery/horse --kind series --formats gif --size 400x400 --quiet
	$(BIN)/picasso-series gallery $(foreach photo,$(GALLERY_PHOTOS),build/gallery/$(basename $(notdir $(photo)))) --out gallery \
	  --credit "Photos: Tux Paint's stamps, GNU General Public License 2." --quiet

docs: $(STAMP) ## write the help pages of all commands into docs/commands.md
	$(BIN)/python -m tools.help_pages

# As many processes as there are cores, of one thread each: small tensors gain nothing by more threads.
TEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test: $(STAMP) ## run all tests but those that take long
	$(TEST)

heavy: $(STAMP) ## run the tests that take long
	$(TEST) -m heavy

check: $(STAMP) ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

release: $(STAMP) ## build dist/*.whl and *.tar.gz, install the wheel in a clean environment and run it there
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/python -m pytest -m release tests/test_release.py

bench: $(STAMP) ## time drawing strokes and looking with CLIP on this machine
	$(BIN)/picasso-series bench raster
	$(BIN)/picasso-series bench clip

clean: ## remove .venv, caches and the demo's run
	rm -rf $(VENV) $(RUN) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
