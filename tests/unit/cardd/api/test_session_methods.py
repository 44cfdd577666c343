"""What the socket says of sessions, and whose word counts for a human's act."""

import os
from pathlib import Path

import pytest

from cardd.api.peer import ClientRow
from cardd.model import CardHandle, CardRef, ReaderName, SeatName
from cardd.register import Operator
from cardd.sessions.session import Session
from tests.unit.cardd.api.house import CLERK, House, running

DAY_US = 86_400_000_000


def log_in(house: House, uid: int | None = None, role: str = "counter", expires_us: int | None = None) -> Session:
    badge = CardRef(ReaderName("R"), 1, CardHandle("c-5f1e-1"))
    operator = Operator(id="sato", name="佐藤 花子", role=role)
    return house.sessions.start(
        SeatName("s1"), badge, os.getuid() if uid is None else uid, operator, "f" * 64, expires_us
    )


async def test_nobody_is_logged_in(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        status = await raw.result("session.status")
        assert status.pop("seat") == "s1"
        assert not any(status.values())


@pytest.mark.proves("S3")
async def test_the_status_says_when_it_locks_and_whether_it_has(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        expires_us = house.clock.utc_us() + 30 * DAY_US + 1
        session = log_in(house, expires_us=expires_us)
        status = await raw.result("session.status")
        assert (status["logged_in"], status["locked"]) == (True, False)
        assert status["operator"] == {
            "id": "sato",
            "name": "佐藤 花子",
            "role": "counter",
            "role_ja": "窓口",
            "role_en": "Counter",
        }
        assert (status["since"], status["locks_at"]) == ("2026-11-18T11:06:40.000Z", "2026-11-18T11:11:40.000Z")
        assert (status["badge_expires_at"], status["badge_days_left"]) == ("2026-12-18T11:06:40.000Z", 30)
        house.sessions.lock(session)
        status = await raw.result("session.status")
        assert (status["logged_in"], status["locked"], status["locks_at"]) == (True, True, None)
        assert status["ends_at"] == "2026-11-18T23:06:40.000Z"


async def test_a_badge_past_its_end_has_no_days_left_and_an_unknown_role_no_name(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        log_in(house, role="other", expires_us=house.clock.utc_us() - 1)
        status = await raw.result("session.status")
        assert status["badge_days_left"] == 0
        assert (status["operator"]["role_ja"], status["operator"]["role_en"]) == (None, None)


@pytest.mark.proves("S3")
async def test_a_human_s_act_puts_the_lock_off(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        session = log_in(house)
        house.clock.now += 299
        assert await raw.result("session.activity") == {"locks_at": "2026-11-18T11:11:40.000Z"}
        house.clock.now += 299
        assert not house.sessions.locked(session)
        house.clock.now += 1
        assert (await raw.error("session.activity"))["data"]["name"] == "session.locked"
        assert house.sessions.locked(session)


@pytest.mark.proves("S3", "fault 84")
async def test_what_a_program_sends_is_no_human_s_act(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        session = log_in(house)
        for _ in range(30):
            house.clock.now += 9.99
            for method in ("session.status", "whoami", "health", "cards.list"):
                await raw.result(method)
        assert not house.sessions.locked(session)
        house.clock.now += 0.31
        assert (await raw.result("session.status"))["locked"]


@pytest.mark.proves("S3", "fault 84")
async def test_a_client_whose_word_is_not_taken_cannot_report_a_human(tmp_path: Path) -> None:
    reports = ClientRow("reports", CLERK.seats, may_prompt=True, counts_as_human=False)
    async with running(tmp_path, client=reports) as house, house.ready() as raw:
        session = log_in(house)
        house.clock.now += 299
        error = await raw.error("session.activity")
        assert (error["data"]["name"], error["data"]["problem"]) == ("agent.not_allowed", "reports_activity")
        house.clock.now += 1
        assert house.sessions.locked(session)


@pytest.mark.proves("S3", "fault 103")
async def test_nobody_keeps_another_user_s_session_open(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        session = log_in(house, uid=os.getuid() + 1)
        house.clock.now += 299
        assert (await raw.error("session.activity"))["data"]["name"] == "session.required"
        assert ("alarm", "foreign_session", {"seat": "s1", "uid": os.getuid()}) in house.told
        assert not (await raw.result("session.status"))["logged_in"]
        house.clock.now += 1
        assert house.sessions.locked(session)
