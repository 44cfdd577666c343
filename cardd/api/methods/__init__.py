"""One thin handler per method."""
