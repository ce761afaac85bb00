# The verbs of this project, the same locally and in CI. Needs Python >= 3.11 and make; sets up .venv by itself.
# ARGS goes to the command:  make serve ARGS="--port 4030"   make test ARGS="-k waterfall"

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=

BIN     := $(VENV)/bin
RUNTIME := $(VENV)/.installed-runtime
DEV     := $(VENV)/.installed-dev
PIP     := $(BIN)/python -m pip --disable-pip-version-check
WIDE    := -n auto --dist worksteal
# The HTTP suite over each state; the last one keeps to memory wherever it runs.
STORED  := tests/web tests/test_mock_server.py --ignore tests/web/test_any_body.py
STORIES := $(wildcard scenarios/*.arazzo.yaml)
SPECS   := openapi.yaml $(wildcard mock_server/control.yaml mock_server/*/control.yaml)
PAGES   := README.md $(wildcard docs/*.md)
REDOCLY := @redocly/cli@1.34.5
SPECTRAL := @stoplight/spectral-cli@6.16.3

# An environment whose Python has gone is made anew.
$(shell test -x $(BIN)/python || rm -f $(RUNTIME) $(DEV))

.DEFAULT_GOAL := help
.PHONY: serve test check fix docs screenshots wheel bench bench-quick soak lint-spec clean help respect demo picture

serve: $(RUNTIME)  ## start the fake on port 4020
	@$(BIN)/clodura-kit serve $(ARGS)

test: $(DEV)  ## all tests with coverage; with ARGS only those, without coverage
ifeq ($(strip $(ARGS)),)
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(WIDE)
	CLODURA_KIT_STATE=sqlite $(BIN)/coverage run -m pytest $(WIDE) $(STORED)
	CLODURA_KIT_STATE=postgresql $(BIN)/coverage run -m pytest $(WIDE) $(STORED) --deselect tests/web/control/test_fuzzed.py
	@$(BIN)/coverage combine -q
	$(BIN)/coverage report
else
	$(BIN)/python -m pytest $(ARGS)
endif

check: $(DEV)  ## everything that reads the code without running it
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	cd examples/enrichment-python && $(abspath $(BIN))/mypy --strict .
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(BIN)/deptry mock_server contracts scenarios
	$(BIN)/cog --check --diff -I . $(PAGES)
	$(BIN)/zensical build --strict
	$(BIN)/openapi-spec-validator $(SPECS)

fix: $(DEV)  ## format, mend what can be mended, renew generated text
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(BIN)/cog -r -I . $(PAGES)

docs: $(DEV)  ## the documentation as a site, in site/
	$(BIN)/zensical build --strict

screenshots: $(DEV)  ## the pictures of the documentation, taken of the real page (needs Chromium)
	$(BIN)/python -m tests.e2e.pictures

wheel: $(DEV)  ## build the package, install it into empty environments, use it there
	$(BIN)/python tests/wheel/walk.py $(ARGS)

bench: $(DEV)  ## measure against the bars and beside other mock servers, in under 15 minutes
	$(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(DEV)  ## the bars alone, rougher, in under 90 s
	$(BIN)/python -m benchmarks --quick $(ARGS)

soak: $(DEV)  ## the tests that take too long for CI
	$(BIN)/python -m pytest -m soak $(ARGS)

lint-spec: export REDOCLY_TELEMETRY = off
lint-spec: export REDOCLY_SUPPRESS_UPDATE_NOTICE = true
lint-spec:  ## Redocly's and Spectral's recommended rules on the OpenAPI files and the stories (needs Node.js)
	@if command -v npx >/dev/null; then set -x; \
	    npx --yes $(REDOCLY) lint --config .redocly.yaml --format stylish $(SPECS) $(STORIES) && \
	    npx --yes $(SPECTRAL) lint --ruleset .spectral.yaml --fail-severity error $(SPECS) $(STORIES); \
	else echo "lint-spec: NOT RUN, there is no npx here (install Node.js with npm)"; fi

respect: $(RUNTIME)  ## the stories under Redocly's runner, against a fake that runs (needs Node.js)
	@if command -v npx >/dev/null; then .ci/respect $(BIN)/clodura-kit $(REDOCLY); \
	else echo "respect: NOT RUN, there is no npx here (install Node.js with npm)"; fi

demo: $(RUNTIME)  ## tell a story: the credits run out in the middle of a search
	@$(BIN)/clodura-kit replay credits-run-out-mid-waterfall $(ARGS)

picture: $(RUNTIME)  ## renew docs/images/replay.png (needs Chromium)
	@mkdir -p build docs/images
	@$(BIN)/clodura-kit replay credits-run-out-mid-waterfall receiver-down-for-ten-minutes --html build/replay.html >/dev/null
	chromium --headless --no-sandbox --hide-scrollbars --window-size=1060,640 \
	    --screenshot=docs/images/replay.png file://$(CURDIR)/build/replay.html

clean:  ## remove the environment and everything generated
	rm -rf $(VENV) build dist htmlcov site .cache .coverage .coverage.* .hypothesis .schemathesis .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*##' '/^[a-z-]+:.*##/ { printf "make %-12s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "clodura-kit needs Python 3.11 or newer; $(PYTHON) says: $$("$(PYTHON)" --version 2>&1)"; \
	    echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; } >&2
	@echo "Creating $(VENV) ..."
	@"$(PYTHON)" -m venv --clear $(VENV)

$(RUNTIME): pyproject.toml $(BIN)/python
	@$(PIP) --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@echo "Installing clodura-kit into $(VENV) ..."
	@$(PIP) install -qq -e .
	@touch $@

$(DEV): pyproject.toml $(BIN)/python
	@$(PIP) --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@echo "Installing clodura-kit and its development tools into $(VENV) ..."
	@$(PIP) install -qq -e '.[dev]'
	@touch $@ $(RUNTIME)
