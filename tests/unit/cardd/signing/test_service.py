"""Orders to sign: what is refused and when, what is checked before it leaves, and what an idempotency key promises."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from applets_spec.holder import Holder
from applets_spec.testca.issue import issue_jpki
from cardd.errors import (
    AlgorithmUnsupported,
    AuditUnavailable,
    BadRequest,
    CardBadAnswer,
    CardRemoved,
    CardWrongKind,
    IdempotencyMismatch,
    PinCancelled,
    PinRejected,
    PinUnknown,
    SessionRequired,
    SignatureMismatch,
    SignOutcomeUnknown,
    WrongCertificate,
)
from cardd.model import KeyRole, PinKind, PinOutcome
from cardd.sessions.table import SessionEnd
from cardd.signing.grants import Grants
from cardd.signing.order import SignAnswer, SignOrder
from cardd.signing.repeats import Repeats
from cardd.signing.service import SigningService
from tests.fixtures.octets import flipped
from tests.unit.cardd.gate.gate_house import RIGHT, GateHouse

CERTIFICATES = issue_jpki(Holder.example("long_address"), 1)
DER = CERTIFICATES.authentication_certificate
FINGERPRINT = hashlib.sha256(DER).hexdigest()
DIGEST = hashlib.sha256(b"text").digest()
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


def sign(name: str, digest: bytes) -> bytes:
    key = CERTIFICATES.authentication_key
    return key.sign(digest, padding.PKCS1v15(), utils.Prehashed(HASHES[name]))


class Keys:
    """The used keys of this run, and those of the run before."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.earlier: set[bytes] = set()
        self.failure: AuditUnavailable | None = None

    def before_this_start(self, mark: bytes) -> bool:
        return mark in self.earlier

    async def keep(self, mark: bytes) -> None:
        if self.failure is not None:
            raise self.failure
        self.kept.append(mark)


class Signing:
    def __init__(self) -> None:
        self.house = GateHouse()
        self.keys = Keys()
        self.card, self.person = self.house.card, self.house.person
        self.card.certificate, self.card.signer = DER, sign
        grants = Grants(self.house.gate, self.house.clock, most_count=100, most_seconds=900)
        repeats = Repeats(self.house.gate, self.house.clock, self.keys)
        self.service = SigningService(self.house.gate, self.house.clock, repeats, grants)

    def order(self, **more: Any) -> SignOrder:
        plain = SignOrder(
            self.house.entry.ref.handle, "online_signature", "R8-1", KeyRole.AUTHENTICATION, "sha256", (DIGEST,), "pkcs1v15"
        )  # fmt: skip
        return replace(plain, **more)

    async def __call__(self, *pins: Any, **more: Any) -> SignAnswer:
        self.person.pins = list(pins) or [RIGHT]
        return await self.service.sign(self.house.call("sign.digest"), self.order(**more))


@pytest.fixture
async def signing() -> Signing:
    return Signing()


@pytest.mark.parametrize("name", HASHES)
async def test_a_signature_comes_with_the_certificate_that_it_was_checked_with(signing: Signing, name: str) -> None:
    digest = hashlib.new(name, b"text").digest()
    answer = await signing(hash_name=name, digests=(digest,))
    signed = answer.performed.result
    assert (signed.signatures, signed.certificate) == ((sign(name, digest),), DER)
    assert signed.fingerprint == FINGERPRINT
    assert signing.house.journal.outcomes[-1].signatures == 1


