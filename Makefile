# make demo | test | lint | weights | bench | clean
# Needs Python 3.10 or newer with venv (Debian: apt install python3 python3-venv make); the rest goes into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# the first Python that can make a virtual environment with pip in it
PYTHON ?= $(shell for name in python3 python3.12 python3.13 python3.11 python3.10; do \
	if $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; \
	then echo $$name; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT := out/demo

.PHONY: demo test lint weights bench setup clean

demo: setup
	@$(BIN)/python -m commands demo --out $(OUT)

# side by side in as many processes as there are processors; each takes a gigabyte or two
test: setup lint
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# trains all stages on the embedded corpora; goes on where it was stopped
weights: setup
	$(BIN)/python -m commands weights

# how fast all parts are here, beside this machine's limits (some twelve minutes, nothing else running):
# make bench BENCH="--checkouts MakeItTalk tacotron2 --scratch out/bench --markdown docs/PERFORMANCE.md"
bench: setup
	$(BIN)/python -m benchmarks.bench $(BENCH)

setup: $(READY)

$(READY): setup.cfg pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "no Python 3.10 or newer with venv and pip: install python3 and python3-venv," \
		"or name one with make PYTHON=/path/to/python3" >&2; exit 1; fi
	@if [ ! -x $(BIN)/python ]; then echo "making $(VENV) with $(PYTHON)"; $(PYTHON) -m venv $(VENV); fi
	@echo "installing what setup.cfg names into $(VENV) (some minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@# face-alignment brings OpenCV's desktop wheel, which needs system libraries that servers lack
	@if ! $(BIN)/python -c 'import cv2' 2>/dev/null; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps opencv-python-headless; fi
	@# bytecode, where an environment keeps Python from writing it at the first run
	@$(BIN)/python -m compileall -q anyonenet commands datamodules evaluation lightning_modules sweeps
	@touch $@

clean:
	rm -rf $(VENV) build out *.egg-info .mypy_cache .ruff_cache .pytest_cache
