"""Heads leave the machine: the witness program, the helper that sends to it, and what the daemon makes of the answers."""
