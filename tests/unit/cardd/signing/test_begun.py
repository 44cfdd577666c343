"""Signatures in two steps: one PIN, one digest, one connection, ten seconds; what ends the hold, and what stands on record."""

import asyncio
from collections.abc import AsyncIterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cardd.errors import (
    ApprovalInvalid,
    ApprovalRequired,
    AuditUnavailable,
    CardBadAnswer,
    CardRemoved,
    CardWrongKind,
    CertificateRevoked,
    ConsentRefused,
    PinRejected,
    SessionRequired,
    SignOutcomeUnknown,
    SignUnknown,
    WrongCertificate,
)
from cardd.model import CardHandle, CardOutcome, KeyRole, PinOutcome
from cardd.policy.load import load
from cardd.register import Operator, Register
from cardd.sessions.table import SessionEnd
from cardd.signing.begun import MOST_OF_A_SESSION, MOST_OVER
from cardd.signing.order import BeginOrder, FinishOrder
from tests.unit.cardd.gate.gate_house import POLICY
from tests.unit.cardd.signing.begun_scene import (
    CERTIFICATE,
    DIGEST,
    DOCUMENT,
    FINGERPRINT,
    NAME,
    BegunScene,
    Judge,
    sign,
)


@pytest.fixture
async def scene() -> AsyncIterator[BegunScene]:
    made = BegunScene()
    yield made
    await made.close()


@pytest.fixture
async def badge() -> AsyncIterator[BegunScene]:
    made = BegunScene(badge=True)
    yield made
    await made.close()


@pytest.mark.proves("P1", "P6")
async def test_one_pin_gives_the_certificate_and_one_signature_and_then_the_card_is_cleared(scene: BegunScene) -> None:
    begun = await scene.begin()
    assert (begun.certificate, begun.fingerprint) == (CERTIFICATE, FINGERPRINT)
    assert len(scene.house.person.given[0]) == 0, "the PIN is gone as soon as the card has it"
    assert scene.card.count("clear") == 1, "after the look at the counter, and not yet after VERIFY"
    signed = (await scene.finish(begun)).performed.result
    assert (signed.signatures, signed.certificate) == ((sign("sha256", DIGEST),), CERTIFICATE)
    await scene.over(begun)
    assert (len(scene.house.person.prompts), scene.card.count("verify"), scene.card.count("sign")) == (1, 1, 1)
    assert scene.card.did[-1] == "clear"


@pytest.mark.proves("A1", "A2", "P7")
async def test_each_step_is_on_record_before_anything_leaves_and_the_name_is_nowhere(scene: BegunScene) -> None:
    begun = await scene.begin()
    journal = scene.house.journal
    assert [each.event for each in journal.intents] == ["sign.begin"]
    agreed, opened = journal.states
    assert (agreed.document_agreed, agreed.document, agreed.begun) == (True, DOCUMENT.sha256, None)
    assert (opened.begun, opened.document, opened.operator) == (begun.id, DOCUMENT.sha256, "sato")
    assert journal.outcomes == [], "its end is not known yet"
    await scene.finish(begun)
    await scene.over(begun)
    assert [each.event for each in journal.intents] == ["sign.begin", "sign.finish"]
    assert {each.document for each in journal.intents} == {DOCUMENT.sha256}
    assert journal.intents[1].begun == begun.id
    signed, began = journal.outcomes
    assert (signed.result, signed.signatures, signed.card_outcome) == ("done", 1, CardOutcome.HELD)
    assert (began.result, began.signatures, began.pin_outcome, began.card_outcome) == (
        "done", None, PinOutcome.ACCEPTED, CardOutcome.CLEARED,
    )  # fmt: skip
    everything = repr(
        (journal.intents, journal.outcomes, journal.states, scene.house.told, begun, scene.house.progress)
    )
    assert NAME not in everything
    assert NAME[:3] not in everything


