# Every target does its own set-up; a machine needs Python 3.11+ and make.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
FUZZ_SECONDS ?= 60
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help run stack test chaos check matrix fuzz package bench conformance format clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: $(VENV)/.run .env staticfiles ## Start the service on http://HOST:PORT (default http://127.0.0.1:8000)
	@exec $(BIN)/python manage.py serve --migrate --bind "$(HOST)" --port "$(PORT)"

stack: $(VENV)/.dev .env staticfiles ## Start web, worker, beat and a private Redis (WEB_PROCESSES=2 for more)
	@HOST="$(HOST)" PORT="$(PORT)" exec $(BIN)/python -m tools.stack

test: $(VENV)/.dev ## Run the tests; those of the page need Chromium, which root on Debian gets
	@$(BIN)/python -m tools.chromium
	$(BIN)/python -m pytest -n 3 --dist loadfile

chaos: $(VENV)/.dev ## Kill and freeze parts of a real cluster under 200 clients (minutes)
	$(BIN)/python -m pytest -m chaos -rP tests/chaos

check: $(VENV)/.dev ## Format, lint, types, layers, migrations, settings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	DEBUG=1 $(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=1 $(BIN)/python manage.py check

matrix: $(VENV)/.dev ## Run the tests on each Python and Django that is found (15 minutes); WITH="-s …" for some
	$(BIN)/nox $(WITH)

fuzz: $(VENV)/.dev ## Fuzz whatever reads what strangers send (FUZZ_SECONDS=60 for each target)
	$(BIN)/python -m tests.fuzz --seconds "$(FUZZ_SECONDS)"

package: $(VENV)/.dev ## Build the wheel and the sdist in dist/, and check what they say of themselves
	rm -rf dist
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python -o dist .
	$(BIN)/twine check --strict dist/*

bench: $(VENV)/.bench ## Compare our fan-out with others (about 15 minutes, two quiet cores)
	$(BIN)/python -m benchmarks --write

conformance: $(VENV)/.conformance ## Run Autobahn's WebSocket cases against the server (about 15 minutes)
	$(BIN)/python -m conformance $(WITH)

format: $(VENV)/.dev ## Format the code and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove everything that make made, but not .env and the database
	rm -rf $(VENV) .nox dist fuzz-findings staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

staticfiles: $(VENV)/.run $(shell find dashboard/static streams/static -type f 2>/dev/null)
	@DEBUG=0 SECRET_KEY=none $(BIN)/python manage.py collectstatic --no-input --clear --verbosity 0
	@touch $@

.env:
	@cp .env.example .env

$(BIN)/uv:
	@# From /: .python-version is for platforms that deploy this, and pyenv would insist on it.
	@cd / && $(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	folder="$$PWD" && cd / && $(PYTHON) -m venv "$$folder/$(VENV)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

$(VENV)/.run: $(BIN)/uv requirements.txt
	$(UV) -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt requirements-redis.txt
	$(UV) -r requirements-dev.txt
	$(UV) --target $(VENV)/redis --python-version 3.12 --no-deps --only-binary :all: -r requirements-redis.txt
	@touch $@

$(VENV)/.conformance: $(VENV)/.dev conformance/requirements.txt
	$(UV) -r conformance/requirements.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev benchmarks/requirements.txt
	$(UV) -r benchmarks/requirements.txt
	@touch $@
