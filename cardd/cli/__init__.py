"""cardctl: a client like any other."""
