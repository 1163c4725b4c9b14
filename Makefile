# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test test-all test-sdk check bench clean

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/pyvenv.cfg setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.local: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[local]'
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

demo: $(VENV)/.local
	bash demo.sh $(abspath $(BIN)/python)

test: $(VENV)/.tested
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not sdk and not slow'

test-all: $(VENV)/.tested
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not sdk'

check: $(VENV)/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m sfn_dsl build --check
	$(BIN)/python -m sfn_dsl check --warn-error -q

# The SDK's pins hold back setuptools and more, so it has an environment of its own.
.venv-sdk/.installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv-sdk
	.venv-sdk/bin/python -m pip install --quiet --disable-pip-version-check -e '.[sdk]' pytest pytest-xdist jsonata-python
	@touch $@

test-sdk: .venv-sdk/.installed
	.venv-sdk/bin/python -m pytest -n auto -m sdk tests/sdk

bench: $(VENV)/.tested
	$(BIN)/python bench/speed.py
	$(BIN)/python bench/simulate_speed.py

clean:
	rm -rf $(VENV) .venv-sdk target *.egg-info
