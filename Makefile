# Everything a contributor or a visitor runs. Each target first brings .venv to what the locks say
# (tools/environment.py), so that a fresh clone needs Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
BIN := .venv/bin
HOST ?= 127.0.0.1
PORT ?= 8787
DATA ?= framegate-data
# Two test processes for each core, since half of them wait for processes of their own;
# `make test TESTS="tests/web -n0"` for a few tests in one.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
TESTS ?= -n $(shell expr $(CORES) \* 2) --dist worksteal
# How often a crash run kills, and the seed that draws how; without one a fresh one is said.
KILLS ?= 1000
SEED ?=

.DEFAULT_GOAL := help
.PHONY: help demo serve test machines faults trouble check bench lock clean assets screenshots pictures docs
.PHONY: environment-run environment-check environment-docs

help: ## Say what can be made
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: environment-run ## Start a gateway and make demo.mp4 from a shipped picture
	$(BIN)/framegate demo --output demo.mp4

# Without them the console looks plainer and everything works: no reason not to start.
assets: environment-run
	@$(PYTHON) tools/assets.py || true

serve: assets ## Start a gateway on HOST:PORT that keeps its files in DATA
	$(BIN)/framegate serve --host $(HOST) --port $(PORT) --data $(DATA)

test: environment-check ## Run every test
	$(BIN)/python -m pytest $(TESTS)

machines: environment-check ## Run the state machines of tests/machines at 5,000 examples each, and random requests
	HYPOTHESIS_PROFILE=machines-long $(BIN)/python -m pytest $(TESTS) tests/machines \
		tests/web/openapi/test_against_the_app.py

faults: environment-check ## Kill a gateway KILLS times under use and count what was lost
	PYTHONPATH=tests $(BIN)/python tests/faults/run.py --kills $(KILLS) $(if $(SEED),--seed $(SEED))

trouble: environment-check ## Break everything around a gateway, each fault at its full length
	FRAMEGATE_FAULTS_LONG=1 $(BIN)/python -m pytest tests/faults/test_locked.py \
		tests/faults/test_disk.py tests/faults/test_full_disk.py tests/faults/test_descriptors.py \
		tests/faults/test_clock.py tests/end_to_end/test_crowds.py tests/end_to_end/test_rebinding.py

check: environment-check ## Format, lint, types, floors and every test
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(TESTS)

bench: environment-check ## Measure, always beside a peer or a limit
	@set -e; for file in bench/*.py; do echo "== $$file"; $(BIN)/python $$file; done

screenshots: environment-check ## Make pictures of every page and state of the console in out/screenshots
	$(BIN)/python tools/screenshots.py out/screenshots

pictures: environment-check ## Make the READMEs' pictures anew, in docs/pictures
	$(BIN)/python tools/draw_result.py
	$(BIN)/python tools/draw_console.py

docs: environment-docs ## Build the documentation as a site in site/
	$(BIN)/python tools/build_site.py site

lock: environment-check ## Choose the newest versions again and write requirements/*.lock
	$(BIN)/python tools/locks.py

clean: ## Remove the environment and everything that tools leave behind
	rm -rf .venv src/framegate/web/console/static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment-run environment-check environment-docs:
	@$(PYTHON) tools/environment.py $(@:environment-%=%)
