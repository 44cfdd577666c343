"""`certificate.check` goes through the gate: a session, a row of the policy, and the record before the answer (S7, S8, A2)."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from cardd.errors import AuditUnavailable, BadRequest, CertificateUnknown, PolicyDenied, SessionRequired
from cardd.sessions.table import SessionEnd
from cardd.verifying.order import CertificateOrder, Judged
from cardd.verifying.service import VerifyingService
from tests.unit.cardd.gate.gate_house import GateHouse

DER = b"\x30\x82 a certificate"
NOW = datetime.fromtimestamp(1000, UTC)


class House:
    """A gate, and a judge that says what it is told to."""

    def __init__(self, role: str = "supervisor") -> None:
        self.gate = GateHouse(role=role)
        self.asked: list[tuple[CertificateOrder, datetime]] = []
        self.answer: Judged | Exception = judged()
        self.service = VerifyingService(self.gate.gate, self._judge, self.gate.clock)

    def _judge(self, order: CertificateOrder, at: datetime) -> Judged:
        self.asked.append((order, at))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def check(self, **more: Any) -> Judged:
        given = {"certificate": DER, "purpose": "online_signature", "case": "R8-0042"} | more
        performed = await self.service.check(self.gate.call("certificate.check"), CertificateOrder(**given))
        return performed.result


def judged(result: Any = "revoked", reason: str = "revoked", age_s: int | None = 90) -> Judged:
    return Judged(result, reason, False, (("form", "good", ""),), "", age_s, None, NOW)


@pytest.fixture
async def house() -> House:
    return House()


@pytest.mark.proves("S8", "A2", "K4")
async def test_the_answer_is_on_record_as_one_word_with_the_age_of_the_list(house: House) -> None:
    assert (await house.check()).result == "revoked"
    (record,) = house.gate.journal.states
    assert (record.event, record.operation, record.operator) == ("certificate.check", "certificate_check", "sato")
    assert (record.purpose, record.case) == ("online_signature", "R8-0042")
    assert (record.certificate, record.problem, record.list_age_s) == ("revoked", None, 90)
    assert house.asked[0][1] == NOW
    house.answer = judged("unknown", "list_too_old", None)
    await house.check()
    record = house.gate.journal.states[-1]
    assert (record.certificate, record.problem, record.list_age_s) == ("unknown", "list_too_old", None)


@pytest.mark.proves("A2")
async def test_without_a_record_there_is_no_answer(house: House) -> None:
    house.gate.journal.broken.add("state")
    with pytest.raises(AuditUnavailable):
        await house.check()


@pytest.mark.proves("S7")
async def test_nobody_logged_in_and_no_row_judge_nothing() -> None:
    house = House(role="")
    with pytest.raises(SessionRequired):
        await house.check()
    for role, purpose in (("supervisor", "passport"), ("auditor", "online_signature"), ("supervisor", "badge_care")):
        house = House(role)
        with pytest.raises(PolicyDenied):
            await house.check(purpose=purpose)
        assert house.asked == []


@pytest.mark.proves("K6", "fault 168")
async def test_what_cannot_be_judged_is_a_refusal_on_record(house: House) -> None:
    house.answer = CertificateUnknown(problem="clock_behind_list")
    with pytest.raises(CertificateUnknown):
        await house.check()
    with pytest.raises(BadRequest):
        await house.check(at=datetime.fromtimestamp(1001, UTC))
    assert [(each.code, each.problem) for each in house.gate.journal.states] == [
        ("cert.unknown", "clock_behind_list"),
        ("request.bad", "in_the_future"),
    ]


async def test_a_moment_before_now_is_handed_on(house: House) -> None:
    earlier = datetime.fromtimestamp(900, UTC)
    await house.check(at=earlier, kind="operator_badge")
    assert house.asked[0][1] == earlier


@pytest.mark.proves("A2")
async def test_a_fault_of_ours_is_on_record_too(house: House) -> None:
    house.answer = ValueError("a parser fell over 見本　花子")
    with pytest.raises(ValueError, match="parser"):
        await house.check()
    (record,) = house.gate.journal.states
    assert (record.code, record.event) == ("internal", "certificate.check")
    assert "見本" not in repr(record)


@pytest.mark.proves("fault 78")
async def test_whoever_is_logged_out_meanwhile_hears_nothing(house: House) -> None:
    judge = house.service._judge

    def logged_out(order: CertificateOrder, at: datetime) -> Judged:
        house.gate.sessions.end_all(SessionEnd.LOGOUT)
        return judge(order, at)

    house.service._judge = logged_out
    with pytest.raises(SessionRequired):
        await house.check()
    (record,) = house.gate.journal.states
    assert (record.code, record.problem, record.certificate) == ("session.required", "ended_meanwhile", None)


async def test_who_asks_and_goes_has_one_thread_and_not_one_each_time(house: House) -> None:
    begun, go_on, running = threading.Event(), threading.Event(), []
    judge = house.service._judge

    def slow(order: CertificateOrder, at: datetime) -> Judged:
        running.append(threading.get_ident())
        begun.set()
        assert go_on.wait(30)
        return judge(order, at)

    house.service._judge = slow
    asked = [asyncio.ensure_future(house.check()) for _ in range(5)]
    assert await asyncio.to_thread(begun.wait, 30)
    for each in asked:
        each.cancel()
    done, waiting = await asyncio.wait(asked[1:], timeout=30)
    assert not waiting
    assert all(each.cancelled() for each in done)
    last = asyncio.ensure_future(house.check())
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(running) == 1, "the next one begins behind the one that nobody waits for"
    go_on.set()
    assert (await last).result == "revoked"
    assert asked[0].cancelled()
    assert len(running) == 2
