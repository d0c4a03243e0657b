# A short name for start.py, which does the work on every system.
PYTHON ?= python3
.PHONY: report test lab doctor demo build bundle check

report test lab doctor demo build bundle:
	$(PYTHON) start.py $@ $(ARGS)

check:
	$(PYTHON) start.py check "$(or $(FOLDER),data/raw)"
