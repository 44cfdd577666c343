"""Checks signed documents: what each signature is, whose it is, and what that comes to by ETSI EN 319 102-1."""
