"""The use case of reading a resident's card."""
