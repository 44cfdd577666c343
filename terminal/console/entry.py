"""How a browser comes in: a file that only this user can read holds a token, and hands it over with a click or by itself.

Not in the address: a command line is readable by every user of the machine, and an address stays in the browser's history.
"""

from __future__ import annotations

import hmac
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

LIFE_SECONDS: Final = 120.0
"""A token is for the browser that is about to be opened."""
_PAGE: Final = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>cardd</title></head>
<body><form method="post" action="{address}/enter">
<input type="hidden" name="token" value="{token}">
<button autofocus>窓口端末を開く / Open the counter console</button>
</form><script>document.forms[0].submit()</script></body></html>
"""


class Entry:
    """Tokens for the launch file, each good once and for two minutes."""

    def __init__(self, address: str, place: Path, now: Callable[[], float] = time.monotonic) -> None:
        """`address`: `http://127.0.0.1:PORT`. `place`: where the launch file is written."""
        self._address, self._place, self._now = address, place, now
        self._tokens: dict[str, float] = {}

    def write(self) -> Path:
        """A launch file with a fresh token, readable by this user alone. Raises `OSError`."""
        self._forget_old()
        token = secrets.token_urlsafe(32)
        self._tokens[token] = self._now() + LIFE_SECONDS
        self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._place.parent, prefix=".launch-")  # 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_PAGE.format(address=self._address, token=token))
        Path(name).replace(self._place)
        return self._place

    def takes(self, token: str) -> bool:
        """Whether this token was given out, is not over, and was not used before; it is used up by that."""
        self._forget_old()
        found = [each for each in self._tokens if hmac.compare_digest(each.encode(), token.encode())]
        for each in found:
            del self._tokens[each]
        return bool(found)

    def _forget_old(self) -> None:
        now = self._now()
        self._tokens = {token: end for token, end in self._tokens.items() if end > now}
