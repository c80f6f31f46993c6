# Everything a person or CI does with Stride. Each target sets up what it needs.
# TORCH_INDEX chooses another index for torch: make run TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
TEST_STAMP := $(VENV)/.ready-for-tests
MAKEFLAGS += --no-print-directory
# A process a core, each with whole files, whose tests share what takes long to start. More would want much memory.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile

.PHONY: setup run test test-long test-cuda bench bench-group lint format verify docs clean

setup: $(STAMP)

$(STAMP): pyproject.toml deploy/constraints.txt deploy/setup.sh
	@PYTHON="$(PYTHON)" TORCH_INDEX="$(TORCH_INDEX)" sh deploy/setup.sh run

$(TEST_STAMP): $(STAMP)
	@PYTHON="$(PYTHON)" TORCH_INDEX="$(TORCH_INDEX)" sh deploy/setup.sh test

run: $(STAMP)
	@$(BIN)/stride run

test: $(TEST_STAMP)
	@$(BIN)/python -m pytest -m "not long" $(SIDE_BY_SIDE) $(ARGS)

test-long: $(TEST_STAMP)
	@$(BIN)/python -m pytest -m "long" $(SIDE_BY_SIDE) $(ARGS)

test-cuda: $(TEST_STAMP)
	@$(BIN)/python -m pytest -m "cuda" $(ARGS)

bench: $(TEST_STAMP)
	@$(BIN)/python -m tests.bench $(ARGS)

# The first run loads ten million events into SQLite and into PostgreSQL, which takes minutes and 15 GB; they stay in
# STRIDE_BENCH_DIR, or the system's folder for what is temporary.
bench-group: $(TEST_STAMP)
	@$(BIN)/python -m tests.bench group page

lint: $(TEST_STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/yamllint -s -d "{extends: default, rules: {line-length: {max: 120}}}" deploy
	@$(BIN)/hadolint deploy/bot.Dockerfile deploy/worker.Dockerfile

format: $(TEST_STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

verify: $(STAMP)
	@$(BIN)/stride verify

docs: $(STAMP)
	@$(BIN)/python -m bot.docs

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
