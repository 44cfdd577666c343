"""Two different acts never look the same to the second person, and never have one hash."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.errors import Internal
from cardd.gate.fields import content_of
from cardd.gate.request import Request
from cardd.model import CardHandle, Item, KeyRole, Operation, Peer, PinKind, SeatName
from cardd.ports import Call, Caller
from cardd.state.approvals import content_hash
from tests.unit.cardd.gate.gate_house import Person

CALL = Call("r-1", "card.read", Caller(Peer(1, 1, 1), "app", SeatName("counter"), "en"), Person(), lambda _: None, None)
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
WORDS = st.sampled_from(["digests", "format", "age", "count", "seconds", "hash", "name", "role", "operator"])
REQUESTS = st.builds(
    Request,
    st.just(CALL),
    st.sampled_from([each for each in Operation if each is not Operation.BADGE_ENROL]),
    st.sampled_from([CardHandle("c-0000-1"), CardHandle("c-0000-2")]),
    purpose=TEXT,
    case=TEXT,
    items=st.lists(st.sampled_from(Item), unique=True, max_size=3).map(tuple),
    key=st.none() | st.sampled_from(KeyRole),
    pins=st.lists(st.sampled_from(PinKind), unique=True, max_size=2).map(tuple),
    content=st.dictionaries(WORDS, TEXT, max_size=3).map(lambda words: tuple(sorted(words.items()))),
)
CARDS = st.none() | st.sampled_from(["1" * 32, "2" * 32])


@pytest.mark.proves("S9", "fault 97")
@given(REQUESTS, REQUESTS, CARDS, CARDS)
def test_one_hash_means_one_act(one: Request, other: Request, card: str | None, other_card: str | None) -> None:
    # Which insertion it is matters only where the card has no pseudonym.
    same_card = card == other_card and (card is not None or one.card == other.card)
    same = same_card and replace(one, card=other.card) == other
    hashes = {content_hash(content_of(request, {"card": of})) for request, of in ((one, card), (other, other_card))}
    assert (len(hashes) == 1) is same


@pytest.mark.proves("S9", "fault 97")
@given(REQUESTS, st.sampled_from(["purpose", "case"]), TEXT)
def test_text_of_one_field_never_becomes_that_of_another(request: Request, field: str, text: str) -> None:
    changed = replace(request, purpose=text) if field == "purpose" else replace(request, case=text)
    same = content_of(changed, {}) == content_of(request, {})
    assert same is (changed == request)


@pytest.mark.proves("S9")
@pytest.mark.parametrize(
    "word", ["operation", "purpose", "case", "items", "key", "pins", "card", "insertion", "requester"]
)
def test_a_use_case_cannot_say_what_the_gate_says(word: str) -> None:
    request = Request(CALL, Operation.READ, CardHandle("c-0000-1"), "identity_check", "R8-1", content=((word, "x"),))
    with pytest.raises(Internal):
        content_of(request, {})
