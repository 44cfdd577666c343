"""The daemon of the counter, its client library and its command line."""
