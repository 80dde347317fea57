# make run    train the default model and print its scores
# make test   the quick test suite
# make long   every test, the slow ones too
# make lint   format, lint and types
# Each works alone on a fresh machine: it makes the environment in .venv first.

EXTRAS ?= dev,launchers,tensorboard
VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/installed

.PHONY: run test long lint install clean
.DELETE_ON_ERROR:

run: install
	$(PYTHON) run.py

test: install
	$(PYTHON) -m pytest -q -n auto --dist loadfile -m "not long"

long: install
	EVERY_SHAPE=1 $(PYTHON) -m pytest -q

lint: install
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m pyright

install: $(INSTALLED)

# --no-compile: Python compiles what is imported, when it is.
$(INSTALLED): pyproject.toml constraints.txt
	@set -e; found=; \
	for candidate in $(BASE_PYTHON) python3 python3.11 python3.12 python3.13 python3.14 python; do \
	  if $$candidate -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "whynorm needs Python 3.11 or newer with its venv module, and found none;" \
	    "install it, or name it: make BASE_PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	test -x $(PYTHON) || $$found -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

clean:
	rm -rf $(VENV)
