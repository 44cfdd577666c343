"""Every vector of the specification against the reference card it names; every clause is shown by something."""

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from applets_spec import clauses
from applets_spec.card import Card
from applets_spec.card_info import spec as card_info
from applets_spec.card_surface import spec as card_surface
from applets_spec.common_card import spec as common_card
from applets_spec.cv_certificate import FaceAuthority
from applets_spec.holder import Holder
from applets_spec.issuer_domain import spec as issuer_domain
from applets_spec.jpki import spec as jpki
from applets_spec.personalise import make_juki_card, make_my_number_card
from applets_spec.resident_register import spec as resident_register
from applets_spec.testca.issue import issue_jpki
from applets_spec.vectors import Vector, load_vectors, run

VECTORS = [vector for vector in load_vectors() if not vector.card.startswith("piv-")]
"""All but those on badges with zeros for random bytes: `test_piv_vectors.py` walks them."""
SPECS = (clauses, jpki, card_info, card_surface, resident_register, common_card, issuer_domain)
CLAUSES = {clause.id: clause for spec in SPECS for clause in spec.CLAUSES}
TABLES = [spec.TABLE for spec in (jpki, card_info, card_surface, resident_register, common_card)]

SHOWN_BY_UNIT_TESTS = {
    "atr.contact",
    "atr.contactless",
    "atr.pupi",
    "card-info.hashes-signature",
    "card-surface.images",
    "card-surface.face-signature",
}
"""Clauses about content that a vector cannot compute."""


@cache
def _states() -> Mapping[str, dict[str, Any]]:
    holder, child = Holder.example("long_address"), Holder.example("child")
    authority = FaceAuthority.new()
    certificates = issue_jpki(holder, 1)
    return {
        "my_number": make_my_number_card(holder, certificates, authority=authority).to_state(),
        "juki": make_juki_card(holder, certificates, authority=authority).to_state(),
        "child": make_my_number_card(child, issue_jpki(child, 2), authority=authority).to_state(),
    }


def _make_card(name: str, variants: Mapping[str, Any]) -> Card:
    state = copy.deepcopy(_states()[name])
    state["variants"] |= variants
    return Card.from_state(state)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_reference_card_does_what_the_vector_says(vector: Vector) -> None:
    run(vector, _make_card)


def test_vector_ids_are_unique() -> None:
    ids = [vector.id for vector in VECTORS]
    assert sorted(set(ids)) == sorted(ids)


def test_clause_ids_are_unique() -> None:
    ids = [clause.id for spec in SPECS for clause in spec.CLAUSES]
    assert sorted(set(ids)) == sorted(ids)


def test_vectors_name_clauses_that_exist() -> None:
    named = {clause for vector in VECTORS for clause in vector.clauses}
    assert named <= CLAUSES.keys()


def test_tables_name_clauses_that_exist() -> None:
    rows = {row.clause for table in TABLES for row in (*table.efs, *table.commands, table)}
    assert rows <= CLAUSES.keys()


@pytest.mark.parametrize("clause", sorted(CLAUSES.keys() - SHOWN_BY_UNIT_TESTS))
def test_every_clause_is_shown_by_a_vector(clause: str) -> None:
    assert any(clause in vector.clauses for vector in VECTORS)


@pytest.mark.parametrize("clause", [one for one in CLAUSES.values() if one.source == "-"], ids=lambda one: one.id)
def test_clause_without_source_is_marked_as_assumed(clause: clauses.Clause) -> None:
    assert clause.assumed
