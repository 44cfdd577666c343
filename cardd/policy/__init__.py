"""Decisions: pure functions from facts to allow or deny."""
