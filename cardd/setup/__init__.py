"""The first set-up of an office, offline, by root: `python -m cardd.setup`, which `cardctl setup` starts."""
