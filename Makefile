# The commands of this project. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# uv from the machine, or one of our own from PyPI through plain pip.
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := $(UV) run --frozen
PYTEST := $(RUN) pytest
# Seconds that make soak repeats each fault.
S ?= 120

.tools/bin/uv:
	@echo "uv is not here: installing it in .tools"
	@python3 -m venv .tools && .tools/bin/pip install --quiet "uv>=0.9,<1"

.venv/.ready: pyproject.toml uv.lock | $(filter .tools/bin/uv,$(UV))
	@$(UV) sync --frozen --quiet
	@touch $@

.PHONY: help setup format lint test test-all soak vectors reference bench bench-quick soak-memory demo ci wheel

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: .venv/.ready ## Install what the project needs, in .venv

format: setup ## Format the code
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix-only --quiet .

lint: setup ## Lint, format check, types, import contracts
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports --no-logo

test: setup ## Everything that needs no server, browser or JVM (a few minutes)
	@$(PYTEST) -n 2 --dist loadgroup -m "not kafka and not postgres and not slow and not soak"

test-all: lint test ## What CI runs: lint, all tests, real PostgreSQL and Kafka (JDK 17, Maven)
	@$(PYTEST) -m "slow and not kafka and not postgres and not soak"
	@$(PYTEST) -m postgres
	@$(PYTEST) -m "kafka and not soak and not slow" --ignore=tests/fault/test_router_members.py

soak: setup ## Faults under load for long, Kafka too: make soak S=600 repeats each for 600 s
	@SOAK_S=$(S) $(PYTEST) tests/fault

vectors: setup ## Make the test vectors anew; they must not differ
	@$(RUN) python tests/vectors/build.py
	@git diff --exit-code -- tests/vectors

reference: setup ## Write docs/referentie anew, from the data files
	@$(RUN) python tools/reference.py

bench: setup ## Measure everything; writes bench/results
	@$(RUN) python -m bench

bench-quick: setup ## Measure in under 50 s; ends with one line of JSON
	@$(RUN) python -m bench --quick

soak-memory: setup ## A million messages through one router (hours); MESSAGES=N for fewer
	@$(RUN) python -m bench.soak --messages $(or $(MESSAGES),1000000)

demo: setup ## Two cases through a real router, shown and proven (under 30 s)
	@$(RUN) corvus demo

wheel: setup ## Build the wheel from the sdist and run it in a folder without source
	@rm -rf dist && $(UV) build --quiet
	@$(UV) run --isolated --no-project --with $(CURDIR)/dist/*.whl --directory / corvus schema list > /dev/null
	@echo "the wheel works without the source beside it"

ci: test-all vectors wheel ## test-all, vectors, wheel
