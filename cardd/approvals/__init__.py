"""The use case of a second person's approval."""
