"""Reference cards for the unit tests of the card side: made once as data, a fresh card from it for each test."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from applets_spec.card import Card
from applets_spec.cv_certificate import FaceAuthority
from applets_spec.holder import Holder
from applets_spec.personalise import make_my_number_card
from applets_spec.testca.issue import JpkiCertificates, issue_jpki

MakeMyNumberCard = Callable[..., Card]


@pytest.fixture(scope="session")
def holder() -> Holder:
    return Holder.example("long_address")


@pytest.fixture(scope="session")
def certificates(holder: Holder) -> JpkiCertificates:
    return issue_jpki(holder, 1)


@pytest.fixture(scope="session")
def authority() -> FaceAuthority:
    return FaceAuthority.new()


@pytest.fixture(scope="session")
def my_number_state(holder: Holder, certificates: JpkiCertificates, authority: FaceAuthority) -> dict[str, Any]:
    return make_my_number_card(holder, certificates, authority=authority).to_state()


@pytest.fixture(scope="session")
def make_card(my_number_state: dict[str, Any]) -> MakeMyNumberCard:
    """A fresh My Number card with power; keyword arguments are switches that differ."""

    def make(**variants: object) -> Card:
        state = copy.deepcopy(my_number_state)
        state["variants"] |= variants
        card = Card.from_state(state)
        card.power_on()
        return card

    return make
