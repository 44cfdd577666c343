"""Whether a certificate holds at a given time."""
