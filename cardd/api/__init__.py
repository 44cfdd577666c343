"""The server side of the socket."""
