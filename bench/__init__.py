"""Measures cardd on virtual cards, beside bare PC/SC and other clients, in one run. `./dev bench` runs it."""
