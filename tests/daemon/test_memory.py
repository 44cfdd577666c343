"""What a PIN leaves behind in the daemon's memory (P6): looked at with root's rights, which alone may look (P8)."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cardd.client import Client
from tests.daemon.canary_scene import BADGE, HOLDER, Day, hire
from tests.daemon.tools import Typist, staged
from tests.fixtures.counter import BADGE_SLOT, CONTEXT, RESIDENT_SLOT, SIGN_CONTEXT

LONG_PIN = HOLDER.pins.signature.encode()
"""One of those whose octets do not turn up by chance."""
KNOWN = {"badge": BADGE.pin, "signature": HOLDER.pins.signature, "card_info": HOLDER.pins.card_info}
COMMANDS = 3
"""After as many further commands P6 has seen no copy any more."""


def copies(pid: int, octets: bytes) -> int:
    """How often `octets` stand in the writable memory of a process. Raises `PermissionError` for everybody but root."""
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for row in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_, name = (*row.split(maxsplit=5), "")[:6]
            if "w" not in rights or name.startswith("[v"):
                continue
            start, end = (int(part, 16) for part in place.split("-"))
            memory.seek(start)
            try:
                held = memory.read(end - start)
            except OSError:
                # A large block that was given back between the two looks: no memory any more, and so no copy.
                if place in Path(f"/proc/{pid}/maps").read_text():
                    raise
                continue
            found += len(re.findall(re.escape(octets), held))
    return found


def sign(client: Client, card: str) -> None:
    """One signature with the PIN of the signature key."""
    digest = base64.b64encode(bytes(32)).decode()
    order = {"key": "signature", "hash": "sha256", "digests_base64": [digest], "signature_format": "pkcs1v15"}
    client.call("sign.digest", card=card, **order, **SIGN_CONTEXT)


@pytest.mark.proves("P6", "P8")
def test_no_pin_stays_in_memory() -> None:
    """P6 has seen one copy after VERIFY, and none after three further commands."""
    with staged(prepare=hire) as stage, stage.typist(KNOWN) as client:
        client.call("session.login", badge=stage.insert(stage.office.people[0].badge, BADGE_SLOT, kind="badge"))
        card = stage.insert(Day(stage.office).card, RESIDENT_SLOT, kind="my_number")
        sign(client, card)
        if os.geteuid() != 0:
            with pytest.raises(PermissionError):
                copies(stage.pid, LONG_PIN)
            return
        after = {"signature": copies(stage.pid, LONG_PIN), "badge": copies(stage.pid, BADGE.pin.encode())}
        assert max(after.values()) <= 1, after
        for _ in range(COMMANDS):
            client.call("card.pin_status", card=card, **CONTEXT)
        later = {"signature": copies(stage.pid, LONG_PIN), "badge": copies(stage.pid, BADGE.pin.encode())}
        assert set(later.values()) == {0}, later


def test_the_search_of_memory_finds_what_is_there() -> None:
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):
            copies(1, b"")
        return
    with staged(prepare=hire) as stage:
        stage.insert(stage.office.people[0].badge, BADGE_SLOT, kind="badge")
        seen: list[int] = []

        class Looks(Typist):
            """Counts while the daemon waits for the PIN of a call whose reception number it must remember."""

            def pin(self, request: Mapping[str, Any]) -> bytearray:
                seen.append(copies(stage.pid, b"R8-CANARY-5521"))
                return super().pin(request)

        with stage.client(person=Looks(KNOWN)) as client:
            client.call("session.login")
            card = stage.insert(Day(stage.office).card, RESIDENT_SLOT, kind="my_number")
            client.call("card.read", card=card, items=["name"], purpose="identity_check", case="R8-CANARY-5521")
        assert seen[-1] > 0
