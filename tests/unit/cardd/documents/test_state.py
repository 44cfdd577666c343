"""What stands between prepare and finish."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cardd.documents.errors import DocumentError
from cardd.documents.model import Facts, Format, Order
from cardd.documents.state import dump_state, load_state

FACTS = Facts("申請書.pdf", "application/pdf", 12, "ab" * 32, 3)
ORDER = Order("raw", "sha384", bytes(48))
REST = {"octets": b"\0\xff", "text": "字", "number": 7, "flag": True, "nothing": None, "many": [b"1", b""]}


def test_everything_comes_back() -> None:
    state = load_state(dump_state(Format.JWS, FACTS, ORDER, REST), Format.JWS)
    assert (state.facts, state.order) == (FACTS, ORDER)
    assert state.octets("octets") == state.optional_octets("octets") == b"\0\xff"
    assert state.text("text") == state.optional_text("text") == "字"
    assert (state.number("number"), state.flag("flag")) == (7, True)
    assert state.optional_text("nothing") is None
    assert state.optional_octets("nothing") is None
    assert state.many_octets("many") == (b"1", b"")


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        ("octets", "text"),
        ("octets", "nowhere"),
        ("text", "octets"),
        ("number", "flag"),
        ("flag", "number"),
        ("many_octets", "octets"),
        ("optional_text", "number"),
    ],
)
def test_another_type_than_asked_for_is_refused(ask: str, name: str) -> None:
    state = load_state(dump_state(Format.JWS, FACTS, ORDER, REST), Format.JWS)
    with pytest.raises(DocumentError, match=r"\Astate_unreadable\Z"):
        getattr(state, ask)(name)


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(dump_state(Format.JWS, FACTS, ORDER, REST)) | changes).encode()


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", "state_unreadable"),
        (b"[]", "state_unreadable"),
        (b"\xff", "state_unreadable"),
        (b"[" * 100_000, "state_unreadable"),
        (changed(form="another"), "state_unreadable"),
        (changed(version=2), "state_version"),
        (changed(format="cades"), "state_other_format"),
        (changed(rest=[]), "state_unreadable"),
        (changed(facts={}), "state_unreadable"),
        (changed(facts=[]), "state_unreadable"),
        (changed(facts={"name": 1, "media_type": "", "size": 1, "sha256": ""}), "state_unreadable"),
        (changed(facts={"name": "", "media_type": "", "size": -1, "sha256": ""}), "state_unreadable"),
        (changed(facts={"name": "", "media_type": "", "size": 1, "sha256": "", "pages": True}), "state_unreadable"),
        (changed(order=None), "state_unreadable"),
        (changed(order={"signature_format": "x", "hash_name": "sha256", "digest": {"base64": ""}}), "state_unreadable"),
        (changed(order={"signature_format": "raw", "hash_name": [], "digest": {"base64": ""}}), "state_unreadable"),
        (
            changed(order={"signature_format": "raw", "hash_name": "sha256", "digest": {"base64": "AA="}}),
            "state_unreadable",
        ),
        (changed(order={"signature_format": [], "hash_name": "sha256", "digest": {"base64": "A"}}), "state_unreadable"),
    ],
)
def test_what_is_no_state_of_ours_is_refused_by_name(octets: bytes, problem: str) -> None:
    with pytest.raises(DocumentError, match=rf"\A{problem}\Z"):
        load_state(octets, Format.JWS)


def test_neither_name_nor_digest_shows_in_a_repr() -> None:
    shown = repr(load_state(dump_state(Format.JWS, FACTS, ORDER, REST), Format.JWS)) + repr(FACTS) + repr(ORDER)
    assert "申請書" not in shown
    assert "base64" not in shown
