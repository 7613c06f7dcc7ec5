# Every target is a verb of dev.py, which also works where `make` is missing.
PYTHON ?= python3

.PHONY: demo test bench lint fmt lock

demo test bench lint fmt lock:
	@$(PYTHON) dev.py $@