@pytest.mark.proves("P4")
@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"digests": (DIGEST[:-1],)}, BadRequest),
        ({"hash_name": "sha512"}, BadRequest),
        ({"digests": (DIGEST, DIGEST)}, BadRequest),
        ({"fingerprint": "ab" * 32}, WrongCertificate),
        ({"signature_format": "ecdsa_der"}, AlgorithmUnsupported),
    ],
    ids=["short digest", "digest of another hash", "two digests", "another certificate", "format of another key"],
)
async def test_what_cannot_be_done_is_refused_before_anybody_types(
    signing: Signing, order: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await signing(**order)
    assert (signing.person.prompts, signing.card.count("verify")) == ([], 0)


async def test_a_certificate_that_is_known_refuses_without_the_card(signing: Signing) -> None:
    await signing()
    signing.card.did.clear()
    with pytest.raises(WrongCertificate):
        await signing(fingerprint="ab" * 32)
    assert signing.card.did == []


@pytest.mark.proves("P4")
async def test_a_certificate_that_is_none_costs_no_try(signing: Signing) -> None:
    signing.card.certificate = b"\x30\x03abc"
    with pytest.raises(CardBadAnswer):
        await signing()
    assert signing.card.count("verify") == 0


async def test_behind_its_pin_the_certificate_is_compared_before_the_key_is_used(signing: Signing) -> None:
    with pytest.raises(WrongCertificate):
        await signing(b"ABC123", key=KeyRole.SIGNATURE, fingerprint="ab" * 32)
    assert (signing.card.count("verify"), signing.card.count("sign")) == (1, 0)


async def test_a_card_without_such_a_key_is_of_the_wrong_kind(signing: Signing) -> None:
    signing.house.entry.card_type = replace(signing.house.entry.card_type, keys={})  # type: ignore[type-var]
    with pytest.raises(CardWrongKind):
        await signing()


@pytest.mark.proves("fault 166")
@pytest.mark.parametrize("signature_format", ["pkcs1v15", "cades_b"])
async def test_a_signature_that_does_not_hold_never_leaves(signing: Signing, signature_format: str) -> None:
    signing.card.signer = lambda name, digest: flipped(sign(name, digest))
    with pytest.raises(SignatureMismatch):
        await signing(signature_format=signature_format)
    assert signing.house.journal.outcomes[-1].signatures is None


# --- idempotency -----------------------------------------------------------------------------------------------------


@pytest.mark.proves("fault 63")
async def test_a_repeat_gets_the_stored_answer_and_its_first_receipt(signing: Signing) -> None:
    first = await signing(idempotency_key="order-1")
    signing.card.did.clear()
    again = await signing(idempotency_key="order-1")
    assert (again.repeated, again.performed) == (True, first.performed)
    assert signing.card.did == []
    with pytest.raises(IdempotencyMismatch):
        await signing(idempotency_key="order-1", case="R8-2")


@pytest.mark.parametrize(
    "failure",
    [PinRejected(tries_left=2, pin=PinOutcome.SPENT), PinUnknown(), CardRemoved(), CardBadAnswer()],
    ids=str,
)
async def test_as_long_as_the_key_was_not_used_the_order_may_come_again(signing: Signing, failure: Exception) -> None:
    signing.card.fails["verify"] = failure
    with pytest.raises((PinRejected, PinUnknown, CardBadAnswer)):
        await signing(b"0000", idempotency_key="order-1")
    assert (await signing(RIGHT, RIGHT, idempotency_key="order-1")).repeated is False


@pytest.mark.proves("fault 63")
@pytest.mark.parametrize("word", ["sign", "reread"])
async def test_once_the_key_was_used_a_failed_order_is_never_signed_again(signing: Signing, word: str) -> None:
    await signing()
    signing.card.fails[word] = CardRemoved()
    with pytest.raises(CardRemoved):
        await signing(idempotency_key="order-1")
    with pytest.raises(SignOutcomeUnknown):
        await signing(idempotency_key="order-1")


@pytest.mark.proves("fault 61", "fault 63")
@pytest.mark.parametrize("stage", ["prompt", "card"])
async def test_a_caller_who_hangs_up_decides_nothing_about_what_the_card_did(signing: Signing, stage: str) -> None:
    await signing()
    reached, wait = asyncio.Event(), asyncio.Event()
    if stage == "prompt":
        typing = signing.person.pin

        async def pin(prompt: Any) -> Any:
            reached.set()
            await wait.wait()
            return await typing(prompt)

        signing.person.pin = pin  # type: ignore[method-assign]
    else:
        signing.person.meanwhile = lambda: (signing.house.worker.go.clear(), reached.set())[0]
    calling = asyncio.ensure_future(signing(idempotency_key="order-1"))
    await reached.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    calling.cancel("client.gone")
    await asyncio.sleep(0)
    signing.house.worker.go.set()
    with pytest.raises(asyncio.CancelledError):
        await calling
    signing.person.meanwhile = lambda: None
    if stage == "prompt":
        signing.person.pin = typing  # type: ignore[method-assign]
        assert (await signing(idempotency_key="order-1")).repeated is False
    else:
        assert signing.card.count("sign") == 2, "the job ran to its end"
        with pytest.raises(SignOutcomeUnknown):
            await signing(idempotency_key="order-1")


async def test_a_person_who_cancels_leaves_the_order_free(signing: Signing) -> None:
    with pytest.raises(PinCancelled):
        await signing(PinCancelled(which=PinKind.AUTHENTICATION), idempotency_key="order-1")
    assert (await signing(idempotency_key="order-1")).repeated is False


async def test_a_key_is_on_the_disk_before_the_card_is_asked(signing: Signing) -> None:
    await signing(idempotency_key="key-00001")
    assert len(signing.keys.kept) == 1
    await signing(idempotency_key="key-00001")
    assert len(signing.keys.kept) == 1
    signing.keys.failure = AuditUnavailable(problem="state_not_writable")
    done = len(signing.card.did)
    with pytest.raises(AuditUnavailable):
        await signing(idempotency_key="key-00002")
    assert len(signing.card.did) == done


async def test_a_repeat_after_a_restart_is_told_that_nobody_knows(signing: Signing) -> None:
    await signing(idempotency_key="key-00001")
    restarted = Signing()
    restarted.keys.earlier = set(signing.keys.kept)
    with pytest.raises(SignOutcomeUnknown):
        await restarted(idempotency_key="key-00001")
    assert not restarted.person.prompts
    assert not (await restarted(idempotency_key="key-00002")).repeated


async def test_who_may_not_sign_makes_nothing_be_written(signing: Signing) -> None:
    signing.house.sessions.end_all(SessionEnd.STOP)
    with pytest.raises(SessionRequired):
        await signing(idempotency_key="key-00001")
    assert signing.keys.kept == []


@pytest.mark.proves("S1", "S7", "A1", "fault 63")
async def test_a_repeat_is_asked_about_and_recorded_like_the_first_time(signing: Signing) -> None:
    await signing(idempotency_key="key-00001")
    signing.house.table.end(signing.house.entry)
    assert (await signing(idempotency_key="key-00001")).repeated, "the card may be gone"
    told = signing.house.journal.states[-1]
    assert (told.problem, told.operator, told.purpose, told.case) == ("repeated", "sato", "online_signature", "R8-1")
    signing.house.journal.broken.add("state")
    with pytest.raises(AuditUnavailable):
        await signing(idempotency_key="key-00001")
    signing.house.journal.broken.clear()
    signing.house.sessions.end_all(SessionEnd.STOP)
    with pytest.raises(SessionRequired):
        await signing(idempotency_key="key-00001")