async def test_the_person_is_asked_about_the_document_before_the_pin(scene: BegunScene) -> None:
    begun = await scene.begin()
    (asked,), (prompt,) = scene.house.person.shown, scene.house.person.prompts
    assert (asked.document, asked.key, asked.purpose, asked.case) == (
        DOCUMENT, KeyRole.SIGNATURE, "online_signature", "R8-1",
    )  # fmt: skip
    assert prompt.document == DOCUMENT
    await scene.finish(begun)
    assert len(scene.house.person.shown) == 1, "the end is not asked about again"


async def test_without_a_yes_no_pin_is_asked_and_no_try_is_spent(scene: BegunScene) -> None:
    scene.house.person.signs = False
    with pytest.raises(ConsentRefused):
        await scene.begin()
    assert (scene.house.person.prompts, scene.card.count("verify")) == ([], 0)
    assert [(each.code, each.result) for each in scene.house.journal.outcomes] == [("sign.not_agreed", "refused")]
    assert scene.house.journal.states == []


async def test_a_yes_that_cannot_be_recorded_is_none(scene: BegunScene) -> None:
    scene.house.journal.broken.add("state")
    with pytest.raises(AuditUnavailable):
        await scene.begin()
    assert (scene.house.person.prompts, scene.card.count("verify")) == ([], 0)


async def test_a_session_that_ends_while_the_person_reads_is_over_before_the_pin(scene: BegunScene) -> None:
    asked = scene.house.person.agrees_to_document

    async def meanwhile(prompt: Any) -> bool:
        scene.house.sessions.end_all(SessionEnd.LOGOUT)
        return await asked(prompt)

    scene.house.person.agrees_to_document = meanwhile  # type: ignore[method-assign]
    with pytest.raises(SessionRequired):
        await scene.begin()
    assert scene.house.person.prompts == []


# --- certificate -------------------------------------------------------------------------------------------------------


async def test_another_certificate_than_was_shown_ends_it_before_the_key_is_used(scene: BegunScene) -> None:
    with pytest.raises(WrongCertificate) as caught:
        await scene.begin(fingerprint="ab" * 32)
    assert caught.value.facts.pin is PinOutcome.ACCEPTED
    assert scene.card.count("sign") == 0


async def test_a_judge_is_asked_before_the_key_is_used_and_its_word_is_on_record() -> None:
    judge = Judge()
    scene = BegunScene(judge=judge)
    begun = await scene.begin()
    assert judge.asked == [(CERTIFICATE, KeyRole.SIGNATURE, "online_signature")]
    await scene.finish(begun)
    await scene.over(begun)
    began = scene.house.journal.outcomes[-1]
    assert (began.certificate, began.list_age_s) == ("good", 3600)


@pytest.mark.proves("fault 153")
async def test_a_revoked_certificate_is_not_used() -> None:
    judge = Judge()
    judge.refuses = CertificateRevoked()
    scene = BegunScene(judge=judge)
    with pytest.raises(CertificateRevoked) as caught:
        await scene.begin()
    assert (caught.value.facts.card, caught.value.facts.pin) == (CardOutcome.CLEARED, PinOutcome.ACCEPTED)
    began = scene.house.journal.outcomes[-1]
    assert (began.result, began.code, began.certificate) == ("refused", "cert.revoked", "revoked")


async def test_without_a_judge_it_was_not_checked(scene: BegunScene) -> None:
    begun = await scene.begin()
    await scene.finish(begun)
    await scene.over(begun)
    assert scene.house.journal.outcomes[-1].certificate == "not_checked"


# --- PIN ---------------------------------------------------------------------------------------------------------------


async def test_a_wrong_pin_begins_nothing(scene: BegunScene) -> None:
    scene.card.fails["verify"] = PinRejected(tries_left=4, pin=PinOutcome.SPENT)
    with pytest.raises(PinRejected):
        await scene.begin()
    assert scene.house.journal.outcomes[-1].result == "refused"
    assert [each for each in scene.house.journal.states if each.begun is not None] == []


