.DEFAULT_GOAL := help
.PHONY: help setup run train test lint types bench evaluate lock pictures clean
export RASA_TELEMETRY_ENABLED = false

help: ## what can be done here
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 12

setup:
	@scripts/setup

run: setup ## start everything on this machine (first time: sets up and trains)
	@.venv/bin/inloop up

train: setup ## train the model anew
	@.venv/bin/inloop train

test: setup lint types ## all tests this machine can run
	@.venv-rasa/bin/python -m pytest tests/rasa -q
	@.venv/bin/python -m pytest -q --ignore=tests/rasa

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: setup
	@.venv/bin/mypy bot actions tests scripts
	@.venv-rasa/bin/mypy --config-file bot/rasa/mypy.ini bot/rasa tests/rasa

bench: setup ## how fast and how large, on this machine
	@.venv/bin/python -m tests.bench

evaluate: setup ## how well messages are understood, on data apart from training
	@.venv-rasa/bin/python -m bot.rasa.evaluate

lock: setup ## resolve the packages of both environments anew
	@scripts/lock

pictures: setup ## take the pictures in docs/ from the real pages
	@.venv/bin/python -m scripts.pictures

clean: ## remove environments and everything under var/
	@rm -rf .venv .venv-rasa .tools var
