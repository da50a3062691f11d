# Each target alone sets up what it needs: a virtual environment from constraints.txt.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow torture torture-quick bench bench-small check fix clean

demo: $(VENV)/.demo
	$(BIN)/langalign demo --out out/demo

# One thread for each worker: two pools of threads on two cores wait for each other.
test: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=90

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m slow

torture: $(VENV)/.dev
	$(BIN)/python -m tests.torture

torture-quick: $(VENV)/.dev
	$(BIN)/python -m tests.torture --quick

bench-small: $(VENV)/.bench
	$(BIN)/python -m benchmarks.run --small

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks.run
	$(BIN)/python -m benchmarks.quality --results out/bench/quality

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	mkdir -p build/typing && ln -sfn ../../cli build/typing/langalign_cli
	MYPYPATH=build/typing $(BIN)/mypy -p langalign -p langalign_cli
	$(BIN)/pydoclint -q langalign cli
	$(BIN)/lint-imports
	$(BIN)/python -m benchmarks.readme --check

fix: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade -c constraints.txt pip

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[cpu]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@ $(VENV)/.demo

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet -c constraints.txt langchain-classic==1.0.8
	$(BIN)/python -m pip install --quiet --no-deps isotrieve==0.4.0
	touch $@

clean:
	rm -rf build dist out .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