async def test_a_badge_key_that_wants_its_pin_each_time_is_asked_for_it_once_with_the_digest(badge: BegunScene) -> None:
    begun = await badge.begin()
    assert (begun.held, badge.house.person.prompts, badge.card.count("verify")) == (None, [], 0)
    assert begun.certificate == CERTIFICATE
    assert len(badge.house.person.shown) == 1
    signed = (await badge.finish(begun, pins=[b"123456"])).performed.result
    assert signed.signatures == (sign("sha256", DIGEST),)
    assert (len(badge.house.person.prompts), badge.card.count("verify"), badge.card.count("sign")) == (1, 1, 1)
    assert badge.house.person.prompts[0].document == DOCUMENT
    assert len(badge.house.person.shown) == 1, "once, at the beginning"
    with pytest.raises(SignUnknown):
        await badge.finish(begun)


async def test_the_other_badge_key_is_held(badge: BegunScene) -> None:
    begun = await badge.begin(b"123456", key=KeyRole.AUTHENTICATION)
    assert begun.held is not None
    await badge.finish(begun)
    await badge.over(begun)
    assert (len(badge.house.person.prompts), badge.card.count("verify"), badge.card.count("sign")) == (1, 1, 1)
    assert badge.house.journal.outcomes[-1].certificate is None, "the login has judged it"


async def test_a_badge_that_was_pulled_between_is_gone(badge: BegunScene) -> None:
    begun = await badge.begin()
    badge.house.table.end(badge.house.entry)
    with pytest.raises((CardRemoved, SessionRequired)):
        await badge.finish(begun)
    assert badge.house.person.prompts == []


async def test_a_key_that_the_card_does_not_have(scene: BegunScene) -> None:
    scene.house.entry.card_type = replace(scene.house.entry.card_type, keys={})  # type: ignore[type-var]
    with pytest.raises(CardWrongKind):
        await scene.begin()


# --- a second person ---------------------------------------------------------------------------------------------------

KATO = Operator(id="kato", name="加藤", role="supervisor", certificates=("e" * 64,))


def under_four_eyes(scene: BegunScene, folder: Path) -> None:
    """The office wants a second person for residents' signatures; `kato` is one."""
    row = 'id = "resident_signature"\n'
    text = POLICY.read_text(encoding="utf-8")
    assert row in text
    assert 'approves = ["read", ' in text
    strict = text.replace(row, f"{row}second_person = true\n").replace(
        'approves = ["read", ', 'approves = ["sign", "read", '
    )
    (folder / "policy.toml").write_text(strict, encoding="utf-8")
    scene.house.in_force.put_policy(load(folder / "policy.toml"))
    sato = Operator(id="sato", name="佐藤", role="supervisor", certificates=("f" * 64,))
    scene.house.in_force.put_register(Register(1, (sato, KATO)))


@pytest.mark.proves("S9")
async def test_a_second_person_agrees_to_this_document_once_for_both_steps(scene: BegunScene, tmp_path: Path) -> None:
    under_four_eyes(scene, tmp_path)
    with pytest.raises(ApprovalRequired) as asked:
        await scene.begin()
    number = asked.value.facts.approval
    assert number is not None
    assert (scene.house.person.shown, scene.card.did) == ([], [])
    waiting = scene.house.approvals.find(number)
    assert waiting is not None
    assert waiting.content["document"] == DOCUMENT.sha256
    assert NAME not in repr(waiting.content)
    scene.house.approvals.give(number, KATO, waiting.content_hash, b"proof")
    other = replace(DOCUMENT, sha256="cd" * 32)
    with pytest.raises(ApprovalInvalid):
        await scene.begin(approval=number, document=other)
    begun = await scene.begin(approval=number)
    assert (await scene.finish(begun)).performed.result.signatures
    assert {each.approver for each in scene.house.journal.intents} == {"kato"}
    with pytest.raises(ApprovalInvalid) as used:
        await scene.begin(approval=number)
    assert used.value.facts.problem == "used"


# --- repeats -----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("fault 63")
async def test_a_repeat_gets_the_stored_answer_from_any_connection(scene: BegunScene) -> None:
    begun = await scene.begin()
    first = await scene.finish(begun, idempotency_key="order-001")
    scene.connection.set_result(None)
    await scene.over(begun)
    other = asyncio.get_running_loop().create_future()
    again = await scene.finish(begun, connection=other, idempotency_key="order-001")
    assert (again.repeated, again.performed) == (True, first.performed)
    assert scene.card.count("sign") == 1
    told = scene.house.journal.states[-1]
    assert (told.event, told.problem, told.begun, told.document) == (
        "sign.finish",
        "repeated",
        begun.id,
        DOCUMENT.sha256,
    )


