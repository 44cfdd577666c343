"""Builds the daemon from its rooms, owns its tasks, starts and stops it. The only room that knows all the others."""
