"""What the tests of badge making share: blank badges of every kind, and the office that makes them."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from applets_spec.card import Card
from applets_spec.piv.personalise import badge_variants, make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import Algorithm
from applets_spec.variants import Variants
from cardd.cards.management_key import ManagementAlgorithm, ManagementKey
from cardd.enrolment.secrets import BadgeMasterKey
from cardd.iso7816.connection import InsertionNotes
from cardd.pin import Pin
from tests.conformance.driver_connection import CardConnection, RawCard

MASTER = BadgeMasterKey(bytes(range(1, 65)))
GUID = uuid.UUID("3f2b9c4e-7d10-4a53-9c1e-0b8a77d0e5f1").bytes
EXPIRES = date(2030, 3, 31)
FACTORY_PIN, FACTORY_PUK = "123456", "12345678"

BLANKS: dict[str, tuple[Variants, PivQuirks, Algorithm]] = {
    "3DES, extended": (badge_variants(), PivQuirks(), Algorithm.TDES),
    "3DES, short": (badge_variants(extended=False), PivQuirks(), Algorithm.TDES),
    "AES, extended": (badge_variants(), PivQuirks(), Algorithm.AES_192),
    "AES, short, own key": (badge_variants(extended=False), PivQuirks(set_management_key=True), Algorithm.AES_192),
    "3DES, own key": (badge_variants(), PivQuirks(set_management_key=True), Algorithm.TDES),
    "short, ATR says nothing": (
        replace(badge_variants(), short_apdus_only=True, atr="contactless-bare"),
        PivQuirks(),
        Algorithm.TDES,
    ),
    "T=0": (replace(badge_variants(), t0=True, atr="contactless-bare"), PivQuirks(), Algorithm.AES_192),
    "no witness": (badge_variants(), PivQuirks(no_witness=True), Algorithm.TDES),
    "wrong key as 6A80": (badge_variants(), PivQuirks(wrong_management_key_as_wrong_data=True), Algorithm.AES_192),
}


def digits(text: str) -> Pin:
    return Pin(bytearray(text.encode("ascii")))


def blank(name: str = "3DES, extended") -> Card:
    variants, quirks, algorithm = BLANKS[name]
    return make_blank_badge(None, variants, quirks=quirks, management_algorithm=algorithm)


def connect(card: RawCard) -> CardConnection:
    return CardConnection(card, InsertionNotes())


def key(algorithm: ManagementAlgorithm, octets: Iterable[int]) -> ManagementKey:
    return ManagementKey(algorithm, bytearray(octets))


def other_key(algorithm: ManagementAlgorithm = ManagementAlgorithm.TDES) -> ManagementKey:
    """A key that no badge here has."""
    return key(algorithm, range(0x51, 0x51 + algorithm.key_bytes))
