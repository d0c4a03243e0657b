# A short name for start.py, which does the work on every system.
PYTHON ?= python3
.PHONY: report setup test lab doctor demo build bundle sample evidence check

report setup test lab doctor demo build bundle sample evidence:
	$(PYTHON) start.py $@ $(ARGS)

check:
	$(PYTHON) start.py check "$(or $(FOLDER),data/raw)"
