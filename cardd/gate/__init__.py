"""The one door to a card: decide, record the intent, lease, ask for the PIN, run, record the outcome."""
