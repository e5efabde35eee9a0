# The project's everyday commands. `make` alone lists them.

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
INSTALLED := $(VENV)/.installed
PORT ?= 8000
# Half of a test's time is spent waiting for other processes.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) '*' 3 / 2)
ARGS ?=
LANGUAGE ?= de
export PORT

.DEFAULT_GOAL := help
.PHONY: help install demo serve test test-distributed coverage lint format bench profile screenshots lock clean

help: ## list the commands
	@echo "usage: make COMMAND"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
		printf '  %-18s %s\n' "$$name" "$$what"; \
	done

install: $(INSTALLED) ## put everything the project needs into .venv

# Written last, so that an interrupted install is taken up again.
$(INSTALLED): requirements.txt
	@set -e; \
	if [ ! -x $(PYTHON) ]; then \
		for candidate in python3 python3.12 python3.11 python3.13 python3.14; do \
			if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
				found=$$candidate; break; \
			fi; \
		done; \
		if [ -z "$${found:-}" ]; then \
			echo "evcharge needs Python 3.11 or newer, and none was found. Install one and run make again." >&2; \
			exit 1; \
		fi; \
		$$found -m venv $(VENV) || { \
			rm -rf $(VENV); \
			echo "$$found could not make a virtual environment. On Debian: apt-get install python3-venv." >&2; \
			exit 1; \
		}; \
	fi; \
	echo "Installing into $(VENV) ..."; \
	$(PYTHON) -m pip install --quiet --upgrade "pip>=25.1"; \
	$(PYTHON) -m pip install --quiet --require-hashes -r requirements.txt; \
	touch $@

demo: install ## a portal with a simulated network (PORT=8000, DEMO_PASSWORD=...)
	@$(PYTHON) manage.py demo

serve: install ## the portal and the gateway (PORT=8000, ARGS="--host 0.0.0.0")
	@$(PYTHON) manage.py serve --port $(PORT) $(ARGS)

test: install ## the test-suite (ARGS="tests/test_x.py -k word", WORKERS=0 for one process)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

test-distributed: install ## the same on a real PostgreSQL
	$(PYTHON) -m tests.services $(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

coverage: install ## the test-suite with coverage, in one process
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage report

lint: install ## every check that needs no test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --check --quiet templates
	$(BIN)/djlint --lint --quiet templates
	DJANGO_SETTINGS_MODULE=tests.settings $(PYTHON) manage.py makemigrations --check --dry-run
	DJANGO_SETTINGS_MODULE=tests.settings $(PYTHON) manage.py check

format: install ## let the formatters have their way
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet templates

messages: install ## collect what there is to translate (LANGUAGE=de; needs gettext)
	@mkdir -p locale
	DEBUG=true $(PYTHON) manage.py makemessages --locale $(LANGUAGE)
	DEBUG=true $(PYTHON) manage.py makemessages --locale $(LANGUAGE) --domain djangojs
	DEBUG=true $(PYTHON) manage.py compilemessages --locale $(LANGUAGE)

bench: install ## measure the hot path (ARGS="...")
	$(PYTHON) -m tests.bench $(ARGS)

profile: install ## where a message's time goes, as a flame graph (ARGS="--kind meters")
	$(PYTHON) -m tests.bench.profile $(ARGS)

screenshots: install ## take the guide's pictures from a demo of its own (ARGS="chargers map" for some)
	$(PYTHON) -m tests.screenshots $(ARGS)

lock: install ## write requirements.txt anew from pyproject.toml (ARGS=--upgrade)
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-emit-index-url --quiet \
		--custom-compile-command "make lock" --output-file requirements.txt $(ARGS)

clean: ## remove .venv, the demo and what tools left (a database in var stays)
	rm -rf $(VENV) var/demo staticfiles htmlcov bench.json .coverage .coverage.* \
		.hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
