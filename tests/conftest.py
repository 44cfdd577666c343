"""Wires the fixtures in `tests/fixtures` and sets how long the property tests run."""

import os

from hypothesis import settings

# The parent of parallel workers imports readline, which exports the size of a terminal (rl_change_environment); whoever has
# COLUMNS gets lines of that width, behind a pipe too.
for size in ("COLUMNS", "LINES"):
    os.environ.pop(size, None)

pytest_plugins = ["tests.fixtures.leftovers", "tests.fixtures.pcscd"]

# "quick" runs with every change and gives the same inputs each time; `./dev fuzz` asks for "long".
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("long", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