async def test_once_the_key_was_used_a_failed_end_is_a_doubt(scene: BegunScene) -> None:
    begun = await scene.begin()
    scene.card.fails["sign"] = CardBadAnswer()
    with pytest.raises(CardBadAnswer):
        await scene.finish(begun, idempotency_key="order-001")
    with pytest.raises(SignOutcomeUnknown):
        await scene.finish(begun, idempotency_key="order-001")


async def test_the_key_is_on_the_disk_before_the_card_signs(scene: BegunScene) -> None:
    begun = await scene.begin()
    scene.keys.failure = AuditUnavailable(problem="state_not_writable")
    with pytest.raises(AuditUnavailable):
        await scene.finish(begun, idempotency_key="order-001")
    await scene.over(begun)
    assert scene.card.count("sign") == 0


# --- what stays --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("P7")
async def test_nothing_of_a_person_stays_with_what_is_over(scene: BegunScene) -> None:
    begun = await scene.begin()
    await scene.finish(begun, idempotency_key="order-001")
    await scene.over(begun)
    assert (begun.certificate, begun.order.document.name) == (b"", "")
    (kept,) = scene.repeats._finished._entries.values()
    assert kept.answer is not None
    assert kept.answer.order.document is not None
    assert (kept.answer.order.document.name, kept.answer.order.document.sha256) == ("", DOCUMENT.sha256)
    scene.connection.set_result(None)
    await asyncio.sleep(0)
    assert scene.begun._known == {}


async def test_neither_does_it_where_nothing_was_held(badge: BegunScene) -> None:
    begun = await badge.begin()
    await badge.finish(begun, pins=[b"123456"])
    assert (begun.certificate, begun.order.document.name) == (b"", "")


# --- bounds ------------------------------------------------------------------------------------------------------------


async def test_those_that_nobody_ends_do_not_fill_the_memory(badge: BegunScene) -> None:
    for _ in range(MOST_OF_A_SESSION + 3):
        await badge.begin()
    assert len(badge.begun._known) == MOST_OF_A_SESSION
    assert badge.opened[2].ended == "time_over"
    assert [each.ended for each in badge.opened[3:]] == [None] * MOST_OF_A_SESSION


async def test_what_is_over_goes_before_what_still_waits(badge: BegunScene) -> None:
    begun = [await badge.begin() for _ in range(MOST_OF_A_SESSION)]
    begun[5].end("time_over")
    await badge.begin()
    assert [each.ended for each in begun] == [None] * 5 + ["time_over"] + [None] * 2
    assert begun[5].id not in badge.begun._known


@pytest.mark.proves("S3")
async def test_nobody_ends_what_another_session_has_begun_however_much_they_begin(badge: BegunScene) -> None:
    first = await badge.begin()
    first.session = copy(first.session)  # of another seat
    for _ in range(3 * MOST_OF_A_SESSION):
        await badge.begin()
    assert first.ended is None


async def test_sessions_that_come_and_go_on_one_connection_do_not_fill_the_memory(badge: BegunScene) -> None:
    for _ in range(MOST_OVER // MOST_OF_A_SESSION + 2):
        session = copy(badge.house.session)
        for _ in range(MOST_OF_A_SESSION):
            begun = await badge.begin()
            begun.session = session
            begun.end("session_over")
    assert len(badge.begun._known) <= MOST_OVER + MOST_OF_A_SESSION


def test_an_order_shows_no_name_and_no_digest() -> None:
    order = BeginOrder(CardHandle("c-1"), "p", "c", KeyRole.SIGNATURE, "sha256", DOCUMENT)
    assert NAME not in repr(order)
    assert DIGEST.hex() not in repr(FinishOrder("b-1", DIGEST, "pkcs1v15"))
    assert repr(DIGEST)[2:-1] not in repr(FinishOrder("b-1", DIGEST, "pkcs1v15"))
