"""1, 4 and 16 readers at work at the same time, with slow cards: does throughput grow in step?"""

import asyncio
import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.counter import IDENTITY, SIGNING, Counter
from bench.daemon import Daemon
from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.floors import DIGEST
from bench.jobs import ITEMS
from bench.metered_card import CONTACTLESS, TimeModel
from bench.place import Place
from bench.readers import Readers, plain
from bench.scope import Say, Scope
from cardd.client import connect_async

SIZES = (1, 4, 16)
"""libpcsclite 1.9.9 knows 16 readers; one of them holds the badge of the session, which then signs as well."""
SLOW = TimeModel("slow", 4 * CONTACTLESS.command_ms, 4 * CONTACTLESS.byte_ms)
"""Four times the contactless model: a card that computes, or lies at the edge of the field."""


@dataclass(frozen=True)
class Work:
    """One reader's endless job."""

    method: str
    params: Mapping[str, Any]


def measure(place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """The work of one reader alone is the unit; each size is measured with both time models."""
    with (
        Readers(place.sockets, [plain(number) for number in range(max(SIZES))]) as readers,
        Daemon(place) as daemon,
    ):
        for model in (CONTACTLESS, SLOW) if scope.thorough else (CONTACTLESS,):
            with Counter(place, readers) as counter:
                work = _prepare(place, counter, model)
                say(f"readers: each kind of work alone, {model.name}")
                alone = {one.method: _rates(place, [one], scope)[0] for one in (work[0], work[-1])}
                for size in SIZES:
                    say(f"readers: {size} side by side, {model.name}")
                    before = daemon.cpu_seconds()
                    rates = _rates(place, work[:size], scope)
                    busy = (daemon.cpu_seconds() - before) / scope.side_by_side_s
                    worth = sum(rate / alone[one.method] for rate, one in zip(rates, work, strict=False))
                    findings.figures.append(_figure(model, size, worth, sum(rates), busy))
                _clear(counter)


def _figure(model: TimeModel, size: int, worth: float, rate: float, busy: float) -> Figure:
    return Figure(
        f"readers_{size}_{model.name}",
        f"throughput, {size} reader{'s' * (size > 1)}, {model.name} cards",
        Spread.of([worth]),
        "x alone",
        f"{100 * worth / size:.0f} % of in step; {rate:.1f} operations/s: card.read of four items"
        f"{', one badge signing' * (size == max(SIZES))}; the daemon took {100 * busy:.0f} % of one processor",
    )


def _prepare(place: Place, counter: Counter, model: TimeModel) -> list[Work]:
    badge, _ = counter.log_in(place.cards.badge_short, model)
    work = []
    for slot in range(1, max(SIZES)):
        card, _ = counter.insert(slot, place.cards.my_number, model)
        work.append(Work("card.read", {"card": card, "items": ITEMS, **IDENTITY}))
    digest = base64.b64encode(DIGEST).decode()
    what = {"key": "authentication", "hash": "sha256", "digests_base64": [digest], "signature_format": "pkcs1v15"}
    work.append(Work("sign.digest", {"card": badge, **what, **SIGNING}))
    return work


def _clear(counter: Counter) -> None:
    for slot in range(1, max(SIZES)):
        counter.pull(slot)
    counter.log_out()


def _rates(place: Place, work: list[Work], scope: Scope) -> list[float]:
    """Operations a second of each reader, all at work together, each on a connection of its own."""
    pins = {"card_info": place.holder.pins.card_info, "badge": place.cards.badge_short.pin}

    async def typed(asked: Mapping[str, Any]) -> bytearray:
        return bytearray(pins[asked["which"]].encode())

    async def repeat(one: Work) -> float:
        async with await connect_async(place.daemon_socket, client="bench", pin_prompt=typed) as client:
            await client.call(one.method, **one.params)  # reads the counter, which the others need not
            began, done = time.monotonic(), 0
            while time.monotonic() - began < scope.side_by_side_s:
                await client.call(one.method, **one.params)
                done += 1
            return done / (time.monotonic() - began)

    async def together() -> list[float]:
        return await asyncio.gather(*(repeat(one) for one in work))

    return asyncio.run(together())
