"""`certificate.check` asked by somebody without the right, and with as much as a request holds: nothing is learnt, all is on record."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from applets_spec.testca.crl import issue_crl
from tests.e2e.fault_house import failing, nothing_left_by_the_module, nothing_left_running
from tests.e2e.revocation_house import TAKING_SECONDS, Lists, checked, open_house, row_of
from tests.fixtures.counter import SIGN_CONTEXT, until
from tests.fixtures.octets import flipped

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
ROUNDS = 20
ROOM = 40_000
"""Octets of DER that a request of 64 KiB holds beside the certificate."""
NESTED = b"\x30\x82\xff\xff" * (ROOM // 4)


@pytest.fixture(scope="module")
def house() -> Iterator[Lists]:
    with open_house() as opened:
        opened.put("operator_ca", 1)
        until(lambda: opened.taken("operator_ca") == 1, TAKING_SECONDS)
        opened.counter.log_in(opened.counter.office.people[0])
        opened.take("jpki_signature", 10, signer(opened, 2))
        yield opened


def signer(house: Lists, number: int) -> bytes:
    return house.counter.office.resident(number=number).certificates.signature_certificate


def texts(*octets: bytes) -> list[str]:
    return [base64.b64encode(each).decode() for each in octets]


def answered(house: Lists) -> list[dict[str, Any]]:
    """Answers on record."""
    return [each for each in house.records("certificate.check") if each.get("certificate")]


def resident_kib(house: Lists) -> int:
    """Memory of the daemon that is in RAM, KiB (proc(5), VmRSS)."""
    assert house.counter.process is not None
    status = Path(f"/proc/{house.counter.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


@pytest.mark.proves("S7")
def test_without_the_right_every_certificate_gets_the_same_no(house: Lists) -> None:
    """Good, revoked, of another kind, damaged, none at all: one refusal, and no word about a certificate on record."""
    good, revoked = signer(house, 1), signer(house, 2)
    assert (checked(house.counter, good)["result"], checked(house.counter, revoked)["result"]) == ("good", "revoked")
    number = len(answered(house))
    authentication = house.counter.office.resident(number=1).certificates.authentication_certificate
    told = []
    for der in (good, revoked, authentication, flipped(good), b"\x30\x00", b""):
        error = failing("policy.denied", lambda: checked(house.counter, der, purpose="passport"))  # noqa: B023
        told.append({name: value for name, value in error.data.items() if name != "request_id"} | {"": error.message})
    assert all(each == told[0] for each in told)
    assert len(answered(house)) == number


@pytest.mark.proves("A2", "S8")
def test_as_much_as_a_request_holds_is_answered_on_record_and_costs_no_memory(house: Lists) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    entries = [(10_000_000 + each, now - timedelta(days=2), None) for each in range(120)]
    made, ends = now - timedelta(hours=1), now + timedelta(days=9)
    lists = [issue_crl(row_of("jpki_signature"), entries, made, ends, 20 + each) for each in range(8)]
    authorities = [house.counter.office.resident(number=1).certificates.signature_ca] * 8
    der = signer(house, 1)
    much: list[dict[str, list[str]]] = [
        {"lists_base64": texts(*lists)},
        {"others_base64": texts(*authorities)},
        {"others_base64": texts(NESTED)},
        {"lists_base64": texts(NESTED)},
        {"responses_base64": texts(NESTED)},
        {"others_base64": texts(*[b"\x30\x80" * (ROOM // 16)] * 8)},
    ]
    for each in much:
        checked(house.counter, der, **each)
    before, number = resident_kib(house), len(answered(house))
    receipts = [checked(house.counter, der, **each)["receipt"]["sequence"] for _ in range(ROUNDS) for each in much]
    assert resident_kib(house) - before < 16 * 1024
    kept = answered(house)[number:]
    assert [record["seq"] for record in kept] == receipts
    assert {record["certificate"] for record in kept} == {"good"}
    assert {record["purpose"] for record in kept} == {SIGN_CONTEXT["purpose"]}
