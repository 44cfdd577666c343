"""My Number cards of every variant as the driver meets them, for the test files of this folder."""

from dataclasses import replace

import pytest

from applets_spec.card import Card
from applets_spec.holder import Holder
from applets_spec.personalise import make_my_number_card
from applets_spec.testca.issue import JpkiCertificates, issue_jpki
from applets_spec.variants import Variants
from cardd.iso7816.connection import InsertionNotes
from cardd.model import Item
from cardd.pin import Pin
from tests.conformance.driver_connection import CardConnection

DEFAULT = Variants()
VARIANTS = {
    "default": DEFAULT,
    "short APDUs only": replace(DEFAULT, short_apdus_only=True, atr="contact-short"),
    "case 1 refused": replace(DEFAULT, case_1_refused=True),
    "first command fails": replace(DEFAULT, first_command_fails=True),
    "blocked as ISO": replace(DEFAULT, blocked="6983", blocked_status_as_count=False),
    "blocked as JICSAP in status": replace(DEFAULT, blocked_status_as_count=False),
    "verified answers 9000": replace(DEFAULT, verified_status_as_success=True),
    "T=0": replace(DEFAULT, t0=True),
    "no short file identifiers": replace(DEFAULT, files_by_sfi=False),
    "no short file identifiers, case 1 refused": replace(DEFAULT, files_by_sfi=False, case_1_refused=True),
    "end of file warning": replace(DEFAULT, end_of_file_warning=True),
    "contactless, random PUPI": replace(DEFAULT, atr="contactless-pupi"),
    "everything awkward": replace(
        DEFAULT,
        atr="contactless-bare",
        short_apdus_only=True,
        case_1_refused=True,
        first_command_fails=True,
        blocked="6983",
        verified_status_as_success=True,
        files_by_sfi=False,
        end_of_file_warning=True,
        reselect_keeps_verified=True,
    ),
}
BASIC_FOUR = (Item.NAME, Item.ADDRESS, Item.BIRTH_DATE, Item.SEX)


class Insertion:
    """One card in a reader: connections one after the other, with the notes that outlive them."""

    def __init__(self, card: Card, **traits: bool) -> None:
        self.card = card
        self.notes = InsertionNotes()
        self._traits = traits

    def connect(self) -> CardConnection:
        return CardConnection(self.card, self.notes, **self._traits)


def pin(digits: str) -> Pin:
    return Pin(bytearray(digits.encode("ascii")))


@pytest.fixture(scope="module")
def holder() -> Holder:
    return Holder.example("long_address")


@pytest.fixture(scope="module")
def certificates(holder: Holder) -> JpkiCertificates:
    return issue_jpki(holder)


@pytest.fixture(scope="module")
def state(holder: Holder, certificates: JpkiCertificates) -> dict[str, object]:
    return make_my_number_card(holder, certificates).to_state()


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def insertion(request: pytest.FixtureRequest, state: dict[str, object]) -> Insertion:
    return Insertion(Card.from_state({**state, "variants": request.param.to_state()}))


@pytest.fixture
def plain(state: dict[str, object]) -> Insertion:
    return Insertion(Card.from_state(state))
