"""`cardctl verify` with everything real: the document stays in the program, its certificate is judged by the daemon, on record."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from applets_spec.testca.issue import Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.testca.profiles import DIGITAL_SIGNATURE
from cardd.documents import xades
from demo.office import Resident
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running
from tests.e2e.revocation_house import TAKING_SECONDS, Lists, open_house
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.counter import until
from tests.fixtures.software_signer import SoftwareSigner

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
USE = ("--purpose", "online_signature", "--case", "R8-0042")
PATIENCE_S = 120


BOTH = """purposes = ["online_signature", "certificate_issue"]
operations = ["certificate_check"]
cards = ["my_number", "juki", "badge"]
clients = ["*"]
"""
APART = """purposes = ["online_signature"]
operations = ["certificate_check"]
cards = ["my_number", "juki", "badge"]
clients = ["*"]

[[rows]]
id = "certificate_check_residents"
roles = ["counter", "card_issuing", "supervisor"]
purposes = ["certificate_issue"]
operations = ["certificate_check"]
cards = ["my_number", "juki"]
clients = ["*"]
"""


def badges_under_one_purpose(policy: str) -> str:
    """The shipped policy, but for issuing certificates nobody looks at a badge's."""
    assert policy.count(BOTH) == 1
    return policy.replace(BOTH, APART)


@pytest.fixture(scope="module")
def house() -> Iterator[Lists]:
    with open_house(policy=badges_under_one_purpose) as opened:
        opened.put("operator_ca", 1)
        until(lambda: opened.taken("operator_ca") == 1, TAKING_SECONDS)
        opened.counter.log_in(opened.counter.office.people[0])
        opened.take("jpki_signature", 10, residents(opened)[1].certificates.signature_certificate)
        yield opened


def residents(house: Lists) -> list[Resident]:
    return [house.counter.office.resident(number=number) for number in (1, 2)]


def signer_of(resident: Resident, *, authentication: bool = False) -> SoftwareSigner:
    """The keys of a virtual card in the card's place."""
    made = resident.certificates
    if authentication:
        return SoftwareSigner(
            made.authentication_key, made.authentication_certificate, made.authentication_ca, made.authentication_key
        )
    return SoftwareSigner(made.signature_key, made.signature_certificate, made.signature_ca, made.signature_key)


def verified(
    house: Lists, signer: SoftwareSigner, *more: str, document: bytes = APPLICATION
) -> tuple[int, dict[str, Any]]:
    """Exit status and JSON of `cardctl verify` for a document by this signer."""
    prepared = xades.prepare(document, signer.certificate, at=datetime.now(UTC) - timedelta(minutes=5))
    path: Path = house.counter.folder / "shinsei.xml"
    path.write_bytes(prepared.finish(signer(prepared.order)))
    done = subprocess.run(
        [sys.executable, "-m", "cardd.cli", "--json", "verify", str(path), *(more or USE)],
        env=house.counter.environment,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def outcome(told: dict[str, Any]) -> tuple[str, str | None, str | None]:
    (each,) = told["signatures"]
    return each["indication"], each["sub_indication"], each["problem"]


@pytest.mark.proves("K2", "fault 153")
def test_each_standing_is_its_own_verdict_by_the_daemon_too(house: Lists) -> None:
    good, revoked = residents(house)
    status, told = verified(house, signer_of(good))
    assert (status, outcome(told)) == (0, ("TOTAL-PASSED", None, None))
    (signature,) = told["signatures"]
    assert signature["signer"]["name"] == good.holder.name
    assert signature["certificate_now"]["list_age_s"] >= 3600
    assert signature["certificate_now"]["test"] is True
    status, told = verified(house, signer_of(revoked))
    assert (status, outcome(told)) == (41, ("INDETERMINATE", "REVOKED_NO_POE", "revoked"))
    status, told = verified(house, signer_of(good, authentication=True))
    assert (status, outcome(told)) == (41, ("INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE", "wrong_kind"))


def test_the_policy_says_which_certificates_a_purpose_may_look_at(house: Lists) -> None:
    issued = issue_badge(Operator("試験 花子", "T0001"), KeyAlgorithm.P256, issued=house.counter.office.issued)
    pair = issued.slots[DIGITAL_SIGNATURE]
    badge = SoftwareSigner(pair.key, pair.certificate, issued.ca, pair.key)
    status, told = verified(house, badge)
    assert (status, outcome(told)) == (0, ("TOTAL-PASSED", None, None))
    assert told["signatures"][0]["certificate_now"]["kind"] == "operator_signature"
    status, told = verified(house, badge, "--purpose", "certificate_issue", "--case", "R8-0042")
    assert (status, told["error"]["name"]) == (31, "policy.denied")


@pytest.mark.proves("fault 153")
def test_a_time_before_and_after_the_certificate(house: Lists) -> None:
    signer = signer_of(residents(house)[0])
    status, told = verified(house, signer, *USE, "--at", "2015-01-01T00:00:00Z")
    assert (status, outcome(told)) == (42, ("TOTAL-FAILED", "NOT_YET_VALID", "not_yet_valid"))


@pytest.mark.proves("P6")
def test_the_check_is_on_record_and_the_document_is_not(house: Lists) -> None:
    house.counter.records()
    verified(house, signer_of(residents(house)[0]))
    record = json.dumps(house.counter.records(), ensure_ascii=False)
    assert "certificate.check" in record
    assert "shinsei" not in record
    assert residents(house)[0].holder.name not in record


def test_without_a_purpose_of_the_policy_nothing_is_judged(house: Lists) -> None:
    status, told = verified(house, signer_of(residents(house)[0]), "--purpose", "no_such_purpose", "--case", "R8-0042")
    assert status not in (0, 41, 42)
    assert told["error"]["name"]
