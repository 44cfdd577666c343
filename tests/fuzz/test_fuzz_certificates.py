"""Certificates, revocation lists and OCSP responses that are nearly right: an answer or a declared error, never anything else.

Inputs are real ones of the test PKI with changes (`der_mutation`); every second one is signed anew, so that what lies behind the
signature check is reached as well. A quick form of 20,000, with `./dev fuzz` a million. Input number `n` of a kind is the same
in every run.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from random import Random
from time import thread_time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca.cases import CASES, REVOCATION_CASES
from certs.errors import Malformed
from certs.names import resident_names
from certs.profiles.profile import Kind
from certs.profiles.registry import PROFILES
from certs.reading import CARDS, read
from certs.revocation.sorting import in_order
from certs.validation.conformity import nonconformity
from certs.validation.evidence import Evidence
from certs.validation.list_walk import EntryNotUnderstood, entries_of, frame_of
from certs.validation.revocation import check_revocation
from certs.validation.truststore import TrustStore, from_der
from certs.validation.validate import validate
from certs.validation.verdict import GOOD, State
from tests.fuzz.der_mutation import Mutator, elements
from tests.unit.certs.small_authority import (
    DAY,
    HOUR,
    KEYS,
    NOON,
    SERIAL,
    Authority,
    answer,
    divided,
    named,
    point,
    usage,
)

QUICK, LONG = 20_000, 1_000_000
INPUTS = int(os.environ.get("FUZZ_INPUTS", "0")) or (LONG if os.environ.get("HYPOTHESIS_PROFILE") == "long" else QUICK)
"""Of all kinds together; `FUZZ_INPUTS` says another number."""
LIMIT_S = 0.050
"""For a certificate, in CPU time of the thread, so that a busy machine changes nothing."""
REPEATS = 3
"""An input over the limit is tried again as often, and the shortest counts: once may be an import, a table, a collection."""
PARTS = 2
"""Each kind in as many tests, for as many workers."""
MOST_ENTRIES = 100_000

CA = Authority()
ISSUER = CA.certificate
HERE = x509.DirectoryName(named("part 1"))
LEAF = CA.issue(
    extensions=[
        usage("digital_signature", "content_commitment"),
        point(HERE),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(KEYS[0].public_key()), False),
        (x509.SubjectKeyIdentifier.from_public_key(KEYS[2].public_key()), False),
        (
            x509.SubjectAlternativeName(
                [x509.OtherName(x509.ObjectIdentifier("1.2.392.200149.8.5.5.1"), b"\x0c\x03abc")]
            ),
            False,
        ),
    ]
)
RESPONDER = CA.responder()


@dataclass(frozen=True)
class InputKind:
    """What is changed, and what is asked of it. `judge` returns whether the input was taken for good."""

    seeds: tuple[bytes, ...] = field(repr=False)
    share: float
    judge: Callable[[bytes], bool]
    sign: Callable[[bytes], bytes]
    limit_s: float | None = None

    @property
    def count(self) -> int:
        return int(INPUTS * self.share) // PARTS


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def signed_again(octets: bytes) -> bytes:
    """The outer sequence of three, with a signature of the small authority over its first element, whatever that is now."""
    tops = elements(octets)
    if not tops or len(tops) != 1 or not tops[0].parts or len(tops[0].parts) < 3:
        return octets
    signature = KEYS[0].sign(tops[0].parts[0].encoded(), ec.ECDSA(hashes.SHA256()))
    last = tops[0].parts[2]
    last.parts, last.content, last.length = None, b"\x00" + signature, None
    return tops[0].encoded()


def response_signed_again(octets: bytes) -> bytes:
    """Likewise for an OCSP response: the BasicOCSPResponse lies in OCTET STRING in [0] (RFC 6960, 4.2.1)."""
    tops = elements(octets)
    with suppress(LookupError, TypeError):
        basic = tops[0].parts[1].parts[0].parts[1].parts[0]  # type: ignore[index]
        signature = KEYS[0].sign(basic.parts[0].encoded(), ec.ECDSA(hashes.SHA256()))  # type: ignore[index]
        last = basic.parts[2]  # type: ignore[index]
        last.parts, last.content, last.length = None, b"\x00" + signature, None
        return tops[0].encoded()  # type: ignore[index]
    return octets


@cache
def store_of_all() -> TrustStore:
    anchors = {each for make in CASES.values() for each in make().anchors}
    return from_der([*sorted(anchors), der(ISSUER)])


LISTS = (CA.listing(5, SERIAL + 1), CA.listing(more=[divided(HERE, users=True)]))


def judge_certificate(octets: bytes) -> bool:
    """Strictly judged; and read as from a card, with the holder's names, and held against a kind."""
    with suppress(Malformed):
        loosely = read(octets, CARDS).certificate
        nonconformity(loosely, PROFILES[Kind.JPKI_SIGNATURE], test=True)
        resident_names(loosely)
    return validate(octets, None, store_of_all(), NOON, evidence=Evidence(lists=LISTS)).good_but_revocation


def judge_as_other(octets: bytes) -> bool:
    """Comes along with a good certificate."""
    return validate(
        der(LEAF), None, store_of_all(), NOON, others=[octets], evidence=Evidence(lists=LISTS)
    ).good_but_revocation


def judge_list(octets: bytes) -> bool:
    """Walked as the intake walks it, though nobody read it before, and asked."""
    with suppress(Malformed, EntryNotUnderstood):
        in_order(entries_of(octets, frame_of(octets)), MOST_ENTRIES)
    return asked(Evidence(lists=[octets]))


