"""The use case of signing digests."""
