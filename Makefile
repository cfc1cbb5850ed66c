# Everything runs in .venv, which the first target that needs it creates.
# Stamp files inside it remember what is installed; they expire when pyproject.toml changes.

PYTHON ?= python3
WORKERS ?= 2
SHARE ?= 1

VENV := .venv
BIN := $(VENV)/bin
CREATED := $(VENV)/.created
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
SOURCES := src tests docs examples .ci $(wildcard benchmarks)
NUMERICS := tests/linalg tests/design tests/frontdoor tests/experiments/test_estimate.py \
  $(addprefix tests/engines/test_, lindblad.py lindblad_solvers.py slow_modes.py hierarchy.py \
  collective.py gaussian_steady.py gaussian_dynamics.py conditional.py moments.py \
  cascade_reduction.py cascade_evolution.py trajectories.py) \
  $(addprefix tests/repeaters/test_, repeater_exact.py lattice.py)
LOW := .venv-lowest/bin
LOWEST := .venv-lowest/.installed
FILES := tests/test_public.py tests/test_cli.py tests/test_storage.py tests/test_plots.py

# Only our own environment counts, whatever else is activated.
unexport PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help demo env test test-unfriendly test-slow test-lowest attack architecture lint format types docs package bench clean distclean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) \
	  | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

demo: $(RUN) ## solve a lossy network, print its entanglement, draw it
	@$(BIN)/darkstate run scenarios/lossy_chains.yaml --out results/demo --overwrite

env: $(DEV) ## create .venv with the development tools

test: $(DEV) ## the tests (WORKERS=2)
	@$(BIN)/python -m pytest -n $(WORKERS)

test-unfriendly: $(DEV) ## the numerics of every engine on a processor with other eigenvectors, signs and last bits
	@$(BIN)/python -m pytest -q -n $(WORKERS) --unfriendly 1 $(NUMERICS)

test-slow: $(DEV) ## only the tests marked slow
	@$(BIN)/python -m pytest -n $(WORKERS) -m slow

test-lowest: $(LOWEST) ## the commands and a part of the tests with the lowest versions of all dependencies
	@$(LOW)/python -m pytest -q -W default -m 'slow or not slow' tests/test_lowest.py
	@$(LOW)/python -m pytest -q -W default $(FILES)

attack: $(DEV) ## damaged files, wrong calls and killed commands by the thousand (an hour; SHARE=0.1 for less)
	@$(BIN)/python tests/attack --share $(SHARE)

architecture: $(DEV) ## only the import rules
	@$(BIN)/python -m pytest -q tests/test_architecture.py

lint: $(DEV) ## ruff: rules and format
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)

format: $(DEV) ## ruff: repair what can be repaired
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

types: $(DEV) ## pyright
	@$(BIN)/pyright

docs: $(DEV) ## the manual as html, its gallery executed; a warning or a dead link is an error
	@$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet -b html docs docs/_build/html
	@$(BIN)/python tests/manual docs/_build/html
	@echo "The manual: docs/_build/html/index.html"

package: $(DEV) ## wheel and archive in dist/, checked, and tried in an environment of their own
	@rm -rf dist
	@$(BIN)/python -m build --outdir dist . > /dev/null
	@$(BIN)/python .ci/package.py dist

bench: $(DEV) ## run every benchmarks/bench_*.py
	@set -e; for script in benchmarks/bench_*.py; do \
	  test -f "$$script" || { echo "No benchmarks/bench_*.py to run." >&2; exit 1; }; \
	  echo "== $$script"; $(BIN)/python "$$script"; \
	done

clean: ## remove what was built or computed for the demo; .venv stays
	@rm -rf build dist docs/_build docs/gallery results/demo .pytest_cache .ruff_cache .hypothesis
	@find src tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## clean, and remove .venv
	@rm -rf $(VENV) .venv-lowest

$(CREATED):
	@command -v $(PYTHON) > /dev/null || { \
	  echo "No '$(PYTHON)' here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "darkstate needs Python 3.11 or newer, but '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>&1). Name a newer one: make PYTHON=python3.12" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Could not create $(VENV). On Debian and Ubuntu the package python3-venv is needed." >&2; \
	  exit 1; }
	@touch $@

$(RUN): pyproject.toml | $(CREATED)
	@echo "Installing darkstate into $(VENV) (once) ..."
	@$(PIP) install --editable .
	@touch $@

$(DEV): pyproject.toml | $(CREATED)
	@echo "Installing darkstate and its development tools into $(VENV) (once) ..."
	@$(PIP) install --editable '.[dev]' 'pyright[nodejs]'
	@touch $(RUN) $@

$(LOWEST): pyproject.toml .ci/lowest.py
	@echo "Installing darkstate with the lowest versions of its dependencies into .venv-lowest ..."
	@rm -rf .venv-lowest
	@$(PYTHON) -m venv .venv-lowest
	@$(PYTHON) .ci/lowest.py > .venv-lowest/constraints.txt
	@$(LOW)/python -m pip --quiet --disable-pip-version-check install \
	  --constraint .venv-lowest/constraints.txt --editable . pytest hypothesis
	@touch $@
