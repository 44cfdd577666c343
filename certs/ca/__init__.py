"""The operator CA: its key in a file or a token, the certificates of badges, and the book of what was issued."""
