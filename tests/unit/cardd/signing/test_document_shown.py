"""`sign.digest` with a document: who is asked, what is refused, what is on record, and who judges a resident's certificate first."""

import hashlib
from typing import Any

import pytest

from cardd.cards.card_type import TriesLeft
from cardd.errors import (
    AuditUnavailable,
    BadRequest,
    CertificateExpired,
    ConsentRefused,
    IdempotencyMismatch,
    PinChanged,
    SessionRequired,
)
from cardd.model import KeyRole
from cardd.ports import DocumentFacts
from cardd.sessions.table import SessionEnd
from cardd.signing.grants import Grants
from cardd.signing.repeats import Repeats
from cardd.signing.service import SigningService
from tests.unit.cardd.gate.gate_house import RIGHT
from tests.unit.cardd.signing.begun_scene import Judge
from tests.unit.cardd.signing.grant_scene import Scene
from tests.unit.cardd.signing.test_service import DER, DIGEST, Signing

NAME = "転出届　髙橋太郎.pdf"
DOCUMENT = DocumentFacts(NAME, 4711, DIGEST.hex(), 3)
OTHER = DocumentFacts(NAME, 4711, "ab" * 32, 3)


@pytest.fixture
async def signing() -> Signing:
    made = Signing()
    made.person.signs = True
    return made


@pytest.mark.proves("A1", "P7")
async def test_a_yes_is_on_record_before_the_pin_and_only_the_digest_of_the_document_with_it(signing: Signing) -> None:
    on_record: list[Any] = []
    signing.person.meanwhile = lambda: on_record.extend(signing.house.journal.states)
    await signing(document=DOCUMENT, signature_format="cades_b")
    (agreed,) = on_record
    assert (agreed.event, agreed.document_agreed, agreed.document) == ("sign.digest", True, DIGEST.hex())
    assert signing.person.shown[0].document == DOCUMENT
    assert signing.person.prompts[0].document == DOCUMENT
    journal = signing.house.journal
    assert journal.intents[0].document == DIGEST.hex()
    told = repr((journal.intents, journal.outcomes, journal.states, signing.house.told, signing.house.progress))
    assert NAME not in told
    assert NAME not in repr(DOCUMENT)
    assert NAME not in repr(signing.order(document=DOCUMENT))


async def test_without_a_yes_there_is_no_pin_and_no_try(signing: Signing) -> None:
    signing.person.signs = False
    with pytest.raises(ConsentRefused):
        await signing(document=DOCUMENT)
    assert (signing.person.prompts, signing.card.count("verify"), signing.card.count("sign")) == ([], 0, 0)
    outcome = signing.house.journal.outcomes[-1]
    assert (outcome.code, outcome.result, outcome.pin_outcome) == ("sign.not_agreed", "refused", "untouched")


async def test_a_yes_that_cannot_be_recorded_asks_for_no_pin(signing: Signing) -> None:
    signing.house.journal.broken.add("state")
    with pytest.raises(AuditUnavailable):
        await signing(document=DOCUMENT)
    assert signing.person.prompts == []


async def test_without_a_document_nobody_is_asked_about_one(signing: Signing) -> None:
    await signing()
    assert signing.person.shown == []
    assert signing.house.journal.states == []


async def test_a_session_that_ends_while_the_person_reads_gets_no_yes_recorded(signing: Signing) -> None:
    signing.person.signs = True
    asked = signing.person.agrees_to_document

    async def meanwhile(prompt: Any) -> bool:
        signing.house.sessions.end_all(SessionEnd.LOGOUT)
        return await asked(prompt)

    signing.person.agrees_to_document = meanwhile  # type: ignore[method-assign]
    with pytest.raises(SessionRequired):
        await signing(document=DOCUMENT)
    assert (signing.person.prompts, signing.house.journal.states) == ([], [])


async def test_a_counter_that_moves_asks_for_the_pin_again_and_not_about_the_document(signing: Signing) -> None:
    signing.card.tries = [TriesLeft(3), TriesLeft(2), TriesLeft(1)]
    signing.person.agrees = True
    with pytest.raises(PinChanged):
        await signing(RIGHT, RIGHT, document=DOCUMENT)
    assert (len(signing.person.prompts), len(signing.person.shown)) == (2, 1)


