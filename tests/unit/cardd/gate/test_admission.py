"""Whether a request may begin: what is asked first, what a second person's yes is worth, and what stands on record."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cardd.errors import (
    ApprovalInvalid,
    ApprovalRequired,
    CardAbsent,
    CarddError,
    LockedDown,
    PinTooOld,
    PolicyDenied,
    SessionLocked,
    SessionRequired,
)
from cardd.gate import fields
from cardd.gate.request import NO_CARD, Request
from cardd.model import CardHandle, Item, KeyRole, Operation, PinKind
from cardd.policy.load import from_bytes
from cardd.sessions.table import SessionEnd
from cardd.state.approvals import content_hash
from tests.unit.cardd.gate.admission_house import KATO, PLAIN, SUZUKI, Desk
from tests.unit.cardd.gate.gate_house import ELSEWHERE, POLICY


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def refusal(desk: Desk, **more: Any) -> CarddError:
    with pytest.raises(CarddError) as refused:
        await desk.ask(**more)
    assert desk.card.did == []
    assert desk.journal.intents == []
    return refused.value


# --- the order -------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S3", "S6", "S7", "S9")
async def test_what_is_asked_first(desk: Desk) -> None:
    """Everything is wrong at once; each thing that is put right brings up the next one."""
    wrong = {"card": CardHandle("c-5f1e-99"), "purpose": "curiosity"}
    desk.lockdown.engage("kato", "drill")
    desk.sessions.end_all(SessionEnd.LOGOUT)
    assert isinstance(await refusal(desk, **wrong), LockedDown)
    desk.lockdown.vote(KATO)
    desk.lockdown.vote(SUZUKI)
    assert isinstance(await refusal(desk, **wrong), CardAbsent)
    del wrong["card"]
    assert isinstance(await refusal(desk, **wrong), SessionRequired)
    desk.log_in()
    assert desk.session is not None
    desk.clock.now += 301
    assert isinstance(await refusal(desk, **wrong), SessionLocked)
    desk.sessions.unlocked(desk.session)
    desk.clock.now += 299
    desk.sessions.activity(desk.session)
    desk.clock.now += 2
    assert isinstance(await refusal(desk, **wrong), PolicyDenied)
    assert isinstance(await refusal(desk), PinTooOld)
    desk.sessions.unlocked(desk.session)
    assert isinstance(await refusal(desk), ApprovalRequired)


@pytest.mark.proves("S9")
async def test_what_touches_no_card_is_refused_under_the_emergency_stop_too_but_not_the_stop_itself(desk: Desk) -> None:
    desk.lockdown.engage("kato", "drill")
    with pytest.raises(LockedDown):
        await desk.gate.allow(Request(desk.call(), Operation.BADGE_BLOCK, NO_CARD))
    assert await desk.gate.allow(Request(desk.call(), Operation.LOCKDOWN, NO_CARD)) is desk.session


# --- a second person -------------------------------------------------------------------------------------------------


@pytest.mark.proves("S9")
async def test_who_approved_what_stands_on_record(desk: Desk) -> None:
    number = await desk.asked()
    waiting = desk.approvals.find(number)
    assert waiting is not None
    (refused,) = desk.journal.states
    assert (refused.code, refused.approval, refused.content, refused.approver) == (
        "approval.required", number, waiting.content_hash, None,
    )  # fmt: skip
    desk.approvals.give(number, KATO, waiting.content_hash, b"proof")
    assert (await desk.ask(approval=number)).result == "result"
    (intent,) = desk.journal.intents
    assert (intent.operator, intent.approver, intent.approval, intent.content, intent.rule) == (
        "sato", "kato", number, waiting.content_hash, "resident_code_work",
    )  # fmt: skip
    assert intent.emergency is None


async def test_each_thing_that_is_asked_for_stands_on_record_by_itself(desk: Desk) -> None:
    """Also within the minute in which other refusals of one kind are only counted."""
    numbers = [await desk.asked(case=f"R8-{number}") for number in range(3)]
    await desk.asked(case="R8-0")
    assert [record.approval for record in desk.journal.states] == numbers


@pytest.mark.proves("S9", "fault 97")
async def test_an_approval_serves_once(desk: Desk) -> None:
    number = await desk.approved()
    await desk.ask(approval=number)
    with pytest.raises(ApprovalInvalid) as refused:
        await desk.ask(approval=number)
    assert (refused.value.facts.problem, refused.value.facts.approval) == ("used", number)
    assert len(desk.journal.intents) == 1


@pytest.mark.proves("S9")
async def test_what_was_begun_under_an_approval_is_finished_under_it_by_the_same_person_alone(desk: Desk) -> None:
    number = await desk.approved()
    assert (await refusal(desk, resumes=number)).facts.problem == "unknown", "it was not begun yet"
    await desk.ask(approval=number)
    assert (await desk.ask(resumes=number)).result == "result"
    assert [record.approver for record in desk.journal.intents] == ["kato", "kato"]
    for more, problem in (({"case": "R8-2"}, "other_content"), ({"resumes": "a-" + "0" * 16}, "unknown")):
        with pytest.raises(ApprovalInvalid) as refused:
            await desk.ask(**{"resumes": number, **more})
        assert refused.value.facts.problem == problem
    desk.sessions.end_all(SessionEnd.LOGOUT)
    desk.session = desk.sessions.start(*_place(desk), KATO, "e" * 64)
    with pytest.raises(ApprovalInvalid) as refused:
        await desk.ask(resumes=number)
    assert refused.value.facts.problem == "other_requester"


def _place(desk: Desk) -> tuple[Any, Any, int]:
    assert desk.session is not None
    return desk.session.seat, desk.session.badge, desk.session.uid


async def test_the_same_request_again_is_the_same_question(desk: Desk) -> None:
    assert await desk.asked() == await desk.asked()


@pytest.mark.proves("S9", "fault 97")
@pytest.mark.parametrize("seconds", [299.0, 301.0])
async def test_an_approval_lasts_five_minutes(desk: Desk, seconds: float) -> None:
    number = await desk.approved()
    desk.pass_s(150.0)
    desk.pass_s(seconds - 150.0)
    assert desk.session is not None
    desk.sessions.unlocked(desk.session)
    if seconds < 300:
        await desk.ask(approval=number)
        return
    assert (await refusal(desk, approval=number)).facts.problem == "expired"


@pytest.mark.proves("S9", "fault 97")
@pytest.mark.parametrize(
    "other",
    [
        {"case": "R8-2"},
        {"case": "R8-1 "},
        {"case": "r8-1"},
        {"items": (Item.NAME, Item.SEX)},
        {"items": ()},
        {"operation": Operation.CERTIFICATE, "key": KeyRole.SIGNATURE, "items": ()},
        {"pins": (PinKind.VERIFICATION_B,)},
        {"content": (("age", "19"),)},
        {"content": (("age", "2"), ("0", "age"))},
        {"content": ()},
    ],
    ids=str,
)
async def test_an_approval_is_for_exactly_what_was_shown(desk: Desk, other: dict[str, Any]) -> None:
    approved = {"items": (Item.NAME, Item.AGE_OVER), "content": (("age", "20"),)}
    desk.in_force.put_policy(_age_too(desk))
    number = await desk.approved(**approved)
    assert isinstance(await refusal(desk, **{**approved, **other, "approval": number}), ApprovalInvalid | PolicyDenied)
    assert (await desk.ask(**approved, approval=number)).result == "result", "and the refusal did not use it up"


def _age_too(desk: Desk) -> Any:
    """The example policy, with `age_over` under the purpose that needs a second person."""
    text = POLICY.read_text("utf-8")
    row = text.index('id = "resident_code_work"')
    items = text.index('"card_expiry"]', row)
    return from_bytes((text[:items] + '"card_expiry", "age_over"]' + text[items + len('"card_expiry"]') :]).encode())


@pytest.mark.proves("S9", "fault 97")
def test_each_word_of_a_request_makes_it_another_content(desk: Desk) -> None:
    whole = {
        "operation": Operation.SIGN, "card": CardHandle("c-5f1e-1"), "purpose": "resident_code", "case": "R8-1",
        "items": (Item.NAME, Item.SEX), "key": KeyRole.SIGNATURE, "pins": (PinKind.SIGNATURE,),
        "content": (("digests", "a" * 64), ("format", "sha256.cades_b")),
    }  # fmt: skip
    facts = {"card": "c" * 32}
    hashes = [_hash(desk, whole, facts), _hash(desk, whole, {"card": "c" * 31 + "d"}), _hash(desk, whole, {})]
    for word, other in {
        "operation": Operation.GRANT,
        "purpose": "resident_cod",
        "case": "R8-10",
        "items": (Item.SEX, Item.NAME),
        "key": KeyRole.AUTHENTICATION,
        "pins": (PinKind.AUTHENTICATION,),
        "content": (("digests", "a" * 63 + "b"), ("format", "sha256.cades_b")),
    }.items():
        hashes.append(_hash(desk, {**whole, word: other}, facts))
    hashes.append(_hash(desk, {**whole, "content": (("digests", "a" * 64), ("format", "sha384.cades_b"))}, facts))
    assert len(set(hashes)) == len(hashes)


def _hash(desk: Desk, order: dict[str, Any], facts: dict[str, Any]) -> str:
    return content_hash(fields.content_of(Request(desk.call(), **order), facts))


@pytest.mark.proves("S9", "fault 97")
async def test_an_approval_is_for_the_same_card_in_whatever_reader_and_for_no_other(desk: Desk) -> None:
    number = await desk.approved()
    other = desk.insert("second", identity=ELSEWHERE)
    assert (await refusal(desk, card=other.ref.handle, approval=number)).facts.problem == "other_content"
    desk.table.end(desk.entry)
    again = desk.insert("third")
    assert (await desk.ask(card=again.ref.handle, approval=number)).result == "result"


@pytest.mark.proves("S9")
async def test_a_card_that_cannot_be_named_is_approved_for_its_insertion_alone(desk: Desk) -> None:
    """Without a pseudonym two cards would look the same to whoever agrees."""
    request = desk.request()
    content = fields.content_of(request, {"card": None})
    assert content["insertion"] == desk.entry.ref.handle
    assert "insertion" not in fields.content_of(request, {"card": "c" * 32})
    blank = replace(request, operation=Operation.BADGE_ENROL)
    assert not {"card", "insertion"} & set(fields.content_of(blank, {"card": "c" * 32}))


@pytest.mark.proves("S9")
async def test_who_agreed_and_may_not_any_more_has_not_agreed(desk: Desk) -> None:
    number = await desk.approved()
    for others in (
        (replace_role(KATO, "counter"),),
        (KATO.model_copy(update={"status": "blocked"}),),
        (KATO.model_copy(update={"until": date(1969, 12, 31)}),),
        (),
    ):
        desk.put_register(*others)
        assert (await refusal(desk, approval=number)).facts.problem == "approver"
    desk.put_register(KATO)
    desk.in_force.put_block_list(frozenset(KATO.certificates))
    assert (await refusal(desk, approval=number)).facts.problem == "approver"
    desk.in_force.put_block_list(frozenset())
    assert (await desk.ask(approval=number)).result == "result"


def replace_role(operator: Any, role: str) -> Any:
    return operator.model_copy(update={"role": role})


async def test_an_approval_that_nobody_looked_at_stands_on_no_record(desk: Desk) -> None:
    await desk.ask(**PLAIN, approval="a-0123456789abcdef")
    (intent,) = desk.journal.intents
    assert (intent.approval, intent.approver) == (None, None)


# --- high-risk purposes ----------------------------------------------------------------------------------------------


@pytest.mark.proves("S6")
async def test_a_high_risk_purpose_wants_a_pin_of_the_last_five_minutes(desk: Desk) -> None:
    desk.pass_s(299.0)
    await desk.asked()
    desk.pass_s(2.0)
    refused = await refusal(desk)
    assert isinstance(refused, PinTooOld)
    assert refused.facts.limit == 300
    assert (await desk.ask(**PLAIN)).result == "result", "other purposes do not"
    assert desk.session is not None
    desk.sessions.unlocked(desk.session)
    await desk.asked()


@pytest.mark.proves("S6")
async def test_a_resident_s_pin_is_not_the_operator_s(desk: Desk) -> None:
    desk.pass_s(200.0)
    desk.pass_s(101.0)
    assert desk.session is not None
    desk.sessions.activity(desk.session)
    assert isinstance(await refusal(desk), PinTooOld)


@pytest.mark.proves("S6", "S9")
async def test_an_approval_does_not_make_the_pin_fresh(desk: Desk) -> None:
    number = await desk.approved()
    desk.pass_s(290.0)
    desk.pass_s(11.0)
    assert isinstance(await refusal(desk, approval=number), PinTooOld)
