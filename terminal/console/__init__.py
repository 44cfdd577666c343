"""The counter console: pages on loopback, for the one user at this seat."""
