"""Signed documents on the client's side: CAdES, PAdES, XAdES and JWS around a signature that a card makes behind the daemon.

The daemon never sees a document. Here it is prepared, its digest goes to the daemon, and here it is finished; and here signed
documents are checked. Needs the extra `documents` (`pip install cardd[documents]`).
"""
