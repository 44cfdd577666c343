"""From a made-up operator and certificates of the test CA to a badge; and badges as they come from the factory."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from applets_spec.applet import State
from applets_spec.card import Card
from applets_spec.issuer_domain.spec import NAME as ISSUER_DOMAIN
from applets_spec.piv import contents
from applets_spec.piv import keys as badge_keys
from applets_spec.piv import objects as badge_objects
from applets_spec.piv.applet import Piv
from applets_spec.piv.pins import is_pin, is_puk, padded
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import (
    CERTIFICATE_OF,
    FACTORY_MANAGEMENT_KEY,
    FACTORY_PIN,
    FACTORY_PUK,
    MANAGEMENT_KEY_BYTES,
    PIN_TRIES,
    PUK_TRIES,
    Algorithm,
    Tag,
)
from applets_spec.reference_data import ReferenceData
from applets_spec.testca.issue import BadgeCertificates, Operator
from applets_spec.variants import PIV_EXTENDED_ATR, PIV_SHORT_ATR, BlockedAnswer, Variants

BADGE = "badge"
CARD_NUMBER_BYTES = 14


@dataclass(frozen=True, slots=True, repr=False)
class BadgeSecrets:
    """PIN, PUK and management key of a badge. The defaults are those of a personalised test badge, not the factory's."""

    pin: str = "246813"
    puk: str = "97531864"
    management_algorithm: Algorithm = Algorithm.AES_256
    management_key: bytes = bytes(range(0x40, 0x60))
    pin_tries: int = PIN_TRIES
    puk_tries: int = PUK_TRIES

    def __post_init__(self) -> None:
        if not is_pin(padded(self.pin.encode())):
            raise ValueError("PIN: 6 to 8 digits are needed")
        if not is_puk(padded(self.puk.encode())):
            raise ValueError("PUK: at most 8 characters fit")
        if MANAGEMENT_KEY_BYTES.get(self.management_algorithm) != len(self.management_key):
            raise ValueError("management key: its length does not fit its algorithm")


FACTORY_SECRETS = BadgeSecrets(FACTORY_PIN.decode(), FACTORY_PUK.decode(), Algorithm.TDES, FACTORY_MANAGEMENT_KEY)


def badge_variants(*, extended: bool = True) -> Variants:
    """The switches of a plain badge in a contact reader; with or without extended length, and an ATR that says so."""
    return Variants(
        atr=PIV_EXTENDED_ATR if extended else PIV_SHORT_ATR,
        short_apdus_only=not extended,
        blocked=BlockedAnswer.ISO,
        blocked_status_as_count=False,
        verified_status_as_success=True,
        warm_reset_keeps_state=False,
    )


def make_badge(
    operator: Operator,
    certificates: BadgeCertificates,
    variants: Variants | None = None,
    path: Path | None = None,
    *,
    quirks: PivQuirks | None = None,
    secrets: BadgeSecrets | None = None,
    compressed: bool = False,
) -> Card:
    """A personalised badge, saved in `path` (None: in memory only). `compressed`: certificates lie in GZIP streams.

    Raises `CardFileError` when `path` cannot be written.
    """
    switches = quirks or PivQuirks()
    expires = certificates.not_after.date()
    objects: dict[int, bytes] = {
        Tag.CHUID: contents.chuid(certificates.guid, expires),
        Tag.CAPABILITIES: contents.capabilities(_card_number(certificates.guid)),
        Tag.DISCOVERY: contents.discovery(global_pin=switches.global_pin),
        Tag.KEY_HISTORY: contents.key_history(),
        Tag.PRINTED: contents.printed_information(
            operator.name, operator.organisation, expires, operator.employee_number
        ),
    }
    for slot, pair in certificates.slots.items():
        objects[CERTIFICATE_OF[slot]] = contents.certificate(pair.certificate, compressed=compressed)
    keys = {slot: pair.key for slot, pair in certificates.slots.items()}
    return _make(secrets or BadgeSecrets(), switches, keys, objects, variants, path)


def make_blank_badge(
    path: Path | None = None,
    variants: Variants | None = None,
    *,
    quirks: PivQuirks | None = None,
    management_algorithm: Algorithm = Algorithm.TDES,
    number: int = 1,
) -> Card:
    """A badge as the factory delivers it: public default secrets, no keys, no certificates, a container for its number.

    `management_algorithm`: 3DES, or AES-192 as newer products have it; the key bytes are the same.
    """
    switches = quirks or PivQuirks()
    secrets = replace(FACTORY_SECRETS, management_algorithm=management_algorithm)
    guid = uuid.uuid5(uuid.NAMESPACE_URL, f"test-blank-badge:{number}")
    objects: dict[int, bytes] = {
        Tag.CAPABILITIES: contents.capabilities(_card_number(guid)),
        Tag.DISCOVERY: contents.discovery(global_pin=switches.global_pin),
    }
    return _make(secrets, switches, {}, objects, variants, path)


def _make(
    secrets: BadgeSecrets,
    quirks: PivQuirks,
    keys: Mapping[int, badge_keys.PrivateKey],
    objects: Mapping[int, bytes],
    variants: Variants | None,
    path: Path | None,
) -> Card:
    pin = padded(secrets.pin.encode())
    piv: State = {
        "quirks": quirks.to_state(),
        "pin": ReferenceData.fresh(pin, secrets.pin_tries).to_state(),
        "puk": ReferenceData.fresh(padded(secrets.puk.encode()), secrets.puk_tries).to_state(),
        "global_pin": ReferenceData.fresh(pin, secrets.pin_tries).to_state(),
        "management": {"algorithm": int(secrets.management_algorithm), "key": secrets.management_key.hex()},
        "keys": badge_keys.to_state(keys),
        "objects": badge_objects.to_state(objects),
    }
    state = {
        "card_type": BADGE,
        "variants": (variants or badge_variants()).to_state(),
        "root": None,
        "applets": {Piv.name: piv, ISSUER_DOMAIN: {"objects": {}}},
    }
    card = Card.from_state(state, path)
    card.save()
    return card


def _card_number(guid: uuid.UUID) -> bytes:
    return hashlib.sha256(guid.bytes).digest()[:CARD_NUMBER_BYTES]
