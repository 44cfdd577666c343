"""The use case of logging in with a badge."""