def judge_response(octets: bytes) -> bool:
    return asked(Evidence(responses=[octets]))


def asked(evidence: Evidence) -> bool:
    """Whether the evidence makes the certificate good; it is always looked at."""
    found = check_revocation(LEAF, ISSUER, evidence, NOON).answer
    assert found.state is not State.NOT_CHECKED
    return found == GOOD


ENTRY = x509.RevokedCertificateBuilder(SERIAL + 2, NOON - DAY)
WITH_REASONS = (
    ENTRY.add_extension(x509.CRLReason(x509.ReasonFlags.certificate_hold), False).build(),
    ENTRY.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), True)
    .add_extension(x509.InvalidityDate(NOON - DAY), False)
    .build(),
)
BY_CA, BY_RESPONDER, ABOUT = (ISSUER, KEYS[0]), (RESPONDER, KEYS[3]), (LEAF, ISSUER)

CERTIFICATES = (
    der(LEAF),
    der(ISSUER),
    der(RESPONDER),
    *(CASES[name]().certificate for name in ("signature-good", "authentication-good", "badge-good")),
)
REVOCATION_LISTS = (
    *LISTS,
    CA.listing(SERIAL, *WITH_REASONS),
    CA.listing(*range(1, 200)),
    CA.listing(updates=(NOON - DAY, NOON - HOUR)),
    *REVOCATION_CASES["list-both-generations"]().crls,
)
RESPONSES = (
    answer(BY_CA, ABOUT),
    answer(BY_CA, ABOUT, nonce=bytes(16)),
    answer(BY_RESPONDER, ABOUT, sent=[RESPONDER]),
    *REVOCATION_CASES["ocsp-good-with-nonce"]().responses,
    *REVOCATION_CASES["ocsp-revoked"]().responses,
    *REVOCATION_CASES["ocsp-try-later"]().responses,
)
INPUT_KINDS = {
    "certificate": InputKind(CERTIFICATES, 0.4, judge_certificate, signed_again, LIMIT_S),
    "list": InputKind(REVOCATION_LISTS, 0.3, judge_list, signed_again),
    "response": InputKind(RESPONSES, 0.3, judge_response, response_signed_again),
}


def over_the_limit(kind: InputKind, octets: bytes, spent_s: float) -> bool:
    if kind.limit_s is None or spent_s <= kind.limit_s:
        return False
    for _ in range(REPEATS):
        begun = thread_time()
        kind.judge(octets)
        if thread_time() - begun <= kind.limit_s:
            return False
    return True


@pytest.mark.timeout(0 if INPUTS > QUICK else 300)
@pytest.mark.filterwarnings("ignore::UserWarning")  # `cryptography` warns of names over 64 characters, and goes on
@pytest.mark.proves("K2", "K5", "fault 160")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", INPUT_KINDS)
def test_nearly_right_input_gets_an_answer(name: str, part: int) -> None:
    kind = INPUT_KINDS[name]
    mutator = Mutator(kind.seeds)
    signed_parts = {signed_part(each) for each in kind.seeds}
    kind.judge(kind.seeds[0])  # imports and tables
    for number in range(part * kind.count, (part + 1) * kind.count):
        octets = mutator.mutated(Random(f"{name} {number}"))
        again = number % 2 == 1
        if again:
            octets = kind.sign(octets)
        begun = thread_time()
        try:
            good = kind.judge(octets)
        except Exception as error:
            error.add_note(f"input {number} of kind {name}, {len(octets)} bytes")
            raise
        assert not over_the_limit(kind, octets, thread_time() - begun), f"input {number} of kind {name}"
        assert again or not good or signed_part(octets) in signed_parts, f"input {number} of kind {name} was believed"


def signed_part(octets: bytes) -> bytes | None:
    """What a signature is over: the first part of a sequence of three; of a response, of the sequence inside."""
    tops = elements(octets)
    if not tops or not tops[0].parts:
        return None
    with suppress(LookupError, TypeError):
        return tops[0].parts[1].parts[0].parts[1].parts[0].parts[0].encoded()  # type: ignore[index]
    return tops[0].parts[0].encoded()


@pytest.mark.timeout(0 if INPUTS > QUICK else 300)
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.proves("K5")
def test_what_comes_along_does_not_spoil_a_good_certificate() -> None:
    """Whatever somebody sends with it: authorities with the right name and key, changed in any way, signed by anybody."""
    mutator = Mutator(CERTIFICATES)
    for number in range(INPUTS // 20):
        octets = mutator.mutated(Random(f"other {number}"))
        assert judge_as_other(signed_again(octets) if number % 2 else octets), f"input {number}"


@pytest.mark.parametrize("name", INPUT_KINDS)
def test_signing_anew_leads_behind_the_signature_check(name: str) -> None:
    """The right thing, signed anew, is as good as before; or half of the inputs would never get there."""
    kind = INPUT_KINDS[name]
    again = kind.sign(kind.seeds[0])
    assert again != kind.seeds[0]
    assert kind.judge(kind.seeds[0])
    assert kind.judge(again)


def test_inputs_are_the_same_in_every_run() -> None:
    mutator = Mutator(CERTIFICATES[:2])
    first, second = ([mutator.mutated(Random(f"x {n}")) for n in range(50)] for _ in range(2))
    assert first == second
    assert len(set(first)) > 40
