"""The badge's vectors against the reference badge; every PIV clause is shown by one of them."""

import copy
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import pytest

from applets_spec.card import Card
from applets_spec.piv.personalise import make_badge, make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import CLAUSES, COMMANDS, KEYS
from applets_spec.testca.issue import Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.vectors import Vector, VectorFailed, load_vectors, run

VECTORS = [vector for vector in load_vectors() if vector.card.startswith("piv-")]
QUIRKS = {field.name for field in fields(PivQuirks)}
OPERATOR = Operator("TEST Hanako", "A0001")


def make_with(name: str, quirks: PivQuirks) -> Card:
    if name == "piv-blank":
        return make_blank_badge(quirks=quirks)
    return make_badge(OPERATOR, issue_badge(OPERATOR, ALGORITHMS[name]), quirks=quirks)


ALGORITHMS = {"piv-rsa": KeyAlgorithm.RSA_2048, "piv-p256": KeyAlgorithm.P256}


@cache
def state_of(name: str, quirks: PivQuirks) -> dict[str, Any]:
    return make_with(name, quirks).to_state()


def make_card(name: str, switches: Mapping[str, Any]) -> Card:
    """A badge whose random bytes are zeros; switches of the card and of PIV mixed, as the vectors write them."""
    quirks = PivQuirks(**{word: value for word, value in switches.items() if word in QUIRKS})
    state = copy.deepcopy(state_of(name, quirks))
    state["variants"] |= {word: value for word, value in switches.items() if word not in QUIRKS}
    return Card.from_state(state, random=bytes)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_reference_badge_does_what_the_vector_says(vector: Vector) -> None:
    run(vector, make_card)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_every_piv_clause_is_shown_by_a_vector(clause) -> None:
    assert any(clause.id in vector.clauses for vector in VECTORS)


def test_tables_name_clauses_that_exist() -> None:
    known = {clause.id for clause in CLAUSES}
    assert {row.clause for row in (*COMMANDS.values(), *KEYS.values())} <= known


def test_piv_clauses_named_by_vectors_exist() -> None:
    named = {clause for vector in load_vectors() for clause in vector.clauses if clause.startswith("piv.")}
    assert named <= {clause.id for clause in CLAUSES}


def test_vectors_can_fail() -> None:
    vector = next(vector for vector in VECTORS if vector.id == "piv.pin.right-wrong-blocked")
    with pytest.raises(VectorFailed):
        run(vector, lambda name, switches: make_card(name, {**switches, "tries_in_low_nibble": True}))
