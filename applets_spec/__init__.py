"""The cards' side as an executable specification: reference cards, virtual readers, a test CA."""
