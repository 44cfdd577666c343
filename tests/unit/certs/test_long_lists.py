"""Long lists are asked as short ones, and a list of another key, another part or another time does not answer."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.revocation.errors import FileRefused
from certs.validation.evidence import Evidence
from certs.validation.revocation import check_revocation
from certs.validation.verdict import State, bad, unknown
from tests.unit.certs.small_authority import DAY, HOUR, KEYS, NOON, SERIAL, Authority

CA = Authority()
ISSUER = CA.certificate
LEAF = CA.issue()


@dataclass(frozen=True)
class LongOne:
    """A long list in memory."""

    issuer_key: bytes
    this_update: datetime = NOON - HOUR
    next_update: datetime | None = NOON + HOUR
    about: bool = True
    revoked: datetime | None = None

    def covers(self, certificate: x509.Certificate) -> bool:
        return self.about and certificate == LEAF

    def revoked_at(self, serial: int) -> datetime | None:
        return self.revoked if serial == SERIAL else None


def key_of(certificate: x509.Certificate) -> bytes:
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).digest()


LONG = LongOne(key_of(ISSUER))


@pytest.mark.proves("K2", "fault 154", "fault 165")
@pytest.mark.parametrize(
    ("long", "state", "reason"),
    [
        (LONG, State.GOOD, ""),
        (replace(LONG, revoked=NOON - DAY), State.BAD, "revoked"),
        (replace(LONG, revoked=NOON + DAY), State.GOOD, ""),
        (replace(LONG, about=False), State.UNKNOWN, "list_missing"),
        (replace(LONG, issuer_key=key_of(replace(CA, key=KEYS[1]).certificate)), State.UNKNOWN, "list_missing"),
        (replace(LONG, next_update=NOON - DAY), State.UNKNOWN, "list_too_old"),
        (replace(LONG, next_update=None), State.UNKNOWN, "list_too_old"),
        (replace(LONG, this_update=NOON + HOUR), State.UNKNOWN, "list_missing"),
        (replace(LONG, next_update=NOON - DAY, revoked=NOON - DAY), State.BAD, "revoked"),
    ],
    ids=[
        "good",
        "revoked",
        "revoked later",
        "another part",
        "the other generation's",
        "too old",
        "without an end",
        "from the future",
        "revoked and too old",
    ],
)
def test_a_long_list_is_asked_as_a_short_one(long: LongOne, state: State, reason: str) -> None:
    answer = check_revocation(LEAF, ISSUER, Evidence(long_lists=[long]), NOON).answer
    assert (answer.state, answer.reason) == (state, reason)


@pytest.mark.proves("K2")
def test_a_long_list_that_can_no_longer_be_looked_into_is_not_good() -> None:
    class Cut(LongOne):
        def revoked_at(self, serial: int) -> datetime | None:
            assert serial == SERIAL
            raise FileRefused("file_cut")

    answer = check_revocation(LEAF, ISSUER, Evidence(long_lists=[Cut(LONG.issuer_key)]), NOON).answer
    assert answer == unknown("list_damaged")


def test_of_lists_of_one_moment_the_one_that_says_revoked_is_believed() -> None:
    evidence = Evidence(lists=[CA.listing()], long_lists=[replace(LONG, revoked=NOON - DAY)])
    assert check_revocation(LEAF, ISSUER, evidence, NOON).answer == bad("revoked")
