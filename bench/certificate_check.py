"""What `certificate.check` of a running daemon takes with a short revocation list, and with one of a million entries."""

import base64
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from bench.counter import SIGNING
from bench.document_house import House, open_house
from bench.figures import Spread
from bench.findings import Figure
from bench.metered_card import ZERO
from bench.place import Place
from bench.scope import Scope

KIND = "jpki_signature"
EACH_ROUND = 20
"""Calls of each kind, taken in turns."""
LATER_LIMIT_MS = 5.0


def measure(place: Place, scope: Scope, lists: Mapping[int, Path]) -> list[Figure]:
    """`lists`: the list of each length, as DER, in rising order of its number. Raises `AssertionError` unless each answer is good."""
    figures: list[Figure] = []
    medians: dict[int, float] = {}
    with open_house(place) as house:
        house.counter.log_in(place.cards.badge_short, ZERO)
        _seconds(house)
        for count, path in lists.items():
            house.put_list(KIND, path.read_bytes())
            first = _seconds(house)
            checks, bare = _rounds(house, scope.decisions)
            medians[count] = checks.median
            titles = f"certificate.check, the first with a list of {count:,}", f"each further one, list of {count:,}"
            limit = LATER_LIMIT_MS if count == max(lists) else None
            how = f"the medians of rounds of {EACH_ROUND} calls: socket, policy, record, and all of the certificate"
            figures += [
                Figure(f"check_first_{count}", titles[0], Spread.of([1e3 * first]), "ms", "the list just taken in"),
                Figure(f"check_{count}", titles[1], checks, "ms", how, limit),
                Figure(f"check_bare_{count}", "cards.list beside it", bare, "ms", "judges nothing, on no record"),
            ]
        memory = house.daemon.memory() / 1024 / 1024
        house.counter.log_out()
    short, long = min(medians), max(medians)
    growth, both = Spread.of([medians[long] / medians[short]]), f"list of {long:,} / list of {short}"
    return [
        *figures,
        Figure("check_growth", f"certificate.check: {both}", growth, "x", "one after the other in one daemon"),
        Figure("check_memory", "the daemon's memory with the long list", Spread.of([memory]), "MiB", "VmRSS"),
    ]


def _rounds(house: House, rounds: int) -> tuple[Spread, Spread]:
    """Milliseconds of `certificate.check`, and of a call that does nothing."""
    checks, bare = [], []
    for _ in range(rounds):
        pairs = [(_seconds(house), _bare(house)) for _ in range(EACH_ROUND)]
        checks.append(1e3 * median(check for check, _ in pairs))
        bare.append(1e3 * median(nothing for _, nothing in pairs))
    return Spread.of(checks), Spread.of(bare)


def _seconds(house: House) -> float:
    certificate = base64.b64encode(house.certificates.signature_certificate).decode()
    began = time.perf_counter()
    answer = house.counter.caller.call("certificate.check", certificate_base64=certificate, kind=KIND, **SIGNING)
    taken = time.perf_counter() - began
    assert (answer["result"], answer["usable"]) == ("good", True), answer["answers"]
    return taken


def _bare(house: House) -> float:
    began = time.perf_counter()
    house.counter.caller.call("cards.list")
    return time.perf_counter() - began
