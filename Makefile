# Everything a newcomer needs: `make demo` and `make test` do all the set-up themselves.
SHELL := /bin/bash
UNPROMPTED := bin/unprompted.js

.PHONY: demo test test-agents agents check setup scanners calibrate kill-100 bench clean help

help: ## what there is to make
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: setup ## replay seven recorded sessions, attack them, write runs/demo and runs/demo-jwt-auth
	$(UNPROMPTED) run

test: setup scanners agents ## all tests, and the calibration that fits (CI runs this)
	npm run check
	npx vitest run
	node scripts/ci-calibration.mjs

test-agents: setup agents ## the genuine coding agents against the scripted model
	npx vitest run tests/agents

agents:
	node_modules/.bin/node --disable-warning=ExperimentalWarning scripts/agents.ts

check: setup ## types, lint, import directions, dead code, generated pages: seconds
	npm run check

calibrate: setup ## every reference, variant, mutant and degenerate app; writes docs/calibration
	$(UNPROMPTED) calibrate --stale --save
	npm run docs

kill-100: setup ## kill studies of scripted agents 100 times and evaluations 20 times, go on, compare with undisturbed ones
	node_modules/.bin/node --disable-warning=ExperimentalWarning scripts/kill-100.ts

bench: setup ## time against the floor and against curl, memory, ten attacks alike, preparing
	NODE_COMPILE_CACHE=node_modules/.cache/compile node_modules/.bin/node --disable-warning=ExperimentalWarning scripts/bench.ts

setup: ## npm packages, Python tools, bubblewrap
	@bash scripts/setup.sh

scanners: setup ## Bandit, Semgrep, pip-audit and Nuclei for `unprompted scan`
	@bash scripts/scanners.sh

clean: ## runs and installed packages; caches are kept
	rm -rf runs node_modules
