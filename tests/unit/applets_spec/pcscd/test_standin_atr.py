"""Which protocols a reader takes from an ATR."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.pcscd.atr import choose_protocol, offered_protocols
from applets_spec.pcscd.numbers import Protocol

BOTH = Protocol.T0 | Protocol.T1


@pytest.mark.parametrize(
    ("atr", "preferred", "chosen"),
    [
        ("3B00", BOTH, Protocol.T0),
        ("3BDA13FF8131FB468012392F31C173C601C03B", BOTH, Protocol.T1),
        ("3BDA13FF8131FB468012392F31C173C601C03B", Protocol.T0, None),
        ("3BF59100FF918171FE400042000100D1D6", BOTH, Protocol.T1),
        ("3B8080010A", BOTH, Protocol.T1),
        ("3B8080010A", Protocol.ANY_OLD, Protocol.T1),
        ("3B9011801010", BOTH, Protocol.T0),
        ("3BF011FF0110", BOTH, None),
        ("3B", BOTH, None),
        ("", BOTH, None),
        ("FF00", BOTH, None),
        ("3BF0", BOTH, None),
    ],
)
def test_the_protocol_follows_from_atr_and_wish(atr: str, preferred: Protocol, chosen: Protocol | None) -> None:
    assert choose_protocol(bytes.fromhex(atr), preferred) == chosen


@given(st.binary(max_size=60))
@pytest.mark.proves("fault 31")
def test_no_atr_breaks_the_reader(atr: bytes) -> None:
    offered = offered_protocols(atr)
    assert (offered.default in offered.available) or not offered.default
