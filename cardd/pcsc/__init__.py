"""The adapter to PC/SC: the only package that imports pyscard."""
