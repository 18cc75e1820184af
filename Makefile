# make install | test | check | demo | bench NAME=... | simulate: each does its own set-up.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
# Pictures, fonts and videos that some tests and figures use; those that miss them say so and are skipped.
BOPIS_TEST_DATA ?= $(abspath ../shared/data)
export BOPIS_TEST_DATA
# Arguments for the commands below: make demo ARGS="--port 9000".
ARGS ?=

.PHONY: help install test check format demo bench simulate clean

help:
	@echo "make install            a virtual environment with everything in it"
	@echo "make demo [ONCE=1]      the whole loop on this machine, with servers of its own"
	@echo "make test               every check and test, as CI runs them"
	@echo "make check              format, lint, types, import contract, migrations (no tests)"
	@echo "make bench NAME=race    one benchmark; its figures go to var/bench/"
	@echo "make simulate           days of a store in minutes"

install:
	@./.ci/install "$(PYTHON)"

check: install
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/mypy .

test: check
	@$(BIN)/pytest --numprocesses 2 --dist loadfile $(ARGS)

format: install
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

demo: install
	@$(BIN)/python manage.py demo $(if $(ONCE),--once) $(ARGS)

bench: install
	@$(BIN)/python manage.py bench $(NAME) $(ARGS)

simulate: install
	@$(BIN)/python manage.py simulate $(ARGS)

clean:
	@rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@echo "var/ (keys, database) is left alone: remove it yourself"
