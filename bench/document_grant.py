"""1,000 documents of an operator under one grant: whether the last ones cost what the first ones did, in time and memory."""

import time
from statistics import median

from bench.counter import BADGE, SIGNING
from bench.document_house import MOST, House
from bench.figures import Spread
from bench.findings import Figure
from bench.metered_card import ZERO
from bench.scope import Say, Scope
from cardd.documents import cades, counter

EDGE = 100
"""Documents at each end that are compared."""
FLAT_LIMIT = 1.1
"""The last hundred to the first hundred: what 'flat' is taken to mean."""
MIB = 1024 * 1024
KEY = "authentication"


def measure(house: House, scope: Scope, say: Say) -> list[Figure]:
    """The whole of each document: prepared, signed by the badge, finished. Raises `AssertionError` when the grant had another end."""
    rounds = 3 if scope.thorough else 1
    say(f"documents: {MOST:,} under one grant, {rounds} grants")
    _round(house, EDGE)  # loads what later ones use, and lets the daemon grow to its size
    taken, grown = [], []
    for _ in range(rounds):
        times, memory = _round(house, MOST)
        taken.append(times)
        grown.append(memory)
    first, last = ([1e3 * median(times[part]) for times in taken] for part in (slice(EDGE), slice(-EDGE, None)))
    ratio = Spread.of(after / before for before, after in zip(first, last, strict=True))
    how = "CAdES over 1 KiB each; a badge with P-256, zero latency; the median of each grant"
    flat = f"the medians of the last {EDGE} and the first {EDGE} of one grant"
    since = "resident, at the end of a grant less after its first hundred; index and rules follow the record meanwhile"
    ends, more = Spread.of(end for _, end in grown), Spread.of(end - begin for begin, end in grown)
    return [
        Figure("grant_first", f"a document under a grant, the first {EDGE} of {MOST:,}", Spread.of(first), "ms", how),
        Figure("grant_last", f"the last {EDGE} of them", Spread.of(last), "ms", how),
        Figure("grant_flat", "the last / the first", ratio, "x", flat, FLAT_LIMIT),
        Figure("grant_whole", f"{MOST:,} documents", Spread.of(sum(times) for times in taken), "s", "one PIN"),
        Figure("grant_memory", "the daemon's memory at the end", ends, "MiB", "VmRSS"),
        Figure("grant_memory_more", "the same, grown since the first hundred", more, "MiB", since),
    ]


def _round(house: House, count: int) -> tuple[list[float], tuple[float, float]]:
    """Seconds of each document; MiB of the daemon after the first `EDGE` and after the last."""
    at_window = house.counter
    badge, _ = at_window.log_in(house.place.cards.badge_p256, ZERO)
    caller = at_window.caller
    given = caller.call("sign.grant", card=badge, key=KEY, hash="sha256", count=count, seconds=3600, **SIGNING)
    use = counter.Use(badge, SIGNING["purpose"], SIGNING["case"], key=KEY, grant=given["grant"])
    times, begin = [], 0.0
    for number in range(count):
        document = b"%08d" % number * 128
        began = time.perf_counter()
        prepared = cades.prepare(document, "document.bin")
        answer = counter.sign(caller, use, prepared)
        prepared.finish(answer.octets, expected_fingerprint=answer.fingerprint)
        times.append(time.perf_counter() - began)
        if number + 1 == EDGE:
            begin = house.daemon.memory() / MIB
    memory = begin, house.daemon.memory() / MIB
    at_window.log_out(BADGE)
    return times, memory
