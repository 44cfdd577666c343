"""Which PIN a holder may choose for a badge: not the factory's, and none that is the first to be guessed."""

from collections.abc import Mapping
from itertools import pairwise

from cardd.errors import PinFormat
from cardd.gate.door import Door
from cardd.model import PinKind, PinOutcome
from cardd.pin import Pin

FACTORY_PIN = b"123456"
"""What makers deliver cards with (docs.yubico.com, PIV: default PIN; arekinath/PivApplet README)."""


async def ask_new_pin(door: Door, about: Mapping[str, str]) -> Pin:
    """A PIN that its holder types twice, for the caller to wipe. Raises as `refuse_weak`, and what `Door.new_secret` raises."""
    pin = await door.new_secret(PinKind.BADGE, door.card_type.pins[PinKind.BADGE].shape, about)
    try:
        refuse_weak(pin)
    except BaseException:
        pin.wipe()
        raise
    return pin


def refuse_weak(pin: Pin) -> None:
    """Raise `PinFormat` with `factory_pin`, `all_equal` or `run` (ascending or descending, 9 and 0 being neighbours)."""
    problem = _problem(pin.octets)
    if problem is not None:
        raise PinFormat(which=PinKind.BADGE, problem=problem, pin=PinOutcome.UNTOUCHED)


def _problem(octets: bytearray) -> str | None:
    if octets == FACTORY_PIN:
        return "factory_pin"
    steps = {(after - before) % 10 for before, after in pairwise(octets)}
    if steps == {0}:
        return "all_equal"
    return "run" if steps in ({1}, {9}) else None
