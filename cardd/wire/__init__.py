"""The language of the socket; imports nothing of ours."""
