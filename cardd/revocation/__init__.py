"""Revocation lists without a network in the daemon: a helper fetches them, the daemon checks them and takes them in."""
