"""What ends a signature that was begun, before its digest or with it: nothing is signed twice, nothing stays open."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from cardd.errors import (
    AlgorithmUnsupported,
    AuditUnavailable,
    BadRequest,
    CardChanged,
    CardRemoved,
    LockedDown,
    PolicyDenied,
    SessionRequired,
    SignatureMismatch,
    SignUnknown,
)
from cardd.model import CardOutcome
from cardd.policy.load import load
from cardd.sessions.table import SessionEnd
from cardd.signing.begun import HOLD_SECONDS
from tests.fixtures.octets import flipped
from tests.unit.cardd.gate.gate_house import POLICY
from tests.unit.cardd.signing.begun_scene import (
    DIGEST,
    NAME,
    BegunScene,
    sign,
)


@pytest.fixture
async def scene() -> AsyncIterator[BegunScene]:
    made = BegunScene()
    yield made
    await made.close()


ENDS: dict[str, tuple[Callable[[BegunScene], Any], type[Exception], str | None]] = {
    "connection": (lambda scene: scene.connection.set_result(None), SignUnknown, None),
    "logout": (lambda scene: scene.house.sessions.end_all(SessionEnd.LOGOUT), SessionRequired, None),
    "stop": (lambda scene: scene.house.sessions.end_all(SessionEnd.STOP), SessionRequired, None),
    "emergency": (
        lambda scene: (
            scene.house.lockdown.engage("sato", "drill"),
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
    assert (began.result, began.code, began.problem) == ("done", None, ended), "the certificate went out"
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
    began = scene.house.journal.outcomes[-1]
    assert (began.result, began.problem, began.card_outcome) == ("done", "card_gone", CardOutcome.REMOVED)


async def test_another_card_in_its_place_signs_nothing(scene: BegunScene) -> None:
    begun = await scene.begin()
    scene.card.look = b"another card"
    with pytest.raises(CardChanged):
        await scene.finish(begun)
    await scene.over(begun)
    assert (scene.card.count("sign"), scene.card.count("verify")) == (0, 1)


RESIDENTS = ('id = "resident_signature"', 'purposes = ["online_signature"]', 'purposes = ["certificate_issue"]')
ROLES = ('id = "resident_signature"', 'roles = ["counter", "supervisor"]', 'roles = ["counter"]')
BADGES = ('id = "office_signature"', 'purposes = ["online_signature", ', "purposes = [")


@pytest.mark.proves("S7", "A2")
@pytest.mark.parametrize(
    ("badge", "change"), [(False, RESIDENTS), (False, ROLES), (True, BADGES)], ids=["purpose", "role", "not held"]
)
async def test_a_policy_that_forbids_it_meanwhile_is_the_one_that_counts(
    badge: bool, change: tuple[str, str, str], tmp_path: Path
) -> None:
    scene = BegunScene(badge=badge)
    begun = await scene.begin()
    row, before, after = change
    head, text = POLICY.read_text(encoding="utf-8").split(row)
    assert before in text
    (tmp_path / "policy.toml").write_text(head + row + text.replace(before, after, 1), encoding="utf-8")
    scene.house.in_force.put_policy(load(tmp_path / "policy.toml"))
    with pytest.raises(PolicyDenied) as denied:
        await scene.finish(begun, pins=[b"123456"])
    assert denied.value.facts.rule == "default"
    await scene.over(begun)
    assert (scene.card.count("sign"), scene.card.count("verify")) == (0, 0 if badge else 1)
    assert badge or scene.card.did[-1] == "clear"
    refused = scene.house.journal.states[-1]
    assert (refused.event, refused.code, refused.begun) == ("sign.finish", "policy.denied", begun.id)
    assert refused.policy == scene.house.in_force.policy.hash, "the record names the policy that spoke"
    assert NAME not in repr(scene.house.journal.states)
    with pytest.raises(SignUnknown):
        await scene.finish(begun)
    await scene.close()


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
    scene.card.signer = lambda name, digest: flipped(sign(name, digest))
    with pytest.raises(SignatureMismatch):
        await scene.finish(begun)
    await scene.over(begun)
    assert [each.signatures for each in scene.house.journal.outcomes] == [None, None]


async def test_after_its_time_the_card_is_let_go_by_itself(scene: BegunScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardd.signing.begun.HOLD_SECONDS", 2.0)
    begun = await scene.begin()
    await scene.over(begun)
    began = scene.house.journal.outcomes[-1]
    assert (began.problem, began.card_outcome, scene.card.did[-1]) == ("time_over", CardOutcome.CLEARED, "clear")


@pytest.mark.proves("P7")
async def test_what_is_not_held_keeps_nothing_of_a_person_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection lives on, and nobody ever brings the digest."""
    monkeypatch.setattr("cardd.signing.begun.HOLD_SECONDS", 2.0)
    scene = BegunScene(badge=True)
    begun = await scene.begin()
    assert begun.certificate
    async with asyncio.timeout(30):
        while begun.ended is None:
            await asyncio.sleep(0.02)
    assert (begun.ended, begun.certificate, begun.order.document.name) == ("time_over", b"", "")
    with pytest.raises(SignUnknown) as caught:
        await scene.finish(begun)
    assert caught.value.facts.problem == "time_over"


@pytest.mark.proves("P7")
async def test_what_is_not_held_is_forgotten_with_its_connection() -> None:
    scene = BegunScene(badge=True)
    begun = await scene.begin()
    scene.connection.set_result(None)
    await asyncio.sleep(0)
    assert (begun.ended, begun.certificate, begun.order.document.name) == ("client_gone", b"", "")
    assert begun.timer is not None
    assert begun.timer.cancelled()


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
    began = scene.house.journal.outcomes[-1]
    assert (began.result, began.code, began.problem) == ("refused", "sign.unknown", "not_given_out")


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
