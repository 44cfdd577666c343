"""The use case of checking a certificate that a client brings along."""
