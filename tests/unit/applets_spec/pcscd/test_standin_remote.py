"""Requests from another process: strictly read, refused with a reason, never fatal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.pcscd.profile import PadProfile, ReaderProfile
from applets_spec.pcscd.remote import ACTIONS, Remote
from applets_spec.pcscd.server import StandInPcscd


def remote() -> Remote:
    return Remote(StandInPcscd(Path("/nowhere"), [ReaderProfile("Plain"), ReaderProfile("Pad", pad=PadProfile())]))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", "this is no JSON"),
        (b"[" * 100_000, "this is no JSON"),
        (b"[]", "a request is an object"),
        (b"{}", "a request is an object"),
        (b'{"do": "explode"}', "`do` is one of list, insert"),
        (b'{"do": "pull"}', "the field `reader` is missing"),
        (b'{"do": "pull", "reader": "0"}', "`reader` must be a whole number"),
        (b'{"do": "pull", "reader": true}', "`reader` must be a whole number"),
        (b'{"do": "pull", "reader": 0, "now": 1}', "unknown field `now`"),
        (b'{"do": "pull", "reader": -1}', "there is no reader -1"),
        (b'{"do": "pull", "reader": 0}', "there is no card in this reader"),
        (b'{"do": "insert", "reader": 0, "card": "/no/such"}', "cannot read the card file"),
        (b'{"do": "fault", "reader": 0}', "there is no card in this reader"),
        (b'{"do": "pad.type", "reader": 0, "digits": "1234"}', "this reader has no PIN pad"),
        (b'{"do": "plug", "name": ""}', "1 to 127 bytes"),
        (b'{"do": "plug", "name": "a\\u0000b"}', "no NUL"),
    ],
)
def test_a_wrong_request_is_refused_with_the_reason(line: bytes, error: str) -> None:
    answer = json.loads(remote().handle(line))
    assert answer["ok"] is False
    assert error in answer["error"]


def test_the_list_shows_readers_and_pads() -> None:
    answer = json.loads(remote().handle(b'{"do": "list"}'))
    assert answer["ok"] is True
    assert [(row["name"], row["card"], row["pad"]) for row in answer["readers"]] == [
        ("Plain", None, None),
        ("Pad", None, "idle"),
    ]


@given(
    st.dictionaries(
        st.sampled_from(["reader", "card", "digits", "script", "trace", "name", "pad"]),
        st.integers() | st.text(max_size=5),
    ),
    st.sampled_from(sorted(set(ACTIONS) - {"start", "restart", "trace", "fault", "insert"})),
)
def test_any_request_gets_one_line_back(fields: dict[str, object], do: str) -> None:
    answer = remote().handle(json.dumps({"do": do, **fields}).encode())
    assert answer.endswith(b"\n")
    assert answer.count(b"\n") == 1
    assert "ok" in json.loads(answer)
