"""Signatures in two steps: one PIN, one digest, one connection, ten seconds; what ends the hold, and what stands on record."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from cardd.errors import (
    AlgorithmUnsupported,
    AuditUnavailable,
    BadRequest,
    CardBadAnswer,
    CardChanged,
    CardRemoved,
    CardWrongKind,
    CertificateRevoked,
    ConsentRefused,
    LockedDown,
    PinRejected,
    SessionRequired,
    SignatureMismatch,
    SignOutcomeUnknown,
    SignUnknown,
    WrongCertificate,
)
from cardd.model import CardHandle, CardOutcome, KeyRole, PinOutcome
from cardd.sessions.table import SessionEnd
from cardd.signing.begun import HOLD_SECONDS, MOST_KNOWN
from cardd.signing.order import BeginOrder, FinishOrder
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


# --- what ends it ------------------------------------------------------------------------------------------------------

ENDS: dict[str, tuple[Callable[[BegunScene], Any], type[Exception], str | None]] = {
    "connection": (lambda scene: scene.connection.set_result(None), SignUnknown, "client_gone"),
    "logout": (lambda scene: scene.house.sessions.end_all(SessionEnd.LOGOUT), SessionRequired, None),
    "stop": (lambda scene: scene.house.sessions.end_all(SessionEnd.STOP), SessionRequired, None),
    "emergency": (
        lambda scene: (
            scene.house.lockdown.engage("sato", scene.house.clock.utc_us()),
            scene.house.sessions.end_all(SessionEnd.LOCKDOWN),
        ),
        LockedDown,
        None,
    ),
}


@pytest.mark.proves("S3", "C5")
@pytest.mark.parametrize("why", ENDS)
async def test_it_ends_with_connection_session_emergency_and_daemon(scene: BegunScene, why: str) -> None:
    end, error, problem = ENDS[why]
    begun = await scene.begin()
    end(scene)
    await scene.over(begun)
    with pytest.raises(error) as caught:
        await scene.finish(begun)
    assert caught.value.facts.problem == problem  # type: ignore[attr-defined]
    assert (scene.card.count("sign"), scene.card.did[-1]) == (0, "clear")
    began = scene.house.journal.outcomes[-1]
    ended = "client_gone" if why == "connection" else "session_over"
    assert (began.result, began.code, began.problem) == ("refused", "sign.unknown", ended)
    assert began.card_outcome is CardOutcome.CLEARED


async def test_a_lock_ends_it_and_an_unlock_brings_nothing_back(scene: BegunScene) -> None:
    begun = await scene.begin()
    assert scene.house.session is not None
    scene.house.sessions.lock(scene.house.session)
    await scene.over(begun)
    scene.house.sessions.unlocked(scene.house.session)
    with pytest.raises(SignUnknown) as caught:
        await scene.finish(begun)
    assert caught.value.facts.problem == "session_over"


@pytest.mark.proves("fault 3")
async def test_a_card_pulled_between_is_said_to_be_gone(scene: BegunScene) -> None:
    begun = await scene.begin()
    scene.card.fails["reread"] = CardRemoved()
    scene.house.table.end(scene.house.entry)
    await scene.over(begun)
    with pytest.raises(CardRemoved):
        await scene.finish(begun)
    assert scene.card.count("sign") == 0
    assert scene.house.journal.outcomes[-1].code == "card.removed"


async def test_another_card_in_its_place_signs_nothing(scene: BegunScene) -> None:
    begun = await scene.begin()
    scene.card.look = b"another card"
    with pytest.raises(CardChanged):
        await scene.finish(begun)
    await scene.over(begun)
    assert (scene.card.count("sign"), scene.card.count("verify")) == (0, 1)


@pytest.mark.parametrize("held", [True, False], ids=["held", "not held"])
async def test_after_ten_seconds_it_is_over(held: bool) -> None:
    scene = BegunScene(badge=not held)
    begun = await scene.begin()
    assert begun.ends_at - scene.house.clock.boottime() == HOLD_SECONDS == 10.0
    scene.house.clock.now += HOLD_SECONDS - 0.5
    scene.begun._check_open(begun)
    scene.house.clock.now += 0.5
    with pytest.raises(SignUnknown) as caught:
        await scene.finish(begun)
    assert caught.value.facts.problem == "time_over"
    assert scene.card.count("sign") == 0
    await scene.close()


async def test_the_time_of_a_person_does_not_count(scene: BegunScene) -> None:
    scene.house.person.meanwhile = lambda: setattr(scene.house.clock, "now", scene.house.clock.now + 50.0)
    begun = await scene.begin()
    assert begun.ends_at - scene.house.clock.boottime() == HOLD_SECONDS
    await scene.finish(begun)


async def test_there_is_one_finish(scene: BegunScene) -> None:
    begun = await scene.begin()
    await scene.finish(begun)
    with pytest.raises(SignUnknown) as caught:
        await scene.finish(begun)
    assert caught.value.facts.problem == "finished"
    assert scene.card.count("sign") == 1


async def test_two_that_come_at_once_get_one_signature(scene: BegunScene) -> None:
    begun = await scene.begin()
    answers = await asyncio.gather(scene.finish(begun), scene.finish(begun), return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["SignAnswer", "SignUnknown"]
    assert scene.card.count("sign") == 1


async def test_another_connection_gets_nothing_and_ends_nothing(scene: BegunScene) -> None:
    begun = await scene.begin()
    other = asyncio.get_running_loop().create_future()
    with pytest.raises(SignUnknown) as caught:
        await scene.finish(begun, connection=other)
    assert caught.value.facts.problem is None, "not even that there is one"
    refused = scene.house.journal.states[-1]
    assert (refused.event, refused.code, refused.begun) == ("sign.finish", "sign.unknown", begun.id)
    assert (await scene.finish(begun)).performed.result.signatures


async def test_what_was_never_begun_is_unknown(scene: BegunScene) -> None:
    with pytest.raises(SignUnknown):
        await scene.finish("b-0000000000000000")


@pytest.mark.parametrize(
    ("more", "error"),
    [({"digest": DIGEST[:-1]}, BadRequest), ({"signature_format": "ecdsa_der"}, AlgorithmUnsupported)],
    ids=["short digest", "format of another key"],
)
async def test_a_digest_of_another_form_may_be_sent_once_more(
    scene: BegunScene, more: dict[str, Any], error: type[Exception]
) -> None:
    begun = await scene.begin()
    with pytest.raises(error):
        await scene.finish(begun, **more)
    assert (await scene.finish(begun)).performed.result.signatures


@pytest.mark.proves("fault 166")
async def test_a_signature_that_does_not_hold_never_leaves(scene: BegunScene) -> None:
    begun = await scene.begin()
    scene.card.signer = lambda name, digest: sign(name, digest)[:-1] + b"\0"
    with pytest.raises(SignatureMismatch):
        await scene.finish(begun)
    await scene.over(begun)
    assert [each.signatures for each in scene.house.journal.outcomes] == [None, None]


@pytest.mark.parametrize("broken", ["intent", "outcome"])
async def test_a_signature_that_cannot_be_recorded_does_not_leave(scene: BegunScene, broken: str) -> None:
    begun = await scene.begin()
    scene.house.journal.broken.add(broken)
    with pytest.raises(AuditUnavailable):
        await scene.finish(begun)
    await scene.over(begun)
    assert scene.card.did[-1] == "clear"


async def test_a_beginning_that_cannot_be_recorded_is_none(scene: BegunScene) -> None:
    asked = scene.house.person.pin

    async def typed(prompt: Any) -> Any:
        scene.house.journal.broken.add("state")
        return await asked(prompt)

    scene.house.person.pin = typed  # type: ignore[method-assign]
    with pytest.raises(AuditUnavailable):
        await scene.begin()
    await scene.house.gate.quiet(30)
    assert scene.card.did[-1] == "clear"


@pytest.mark.proves("fault 61")
@pytest.mark.parametrize("answers", [True, False])
async def test_a_caller_who_goes_while_the_person_reads_leaves_nothing_open(scene: BegunScene, answers: bool) -> None:
    reached, wait = asyncio.Event(), asyncio.Event()

    async def reads(_: Any) -> bool:
        reached.set()
        await wait.wait()
        return answers

    scene.house.person.agrees_to_document = reads  # type: ignore[method-assign]
    calling = asyncio.ensure_future(scene.begin())
    await reached.wait()
    calling.cancel("client.gone")
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert scene.house.person.prompts == []
    assert scene.house.journal.outcomes[-1].caller_gone is True


async def test_a_connection_that_ended_before_the_hold_began_ends_it(scene: BegunScene) -> None:
    scene.house.person.meanwhile = lambda: None if scene.connection.done() else scene.connection.set_result(None)
    with pytest.raises(SignUnknown):
        await scene.begin()
    await scene.house.gate.quiet(30)
    assert scene.card.did[-1] == "clear"


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


# --- bounds ------------------------------------------------------------------------------------------------------------


async def test_those_that_nobody_ends_do_not_fill_the_memory(badge: BegunScene) -> None:
    for _ in range(MOST_KNOWN + 3):
        await badge.begin()
    assert len(badge.begun._known) == MOST_KNOWN
    assert badge.opened[0].ended == "time_over"
    assert badge.opened[-1].ended is None


def test_an_order_shows_no_name_and_no_digest() -> None:
    order = BeginOrder(CardHandle("c-1"), "p", "c", KeyRole.SIGNATURE, "sha256", DOCUMENT)
    assert NAME not in repr(order)
    assert DIGEST.hex() not in repr(FinishOrder("b-1", DIGEST, "pkcs1v15"))
    assert repr(DIGEST)[2:-1] not in repr(FinishOrder("b-1", DIGEST, "pkcs1v15"))
