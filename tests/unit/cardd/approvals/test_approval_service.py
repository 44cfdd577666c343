"""Who may be the second person, when they are told that they may not, and what their badge signs."""

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from cardd.audit.records import Result
from cardd.errors import ApprovalInvalid, CardAbsent, CarddError, LockedDown, PolicyDenied, SessionRequired
from cardd.model import CardHandle, CardRef, Operation, ReaderName
from tests.unit.cardd.proving.people_house import People


@pytest.fixture
async def people() -> People:
    return People()


async def refused(people: People, number: str, shown: str) -> CarddError:
    with pytest.raises(CarddError) as refusal:
        await people.approvals.give(people.call("approval.give"), number, shown, None)
    return refusal.value


@pytest.mark.proves("S9")
async def test_the_badge_signs_exactly_what_was_shown(people: People) -> None:
    """Checked as an outsider would: from the record, with the badge's certificate, by the words of `Challenge.message`."""
    asked = people.asked()
    people.badge("kato")
    given = await people.approvals.give(people.call("approval.give"), asked.id, asked.content_hash, None)
    assert (given.result.state, given.result.approver) == ("given", "kato")
    ((proof,),) = people.house.store.rows("SELECT proof FROM approvals WHERE id = ?", (asked.id,))
    assert isinstance(proof, bytes)
    certificate = people.pairs["kato"].certificate
    message = b"cardd badge approve v1\x00" + hashlib.sha256(certificate).digest()
    message += bytes.fromhex(asked.content_hash) + proof[:32]
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(proof[32:], message, ec.ECDSA(hashes.SHA256()))
    (outcome,) = people.house.journal.outcomes
    assert outcome.proof == f"{proof[:32].hex()}:{proof[32:].hex()}"


@pytest.mark.proves("S9")
async def test_what_was_agreed_to_is_shown_where_the_pin_is_typed_and_stands_on_record(people: People) -> None:
    asked = people.asked()
    people.badge("kato")
    await people.approvals.give(people.call("approval.give"), asked.id, asked.content_hash, None)
    (prompt,) = people.house.person.prompts
    assert dict(prompt.about) == {**asked.content, "requester": "sato"}
    (intent,), (outcome,) = people.house.journal.intents, people.house.journal.outcomes
    assert (intent.operation, intent.approval, intent.content, intent.subject) == (
        Operation.APPROVE, asked.id, asked.content_hash, "sato",
    )  # fmt: skip
    assert (outcome.result, outcome.operator) == (Result.DONE, "kato")


@pytest.mark.proves("S9", "fault 96")
async def test_one_person_is_told_so_before_any_pin(people: People) -> None:
    """By the same badge, the same id, the same person under another id, or a badge that both entries name."""
    sato, asked = people.operators["sato"], people.asked()
    people.badge("sato")
    assert (await refused(people, asked.id, asked.content_hash)).facts.problem == "same_person"
    people.badge("kato")
    kato = people.operators["kato"]
    people.put_register(kato.model_copy(update={"person": "sato"}))
    assert (await refused(people, asked.id, asked.content_hash)).facts.problem == "same_person"
    shared = (*kato.certificates, *sato.certificates)
    people.put_register(kato.model_copy(update={"certificates": shared}))
    assert (await refused(people, asked.id, asked.content_hash)).facts.problem == "same_person"
    assert people.house.person.prompts == []
    assert [record.result for record in people.house.journal.outcomes] == [Result.REFUSED] * 3
    assert people.house.approvals.open()[0].state == "asked"


@pytest.mark.proves("S9")
async def test_a_role_that_may_not_agree_to_this_is_told_so_before_any_pin(people: People) -> None:
    asked = people.asked()
    people.badge("suzuki")
    assert (await refused(people, asked.id, asked.content_hash)).facts.problem == "role"
    care = people.asked(operation=Operation.BADGE_UNBLOCK)
    people.badge("kato")
    assert (await refused(people, care.id, care.content_hash)).facts.problem == "role"
    assert people.house.person.prompts == []


@pytest.mark.proves("S9", "fault 97")
async def test_what_cannot_be_given_is_refused_without_a_card_and_on_record(people: People) -> None:
    asked = people.asked()
    people.badge("kato")
    for number, shown, problem in (
        ("a-" + "0" * 16, asked.content_hash, "unknown"),
        (asked.id, "0" * 64, "other_content"),
    ):
        assert (await refused(people, number, shown)).facts.problem == problem
        people.house.clock.now += 61
        await people.house.refusals.tick()
    assert [(record.approval, record.problem) for record in people.house.journal.states] == [
        ("a-" + "0" * 16, "unknown"), (asked.id, "other_content"),
    ]  # fmt: skip
    people.house.clock.now += 200
    assert (await refused(people, asked.id, asked.content_hash)).facts.problem == "expired"
    assert people.house.card.did == []


