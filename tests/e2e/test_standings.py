"""Each standing of a resident's certificate has its own verdict, by `certificate.check` and by `cardctl verify`, with real lists.

One counter whose list is the one of today, and one of its own for what holds before there is such a list.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from applets_spec.testca import resident_cases
from applets_spec.testca.hierarchy import Family, authority
from applets_spec.testca.issue import JpkiCertificates, holder_draft, issue_jpki
from applets_spec.testca.keys import DerivedKeys
from applets_spec.testca.profiles import resident_signature
from applets_spec.testca.resident_cases import Somebody
from applets_spec.testca.x509_parts import sign
from cardd.documents import xades
from demo.office import Resident
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running, take_out
from tests.e2e.revocation_house import DAY, Lists, checked, open_house, signing
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.counter import RESIDENT_SLOT, SIGN_CONTEXT
from tests.fixtures.software_signer import SoftwareSigner

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
USE = ("--purpose", "online_signature", "--case", "R8-0042")
KIND = "jpki_signature"
PATIENCE_S = 120
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Standing:
    """What a resident's certificate is, and what has to be said of it. `detail`: of the API; `words`: `cardctl verify`'s."""

    certificate: bytes = field(repr=False)
    made: JpkiCertificates = field(repr=False)
    result: str
    reason: str
    words: tuple[str, str | None, str | None]
    status: int = 41
    authentication: bool = False

    def signer(self) -> SoftwareSigner:
        made = self.made
        key = made.authentication_key if self.authentication else made.signature_key
        ca = made.authentication_ca if self.authentication else made.signature_ca
        return SoftwareSigner(key, self.certificate, ca, key)


def verified(house: Lists, standing: Standing) -> tuple[int, dict[str, Any]]:
    """Exit status and JSON of `cardctl verify` for a document that this certificate's key signed."""
    signer = standing.signer()
    prepared = xades.prepare(APPLICATION, signer.certificate, at=NOW - timedelta(minutes=5))
    path: Path = house.counter.folder / "shinsei.xml"
    path.write_bytes(prepared.finish(signer(prepared.order)))
    done = subprocess.run(
        [sys.executable, "-m", "cardd.cli", "--json", "verify", str(path), *USE],
        env=house.counter.environment,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def seen(house: Lists, standing: Standing) -> dict[str, Any]:
    """The answer of the API, after both have said what they should."""
    told = checked(house.counter, standing.certificate, kind=KIND)
    assert (told["result"], told["reason"], told["usable"]) == (
        standing.result,
        standing.reason,
        standing.result == "good",
    )
    status, report = verified(house, standing)
    (each,) = report["signatures"]
    assert (status, (each["indication"], each["sub_indication"], each["problem"])) == (standing.status, standing.words)
    return told


@pytest.fixture(scope="module")
def house() -> Iterator[Lists]:
    """With the list of today, in which the second resident stands."""
    with open_house() as opened:
        opened.counter.log_in(opened.counter.office.people[0])
        opened.take(KIND, 2, residents(opened)[1].certificates.signature_certificate)
        yield opened


@pytest.fixture
def without_list() -> Iterator[Lists]:
    with open_house() as opened:
        opened.counter.log_in(opened.counter.office.people[0])
        yield opened


def residents(house: Lists) -> list[Resident]:
    return [house.counter.office.resident(number=number) for number in (1, 2)]


@pytest.fixture(scope="module")
def people(house: Lists) -> list[Resident]:
    return residents(house)


def of(made: JpkiCertificates, result: str, reason: str, *words: str | None, status: int = 41) -> Standing:
    return Standing(made.signature_certificate, made, result, reason, (str(words[0]), words[1], words[2]), status)


def valid_in(begins: datetime, ends: datetime) -> JpkiCertificates:
    """A signature certificate of these days, whose key is that of `issue_jpki(Somebody())`."""
    row, keys, person = authority(Family.SIGNATURE), DerivedKeys(), Somebody()
    made = issue_jpki(person)
    assert isinstance(made.signature_key, rsa.RSAPrivateKey)
    draft = holder_draft(row, made.signature_key, 0, (begins, ends), keys).extended_by(
        *resident_signature(person.name, person.address, person.birth_date, person.sex, row.japanese_name)
    )
    return replace(made, signature_certificate=sign(draft, keys.key(row.key_name, row.algorithm)))


@pytest.mark.proves("K2", "K4", "fault 154", "fault 169")
def test_before_there_is_a_list_and_with_one_that_is_too_old_it_is_unknown(without_list: Lists) -> None:
    house = without_list
    made = residents(house)[0].certificates
    missing = seen(house, of(made, "unknown", "list_missing", "INDETERMINATE", "TRY_LATER", "revocation_unknown"))
    assert missing["answers"]["revocation"] == {"state": "unknown", "reason": "list_missing"}
    assert missing["list_age_s"] is None
    house.take(KIND, 1, made=-4 * DAY)
    old = seen(house, of(made, "unknown", "list_too_old", "INDETERMINATE", "TRY_LATER", "revocation_unknown"))
    assert old["list_age_s"] >= 4 * 86400


@pytest.mark.proves("K1", "K2", "fault 153", "fault 162", "fault 163", "fault 165")
def test_with_todays_list_each_standing_has_its_own_verdict(house: Lists, people: list[Resident]) -> None:
    good, revoked = (each.certificates for each in people)
    told = [
        seen(house, of(good, "good", "good", "TOTAL-PASSED", None, None, status=0)),
        seen(house, of(revoked, "revoked", "revoked", "INDETERMINATE", "REVOKED_NO_POE", "revoked")),
    ]
    past = valid_in(NOW - 40 * DAY, NOW - 2 * DAY)
    told.append(seen(house, of(past, "expired", "expired", "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE", "expired")))
    coming = valid_in(NOW + 2 * DAY, NOW + 40 * DAY)
    told.append(
        seen(
            house,
            of(coming, "not_yet_valid", "not_yet_valid", "TOTAL-FAILED", "NOT_YET_VALID", "not_yet_valid", status=42),
        )
    )
    older = issue_jpki(Somebody(), 1, generation=1)
    told.append(
        seen(
            house,
            of(
                older,
                "refused",
                "unknown_issuer",
                "INDETERMINATE",
                "NO_CERTIFICATE_CHAIN_FOUND",
                "issuer_other_generation",
            ),
        )
    )
    assert told[-1]["detail"] == "other_generation"
    sha1 = Standing(
        resident_cases.signature_sha1().certificate,
        issue_jpki(Somebody()),
        "refused",
        "weak_algorithm",
        ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE", "certificate_weak"),
    )
    told.append(seen(house, sha1))
    words = ("INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE", "wrong_kind")
    other = Standing(good.authentication_certificate, good, "refused", "wrong_kind", words, authentication=True)
    told.append(checked(house.counter, other.certificate, kind=KIND))
    status, report = verified(house, other)
    (each,) = report["signatures"]
    assert (status, (each["indication"], each["sub_indication"], each["problem"])) == (41, words)
    assert (told[-1]["result"], told[-1]["reason"], told[-1]["usable"]) == ("refused", "wrong_kind", False)
    assert told[-1]["answers"]["conformity"] == {"state": "bad", "reason": "wrong_kind"}
    assert len({(each["result"], each["reason"]) for each in told}) == len(told)


@pytest.mark.proves("K2", "P1", "fault 153")
def test_a_revoked_card_signs_nothing_in_one_step_or_two_and_the_pin_is_accounted_for(
    house: Lists, people: list[Resident]
) -> None:
    """Its certificate is readable after its PIN alone: the PIN was right, and the key was not used."""
    resident = people[1]
    card = house.counter.insert(resident.card, RESIDENT_SLOT)
    document = {"name": "転出届.pdf", "size": 4711, "sha256": "ab" * 32, "pages": 2}
    order = signing(card) | {"key": "signature"}
    for method, params in (
        ("sign.digest", order),
        ("sign.begin", {"card": card, "key": "signature", "hash": "sha256", "document": document, **SIGN_CONTEXT}),
    ):
        error = house.counter.fails(method, resident.holder.pins.signature, consents=True, **params)
        assert error.name == "cert.revoked"
        assert error.data["pin"]["outcome"] == "accepted"
        record = [each for each in house.counter.records() if each["phase"] == 2][-1]
        assert (record["result"], record["code"], record["certificate"]) == ("refused", "cert.revoked", "revoked")
        assert record["pin_outcome"] == "accepted"
        assert record.get("signatures") is None
    take_out(house.counter, RESIDENT_SLOT)
