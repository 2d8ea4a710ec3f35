# One command each: `make demo` renders the demo reports, `make test` passes the tests.
PYTHON ?= python3
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lab check calibrate lint types lock dictionary clean

help:  ## list the tasks
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: .venv/.ready  ## make .venv with exactly the locked packages

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "smsroi needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	@awk '/^[a-z]/ {keep = /^uv==/} keep' requirements.lock > .venv/uv.lock
	-@$(BIN)/python -m pip install --quiet --require-hashes -r .venv/uv.lock
	@# uv is fast; where it cannot reach the index that pip is configured for, pip does the same work.
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock || \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation -e . || \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## simulate a small shop and render all its reports
	@$(BIN)/smsroi demo --store data/demo
	@$(BIN)/smsroi report --all --jobs 2 --store data/demo --reports reports

test: setup  ## run the tests
	@$(BIN)/python -m pytest -q -n auto

lab: setup  ## open JupyterLab on the notebooks
	@$(BIN)/smsroi lab

check: lint types test  ## lint, types and tests

lint: setup  ## check style and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup  ## check types
	@$(BIN)/mypy

calibrate: setup  ## the long calibration runs: coverage of every interval
	@$(BIN)/python -m pytest -q -n auto -m slow

dictionary: setup  ## write data/README.md from the schemas, notebooks/README.md from the notebooks
	@$(BIN)/python -m smsroi_models.store.dictionary > data/README.md
	@$(BIN)/python -m smsroi_models.report.notebook_list > notebooks/README.md

lock: setup  ## resolve the dependencies anew into requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
	  --group dev pyproject.toml -o requirements.lock

clean:  ## remove the environment, caches, demo data and reports
	rm -rf .venv .cache data/demo reports/*
