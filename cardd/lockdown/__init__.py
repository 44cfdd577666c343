"""The use cases of an emergency: the stop of all card work and its release, and the override of a rule for one case."""
