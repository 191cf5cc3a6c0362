# `make run` and `make test` do all set-up on a fresh machine (Python 3.11 or newer; Debian's chromium for the browser test).
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
IN_TWO := OMP_NUM_THREADS=1 OPENCV_FOR_THREADS_NUM=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

.PHONY: help system setup run demo test test-long check bench mutants clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: system $(READY) ## .venv with selfsame, its tools and its model files
	@$(BIN)/python -m models.fetch

system:
	@tools/debian.sh

$(READY): pyproject.toml requirements.lock requirements-dev.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	@echo "Setting up, the first time only: Python packages into .venv. This takes some minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --requirement requirements.lock --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(READY)

run: setup ## set up and open the studio
	@echo "Opening the studio in your browser; it stays on this computer."
	@$(BIN)/selfsame studio

demo: setup ## the whole flow with a synthetic person, into demo-out/
	$(BIN)/selfsame demo --out demo-out

test: setup ## the tests, offline; under ten minutes on two cores
	@tools/debian.sh test
	$(IN_TWO) -m "not browser and not long"
	$(BIN)/python -m pytest -m "browser and not long"

test-long: setup ## the rest: many checks, films, trainings and pages, and what of consent/ is run by its tests
	@tools/debian.sh test
	$(IN_TWO) -m "not browser" --cov=consent --cov-report=term:skip-covered tests/consent
	$(IN_TWO) -m "long and not browser" --ignore=tests/consent
	$(BIN)/python -m pytest -m "browser and long"

check: setup ## lint, format, types, import order
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## measurements, with synthetic people
	$(BIN)/selfsame bench all

mutants: setup ## how many small changes to consent/ the tests find; some forty minutes, and needs the network once
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --target .mutmut mutmut==3.8.1
	rm -rf mutants
	mkdir mutants
	OMP_NUM_THREADS=1 OPENCV_FOR_THREADS_NUM=1 PYTHONPATH=$(CURDIR)/mutants:$(CURDIR)/.mutmut \
	  $(BIN)/python -m mutmut run --max-children 1
	$(BIN)/python -m tests.mutants

clean: ## remove what was set up or made
	rm -rf .venv .mutmut mutants demo-out build dist *.egg-info
