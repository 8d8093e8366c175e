# Everything that people and CI call. Needs python3 (3.11 to 3.13), git and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest
# Two that train with two threads each spend a third of their time waiting for one another.
ONE_THREAD := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

.PHONY: run install test test-slow test-browser lint format docs pretrained benchmark benchmark-dashboard benchmark-viewers benchmark-cluster lock audit clean
.DEFAULT_GOAL := run

run: .venv/installed  ## install and serve the dashboard
	$(BIN)/streamlit run dashboard/app.py

install: .venv/installed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "VAE Lab needs Python 3.11 to 3.13; set PYTHON=python3.12, for example."; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "Python's venv module is incomplete; on Debian: apt-get install python3-venv"; exit 1; }

.venv/installed: .venv/bin/python requirements.txt pyproject.toml
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-deps -e .
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(PIP) --require-hashes -r requirements-dev.txt
	touch $@

test: .venv/installed-dev  ## what every change should pass, in some minutes
	$(ONE_THREAD) $(PYTEST) -n 2 --dist worksteal -m "not browser and not slow"

# Its tests wait for other processes, so three share the two cores.
test-slow: .venv/installed-dev  ## kills, full disks, clusters, and MNIST: what takes longer
	$(PYTEST) -n 3 --dist worksteal -m "slow and not browser"

test-browser: .venv/installed-dev  ## the pages in Chromium, which has to be installed
	$(PYTEST) -n 2 --dist loadfile -m browser

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/installed-dev  ## the documentation, in site/; a warning or a broken link fails
	rm -rf site
	$(BIN)/python -m sphinx -W --keep-going -E -q -b html docs site
	@! grep -rlE '<(script|link|img|iframe)[^>]+(src|href)="?(https?:)?//' site --include='*.html' \
	  || { echo "A page of the site loads something from elsewhere."; exit 1; }

pretrained: .venv/installed  ## train the runs that ship with the project (resumable)
	$(BIN)/python -m benchmarks.gallery train
	$(BIN)/python -m benchmarks.gallery readme

benchmark: .venv/installed  ## training speed beside a plain Keras fit
	$(BIN)/python benchmarks/training.py

benchmark-dashboard: .venv/installed-dev  ## opening, cursor, scatter, press of Train, in Chromium
	$(BIN)/python -m benchmarks.dashboard

benchmark-viewers: .venv/installed-dev  ## many sessions at once while a run trains
	$(BIN)/python -m benchmarks.viewers

benchmark-cluster: .venv/installed-dev  ## a sweep with 1 and 2 workers, local and on Dask
	$(BIN)/python -m benchmarks.sweep_scaling

# The addresses of indexes stay out of the files, so each machine takes the packages from its own.
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet

lock: .venv/installed-dev  ## write the versions and hashes of all packages, also of those they need
	$(LOCK) -o requirements-viewer.txt
	$(LOCK) --extra train --extra login -c requirements-viewer.txt -o requirements.txt
	$(LOCK) --extra dev -c requirements.txt -o requirements-dev.txt

audit: .venv/installed-dev  ## look for known vulnerabilities of the locked packages; needs a network
	$(BIN)/pip-audit --disable-pip --require-hashes -r requirements.txt

clean:
	rm -rf .venv
