"""Cards made once and copied for each test, and the folder that a judge works in."""

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from applets_spec.card import Card
from applets_spec.holder import Holder
from applets_spec.personalise import make_juki_card, make_my_number_card
from applets_spec.piv.personalise import make_badge, make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import Algorithm
from applets_spec.testca.issue import BadgeCertificates, JpkiCertificates, Operator, issue_badge, issue_jpki
from applets_spec.testca.keys import KeyAlgorithm
from tests.fixtures.pcscd import PcscBox
from tests.judges.tools import DOCUMENT, Bench

OPERATOR = Operator("TEST HANAKO", "A0001")
HOLDER = "long_address"


@cache
def jpki_certificates() -> JpkiCertificates:
    return issue_jpki(Holder.example(HOLDER), 1)


@cache
def badge_certificates(algorithm: KeyAlgorithm) -> BadgeCertificates:
    return issue_badge(OPERATOR, algorithm, 1)


def make_badge_with(algorithm: KeyAlgorithm, *, compressed: bool = False) -> Card:
    return make_badge(OPERATOR, badge_certificates(algorithm), compressed=compressed)


KINDS: dict[str, Callable[[], Card]] = {
    "my-number": lambda: make_my_number_card(Holder.example(HOLDER), jpki_certificates()),
    "juki": lambda: make_juki_card(Holder.example(HOLDER), jpki_certificates()),
    "badge-rsa": lambda: make_badge_with(KeyAlgorithm.RSA_2048),
    "badge-p256": lambda: make_badge_with(KeyAlgorithm.P256),
    "badge-compressed": lambda: make_badge_with(KeyAlgorithm.RSA_2048, compressed=True),
    "blank": make_blank_badge,
    "blank-aes": lambda: make_blank_badge(management_algorithm=Algorithm.AES_192),
    "blank-with-vendor-command": lambda: make_blank_badge(quirks=PivQuirks(set_management_key=True)),
}


@cache
def state_of(kind: str) -> dict[str, Any]:
    """The whole card as data."""
    return KINDS[kind]().to_state()


@pytest.fixture
def bench(tmp_path: Path, pcscd: PcscBox) -> Bench:
    """The judge's place, with the document to sign in it."""
    made = Bench(tmp_path, pcscd.socket_path)
    made.write("document", DOCUMENT)
    return made


@pytest.fixture
def insert(pcscd: PcscBox) -> Callable[..., Card]:
    """Put a new card of a kind into the first reader, with switches changed."""

    def put_in(kind: str, **variants: Any) -> Card:
        state = copy.deepcopy(state_of(kind))
        state["variants"] |= variants
        card = Card.from_state(state)
        pcscd.insert(card)
        return card

    return put_in


@pytest.fixture
def jpki() -> JpkiCertificates:
    """What the resident's cards carry."""
    return jpki_certificates()


@pytest.fixture(params=[KeyAlgorithm.RSA_2048, KeyAlgorithm.P256], ids=["rsa", "p256"])
def algorithm(request: pytest.FixtureRequest) -> KeyAlgorithm:
    """The test runs for badges of both kinds."""
    return KeyAlgorithm(request.param)
