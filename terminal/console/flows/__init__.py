"""The counter's named jobs, from the card to a signed request that the town's own system takes over (docs/counter-procedures.md)."""
