"""A time stamp authority over HTTP (RFC 3161, 3.4). The one place of this room that speaks with a network, and only when told to."""

import urllib.error
import urllib.request
from typing import Final

from cardd.documents.errors import DocumentError
from cardd.documents.model import Stamper

SECONDS: Final = 15.0
"""That an authority may take for one answer."""
LARGEST: Final = 256 * 1024
"""Bytes of an answer: a token with its certificates has 4 to 12 KiB."""
SCHEMES: Final = ("https://", "http://")
"""Plain HTTP too: the token is signed, and many authorities speak nothing else. Only a digest leaves this machine."""


def over_http(url: str) -> Stamper:
    """A stamper for the authority at `url`. It raises `DocumentError`: `stamp_unreachable`, `stamp_unreadable`; this, `stamp_address`."""
    if not url.startswith(SCHEMES):
        raise DocumentError("stamp_address")

    def ask(request: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        call = urllib.request.Request(url, data=request, headers=headers, method="POST")  # noqa: S310  # looked at above
        try:
            with urllib.request.urlopen(call, timeout=SECONDS) as answer:  # noqa: S310
                octets: bytes = answer.read(LARGEST + 1)
        except (urllib.error.URLError, OSError, ValueError):
            raise DocumentError("stamp_unreachable") from None
        if len(octets) > LARGEST:
            raise DocumentError("stamp_unreadable")
        return octets

    return ask
