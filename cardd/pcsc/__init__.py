"""The PC/SC adapter: the only room that imports pyscard."""
