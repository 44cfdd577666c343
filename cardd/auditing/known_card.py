"""By what a resident's card stands in the record, and for how long: its pseudonym follows the authentication certificate (decision in
`cardd.audit.pseudonym`), and a renewed certificate makes another one of the same card.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cardd.audit.pseudonym import DER_SEQUENCE
from cardd.cards.card_type import Application
from cardd.errors import CardBadAnswer, CardItemAbsent
from cardd.gate.door import Door
from cardd.gate.step import Step
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import KeyRole

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Validity:
    """Of the certificate by which a card is known: from when to when, microseconds since 1970, UTC."""

    since_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class CardLook:
    """What the card shows today. `validity` None: it is known by something else, or its certificate says nothing that can be read."""

    identities: tuple[bytes, ...] = field(repr=False)
    validity: Validity | None


async def look(door: Door) -> CardLook:
    """Everything by which the card may stand in the record; empty where it shows nothing. Its PIN state is not needed.

    Raises what `Door.run` raises.
    """
    card_type = door.card_type
    read = card_type.identities
    if read is None:
        await door.run(Step(Application.JPKI, lambda _card, _unlocked: None))  # that it is the card that was put in
        return CardLook((door.identity,) if door.identity is not None else (), None)

    def work(card: SmartCardConnection, _: object) -> tuple[tuple[bytes, ...], bytes | None]:
        found = read(card)
        if not any(each[:1] == bytes((DER_SEQUENCE,)) for each in found):
            return found, None
        try:
            return found, card_type.read_certificate(card, KeyRole.AUTHENTICATION)
        except (CardItemAbsent, CardBadAnswer):
            # It is known by its first bytes all the same; that no date can be said stands in the answer.
            return found, None

    identities, certificate = await door.run(Step(Application.JPKI, work))
    if certificate is None:
        return CardLook(identities, None)
    door.remember_certificate(KeyRole.AUTHENTICATION, certificate)
    return CardLook(identities, validity_of(certificate))


def validity_of(certificate: bytes) -> Validity | None:
    """Of a certificate in DER; None for what is none."""
    # Late: the daemon that waits for its first login has no certificate code in memory (1.3 MiB).
    from cryptography import x509  # noqa: PLC0415

    try:
        parsed = x509.load_der_x509_certificate(certificate)
        since, until = parsed.not_valid_before_utc, parsed.not_valid_after_utc
    except (ValueError, x509.InvalidVersion):
        return None
    return Validity(_us(since), _us(until))


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
