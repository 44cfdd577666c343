"""Questions about the record: an index that may be thrown away, and answers that are read from the log itself."""
