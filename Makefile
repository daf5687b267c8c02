# Every target is one line of `make help`; what they do stands in scripts/ and in the package.
.DEFAULT_GOAL := help
.PHONY: help setup run serve test test-fast test-cluster test-kubeflow lint format schema targets lock benchmark soak doctor clean

BIN := .venv/bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv for this machine, or bring it up to date; PYTHON=/path chooses the Python
	@sh scripts/setup.sh "$(PYTHON)"

run: setup ## run the taxi pipeline, from its data to a pushed model that answers; ARGS="--set …"
	@$(BIN)/python run_local.py $(ARGS)

serve: setup ## serve the newest taxi model by REST and gRPC; ARGS="--config FILE"
	@$(BIN)/tfx-pipeline serve $(ARGS)

# Threads of OpenMP beside as many processes wait for each other, turning: ten times as long.
test test-fast: export OMP_NUM_THREADS ?= 1
# Hundreds of processes import the package: compiled once, whatever this machine is set to.
test test-fast: export PYTHONDONTWRITEBYTECODE =

# The files come in the order of tests/conftest.py, the longest first.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: setup ## run every test, in several processes; ARGS="-k name" chooses
	@$(PYTEST) $(ARGS)

test-fast: setup ## run the tests that take seconds
	@$(PYTEST) -m "not e2e and not slow" $(ARGS)

test-cluster: setup ## run the tests that need a real Kubernetes, which it brings up (root; first use: half an hour)
	@$(BIN)/python -m tests.cluster test $(ARGS)

test-kubeflow: setup ## run those that need a real Kubeflow Pipelines, of each version; KFP_SOURCE=DIR, a checkout of it
	@$(BIN)/python -m tests.cluster test-kubeflow $(ARGS)

lint: setup ## check style, types and who imports whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## put the code into the style that lint checks
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

schema: setup ## write the JSON schemas of configuration, report.json and model_risk.json from their types
	@$(BIN)/python -m tfx_pipeline.config.json_schema
	@$(BIN)/python -m tfx_pipeline.report.facts.values
	@$(BIN)/python -m tfx_pipeline.evaluation.risk.json_schema

targets: setup ## write deploy/kubeflow/TARGETS.md from the rules of what a target can do
	@$(BIN)/python -m tfx_pipeline.targets.page

lock: setup ## write requirements/*.txt anew; ARGS=--upgrade takes the newest versions
	@$(BIN)/python scripts/lock.py $(ARGS)

benchmark: setup ## time this pipeline beside TFX's own template
	@$(BIN)/python benchmarks/official_template.py $(ARGS)

soak: setup ## ask the model server for minutes, also with malice; ARGS="--seconds 300 --swaps 50"
	@$(BIN)/python benchmarks/soak.py $(ARGS)

doctor: setup ## say what works on this machine, and what does not
	@$(BIN)/tfx-pipeline doctor

clean: ## remove what runs and tools wrote, pushed models too; .venv stays
	@rm -rf tfx_pipeline_output tfx_metadata serving_model/*/ dist
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build requirements/pyfarmhash/build
	@find . -path './.venv*' -prune -o -name __pycache__ -prune -exec rm -rf {} +