@pytest.mark.proves("fault 166")
async def test_what_is_signed_must_be_what_is_shown(signing: Signing) -> None:
    with pytest.raises(BadRequest) as caught:
        await signing(document=OTHER, signature_format="cades_b")
    assert (caught.value.facts.field, caught.value.facts.problem) == ("params.document.sha256", "other_digest")
    assert (signing.person.shown, signing.card.did) == ([], [])


@pytest.mark.parametrize("more", [{"signature_format": "pades_b"}, {"signature_format": "pkcs1v15"}], ids=str)
async def test_where_something_around_the_document_is_signed_their_digests_differ(
    signing: Signing, more: dict[str, Any]
) -> None:
    assert (await signing(document=OTHER, **more)).performed.result.signatures


async def test_a_longer_hash_cannot_be_compared_and_is_signed(signing: Signing) -> None:
    digest = hashlib.sha512(b"text").digest()
    await signing(document=DOCUMENT, hash_name="sha512", digests=(digest,), signature_format="cades_b")


async def test_one_document_has_one_digest(signing: Signing) -> None:
    with pytest.raises(BadRequest):
        await signing(document=DOCUMENT, digests=(DIGEST, DIGEST))
    assert signing.person.shown == []


async def test_a_repeat_for_another_document_is_another_order(signing: Signing) -> None:
    await signing(document=OTHER, idempotency_key="order-001")
    with pytest.raises(IdempotencyMismatch):
        await signing(document=DOCUMENT, idempotency_key="order-001")


async def test_under_a_grant_the_digest_is_recorded_and_nobody_is_asked() -> None:
    scene = Scene()
    grant = await scene.give()
    await scene.begin(grant, document=DocumentFacts(NAME, 1, "cd" * 32))
    assert scene.house.person.shown == []
    assert scene.house.journal.intents[-1].document == "cd" * 32
    grant.held.end()
    await scene.over(grant)


# --- the certificate -----------------------------------------------------------------------------------------------------


def judged(signing: Signing, judge: Judge) -> Signing:
    house = signing.house
    grants = Grants(house.gate, house.clock, most_count=100, most_seconds=900)
    signing.service = SigningService(
        house.gate, house.clock, Repeats(house.gate, house.clock, signing.keys), grants, judge
    )
    return signing


async def test_a_residents_certificate_is_judged_and_word_and_age_are_on_record(signing: Signing) -> None:
    judge = Judge()
    await judged(signing, judge)()
    assert set(judge.asked) == {(DER, KeyRole.AUTHENTICATION, "online_signature")}
    outcome = signing.house.journal.outcomes[-1]
    assert (outcome.certificate, outcome.list_age_s) == ("good", 3600)


@pytest.mark.proves("K2", "fault 153")
async def test_one_that_is_read_without_a_pin_is_refused_before_a_try_is_spent(signing: Signing) -> None:
    judge = Judge()
    judge.refuses = CertificateExpired()
    with pytest.raises(CertificateExpired):
        await judged(signing, judge)()
    assert (signing.person.prompts, signing.card.count("verify")) == ([], 0)
    assert signing.house.journal.outcomes[-1].certificate == "expired"


async def test_one_behind_its_pin_is_refused_before_its_key_is_used(signing: Signing) -> None:
    judge = Judge()
    judge.refuses = CertificateExpired()
    with pytest.raises(CertificateExpired) as caught:
        await judged(signing, judge)(b"ABC123", key=KeyRole.SIGNATURE)
    assert (signing.card.count("verify"), signing.card.count("sign")) == (1, 0)
    assert caught.value.facts.pin == "accepted"


async def test_a_known_certificate_is_judged_each_time(signing: Signing) -> None:
    judge = Judge()
    await judged(signing, judge)()
    judge.asked.clear()
    await signing()
    assert judge.asked


async def test_nobody_asked_is_not_checked(signing: Signing) -> None:
    await signing()
    assert signing.house.journal.outcomes[-1].certificate == "not_checked"