async def test_what_was_given_already_is_not_called_used(people: People) -> None:
    asked = people.asked()
    people.badge("kato")
    await people.approvals.give(people.call("approval.give"), asked.id, asked.content_hash, None)
    assert (await refused(people, asked.id, asked.content_hash)).facts.problem == "given"


@pytest.mark.proves("S9", "fault 97")
@pytest.mark.parametrize("meanwhile", ["refused", "expired", "given by another"])
async def test_what_is_over_when_the_pin_was_typed_is_not_given_and_the_record_does_not_say_it_was(
    people: People, meanwhile: str
) -> None:
    asked = people.asked()
    people.badge("kato")
    approvals, clock = people.house.approvals, people.house.clock

    def happen() -> None:
        if meanwhile == "refused":
            approvals.refuse(asked.id, people.operators["sato"])
        elif meanwhile == "expired":
            clock.now += 300.0
        else:
            approvals.give(asked.id, people.operators["honda"], asked.content_hash, b"proof")

    people.house.person.meanwhile = happen
    error = await refused(people, asked.id, asked.content_hash)
    assert error.facts.problem == {"given by another": "given"}.get(meanwhile, meanwhile)
    (outcome,) = people.house.journal.outcomes
    assert (outcome.result, outcome.code) == (Result.REFUSED, "approval.invalid")


@pytest.mark.proves("S9")
async def test_a_stop_in_the_last_moment_is_on_record_and_nothing_is_given(people: People) -> None:
    asked = people.asked()
    people.badge("kato")
    written = people.house.journal.outcome

    async def stop_meanwhile(intent: object, record: object) -> object:
        receipt = await written(intent, record)  # type: ignore[arg-type]
        people.house.lockdown.engage("suzuki", "drill")
        return receipt

    people.house.journal.outcome = stop_meanwhile  # type: ignore[method-assign, assignment]
    assert isinstance(await refused(people, asked.id, asked.content_hash), LockedDown)
    (said,) = people.house.journal.states
    assert (said.operator, said.code, said.approval) == ("kato", "lockdown.engaged", asked.id)
    assert people.house.approvals.open()[0].state == "asked"


async def test_the_badge_of_whoever_asked_is_never_meant_and_that_of_somebody_else_at_work_is(people: People) -> None:
    asked, reader = people.asked(), people.house.entry
    people.badge("kato")
    people.logged_in("sato", reader.ref)
    assert isinstance(await refused(people, asked.id, asked.content_hash), CardAbsent)
    people.house.sessions.badge_gone(reader.ref)
    people.logged_in("kato", reader.ref)
    given = await people.approvals.give(people.call("approval.give"), asked.id, asked.content_hash, None)
    assert given.result.approver == "kato", "logged in at another seat than the one where it was asked"


@pytest.mark.proves("S9")
async def test_who_asked_takes_it_back_and_somebody_with_the_right_refuses_it(people: People) -> None:
    first, second, third = people.asked(), people.asked(case="R8-2"), people.asked(case="R8-3")
    call = people.call("approval.refuse")
    with pytest.raises(SessionRequired):
        await people.approvals.refuse(call, first.id)
    away = CardRef(ReaderName("B"), 98, CardHandle("c-5f1e-98"))
    people.logged_in("sato", away)
    await people.approvals.refuse(call, first.id)
    with pytest.raises(ApprovalInvalid):
        await people.approvals.refuse(call, first.id)
    people.house.sessions.badge_gone(away)
    people.logged_in("suzuki", away)
    await people.approvals.refuse(call, second.id)
    people.house.sessions.badge_gone(away)
    people.operators["honda"] = people.operators["honda"].model_copy(update={"role": "auditor"})
    people.logged_in("honda", away)
    with pytest.raises(PolicyDenied):
        await people.approvals.refuse(call, third.id)
    said = [(record.operator, record.approval) for record in people.house.journal.states if record.problem == "refused"]
    assert said == [("sato", first.id), ("suzuki", second.id)]
    assert [each.id for each in people.approvals.waiting()] == [third.id]
