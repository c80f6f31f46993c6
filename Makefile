PYTHON ?= python3

setup:
	$(PYTHON) -m venv .venv
