"""The agent of a seat asks for the PINs of that seat: real daemon, a pinentry that follows a script, and what goes wrong between them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import time
from base64 import b64encode
from pathlib import Path

import pytest

from cardd.client import RemoteError
from demo.office import Person
from terminal.agent.news import News
from terminal.agent.prompting import PinAsked, Question
from terminal.agent.service import Agent
from terminal.agent.session_lock import Outcome
from terminal.settings import Settings
from tests.fixtures.counter import (
    BADGE_SLOT,
    CONTEXT,
    READY_SECONDS,
    RESIDENT_SLOT,
    SIGN_CONTEXT,
    Counter,
    counter,
    sato,
    until,
)
from tests.fixtures.pinentry import ScriptedPinentry
from tests.fixtures.terminal import shows
from tests.terminal.bus_house import AgentProcess, Bus, agent_at, bus, of_bus

__all__ = ["bus", "counter", "sato"]


def typing(pin: str) -> dict[str, list[str]]:
    """The script of a person who types this."""
    return {"GETPIN": [f"[{f'D {pin}'!r}, 'OK']"]}


def asking(pinentry: ScriptedPinentry, more: str = "") -> str:
    """Settings, from `[removal]` on."""
    return f'{more}[agent]\nprompt = "pinentry"\npinentry = "{pinentry.path}"\n'


def in_background(counter: Counter, method: str, **params: object) -> tuple[threading.Thread, list[RemoteError]]:
    """A call of a program that has no PIN screen of its own."""
    failed: list[RemoteError] = []

    def call() -> None:
        try:
            counter.call(method, **params)
        except RemoteError as error:
            failed.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    return thread, failed


@pytest.fixture
def badge(counter: Counter, sato: Person) -> str:
    return counter.insert(sato.badge, BADGE_SLOT, kind="badge")


def test_a_program_without_a_pin_screen_logs_in_through_the_agent(
    counter: Counter, sato: Person, bus: Bus, badge: str
) -> None:
    pinentry = ScriptedPinentry(counter.folder, typing(sato.pin))
    with agent_at(counter, bus, asking(pinentry)):
        assert counter.call("session.login", badge=badge)["operator"]["id"] == "sato"
    (shown,) = pinentry.told("SETDESC")
    for told in ("Badge PIN", "6 to 8 digits", "log in", "Operator badge", counter.box.readers[BADGE_SLOT]):
        assert told in shown
    assert pinentry.lines[-1] == "BYE"


@pytest.mark.proves("P1")
def test_a_wrong_shape_is_asked_again_and_costs_no_try(counter: Counter, sato: Person, bus: Bus, badge: str) -> None:
    script = {"GETPIN": [f"['D ' + ('12' if first else {sato.pin!r}), 'OK']"]}
    pinentry = ScriptedPinentry(counter.folder, script)
    with agent_at(counter, bus, asking(pinentry)) as agent:
        counter.call("session.login", badge=badge)
        assert "is asked for again. No try was used." in agent.said
    assert len(pinentry.pids) == 2
    assert pinentry.told("SETERROR") == ["The length is not right. Type it again; no try was used."]


def test_cancel_is_a_no(counter: Counter, bus: Bus, badge: str) -> None:
    pinentry = ScriptedPinentry(counter.folder, {"GETPIN": ["['ERR 83886179 Operation cancelled <Pinentry>']"]})
    with agent_at(counter, bus, asking(pinentry)):
        assert counter.fails("session.login", badge=badge).name == "pin.cancelled"


def test_a_missing_program_is_told_and_costs_no_try(counter: Counter, bus: Bus, badge: str) -> None:
    settings = '[agent]\nprompt = "pinentry"\npinentry = "/nowhere/pinentry"\n'
    with agent_at(counter, bus, settings) as agent:
        assert counter.fails("session.login", badge=badge).name == "pin.cancelled"
        agent.wait_for("/nowhere/pinentry is not there or cannot be run")


def test_a_resident_agrees_to_the_last_try(counter: Counter, sato: Person, bus: Bus) -> None:
    resident = counter.office.resident()
    counter.log_in(sato)
    card = counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    for wrong in ("9999", "9998"):
        counter.fails("card.read", wrong, card=card, items=["name"], **CONTEXT)
    pinentry = ScriptedPinentry(counter.folder, {**typing(resident.holder.pins.card_info), "CONFIRM": ["['OK']"]})
    with agent_at(counter, bus, asking(pinentry)):
        counter.call("card.read", card=card, items=["name"], **CONTEXT)
    first, second = pinentry.told("SETDESC")
    assert first.endswith("Does the holder of the card agree to use the last try?")
    assert "This is the last try. A wrong PIN blocks it." in second
    assert "R8-0042" in second


def test_a_person_agrees_to_a_document_and_its_facts_are_shown(counter: Counter, sato: Person, bus: Bus) -> None:
    resident = counter.office.resident()
    counter.log_in(sato)
    card = counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    digest = hashlib.sha256(b"what is signed")
    document = {"name": "転出届.pdf", "size": 14, "sha256": digest.hexdigest(), "pages": 2}
    params = {"key": "authentication", "hash": "sha256", "digests_base64": [b64encode(digest.digest()).decode()]}
    ask = {**params, "signature_format": "pkcs1v15", "document": document, **SIGN_CONTEXT}
    pinentry = ScriptedPinentry(
        counter.folder,
        {**typing(resident.holder.pins.authentication), "CONFIRM": ["['ERR 83886194 no'] if first else ['OK']"]},
    )
    with agent_at(counter, bus, asking(pinentry)) as agent:
        assert counter.fails("sign.digest", card=card, **ask).name == "sign.not_agreed"
        assert counter.call("sign.digest", card=card, **ask)["signatures_base64"]
        assert "転出届" not in agent.said
    no, yes, pin = pinentry.told("SETDESC")
    assert no == yes
    assert "転出届.pdf" in yes
    assert " ".join(digest.hexdigest()[place : place + 4] for place in range(0, 32, 4)) in yes
    assert "Document to be signed: 転出届.pdf" in pin


@pytest.mark.proves("P4")
def test_an_agent_that_is_killed_while_a_pin_is_asked_costs_no_try(
    counter: Counter, sato: Person, bus: Bus, badge: str
) -> None:
    pinentry = ScriptedPinentry(counter.folder, {"GETPIN": ["hang()"]})
    with agent_at(counter, bus, asking(pinentry)) as agent:
        thread, failed = in_background(counter, "session.login", badge=badge)
        until(lambda: "GETPIN" in pinentry.lines, READY_SECONDS)
        agent.kill()
        thread.join(READY_SECONDS)
        assert [error.name for error in failed] == ["agent.none"]
    (window,) = pinentry.pids
    os.kill(window, 9)  # under systemd it ends with the agent's unit; a real one ends with the time that it was told
    assert pinentry.told("SETTIMEOUT") in (["59"], ["60"])
    assert counter.call("session.login", sato.pin, badge=badge)["operator"]["id"] == "sato"


def test_a_window_that_is_left_open_is_closed_when_the_time_is_over(counter: Counter, bus: Bus, badge: str) -> None:
    counter.stop()
    counter.office.write(counter.socket, extra_config="[limits]\npin_seconds = 5\nrequests_per_second = 5000\n")
    counter.start()
    badge = counter.known_cards(1)[0]["card"]
    pinentry = ScriptedPinentry(counter.folder, {"GETPIN": ["hang()"]})
    with agent_at(counter, bus, asking(pinentry)):
        assert counter.fails("session.login", badge=badge).name == "pin.timeout"
        gone(pinentry)


def test_a_pulled_badge_closes_the_window(counter: Counter, bus: Bus, badge: str) -> None:
    pinentry = ScriptedPinentry(counter.folder, {"GETPIN": ["hang()"]})
    with agent_at(counter, bus, asking(pinentry)):
        thread, failed = in_background(counter, "session.login", badge=badge)
        until(lambda: "GETPIN" in pinentry.lines, READY_SECONDS)
        counter.pull(BADGE_SLOT)
        thread.join(READY_SECONDS)
        assert [error.name for error in failed] == ["pin.cancelled"]
        gone(pinentry)


def gone(pinentry: ScriptedPinentry) -> None:
    """Every window that was opened is closed again."""
    until(lambda: not any(alive(pid) for pid in pinentry.pids), READY_SECONDS)


def alive(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_second_agent_says_so_and_takes_over(counter: Counter, sato: Person, bus: Bus, badge: str) -> None:
    first_window = ScriptedPinentry(counter.folder, typing("000000"))
    other = counter.folder / "other"
    other.mkdir()
    second_window = ScriptedPinentry(other, typing(sato.pin))
    settings = f'locale = "en"\n{asking(second_window)}'
    with (
        agent_at(counter, bus, asking(first_window)) as first,
        AgentProcess(other, settings, of_bus(bus, counter.environment)) as second,
    ):
        second.wait_for("This seat has a PIN agent already")
        first.end()
        second.wait_for("This program now asks for the PINs")
        assert second.said.count("This seat has a PIN agent already") == 1
        counter.call("session.login", badge=badge)
    assert first_window.pids == []


def test_a_daemon_that_was_restarted_finds_its_agent_again(
    counter: Counter, sato: Person, bus: Bus, badge: str
) -> None:
    pinentry = ScriptedPinentry(counter.folder, typing(sato.pin))
    with agent_at(counter, bus, asking(pinentry)) as agent:
        counter.stop()
        agent.wait_for("cardd is not running")
        time.sleep(1)  # several tries; each would be a line, were it told again
        assert agent.said.count("cardd is not running") == 1
        counter.start()
        agent.wait_for("This program now asks for the PINs", times=2)
        counter.call("session.login", badge=counter.known_cards(1)[0]["card"])


@pytest.mark.proves("P7")
def test_the_pin_stands_in_no_log_argument_or_environment(counter: Counter, sato: Person, bus: Bus, badge: str) -> None:
    """While the PIN is on its way, the window is held open and everything that others can see of agent and window is read."""
    mark = counter.folder / "seen"
    script = {"GETPIN": [f"[{f'D {sato.pin}'!r}] + wait_for({str(mark)!r}) + ['OK']"]}
    pinentry = ScriptedPinentry(counter.folder, script)
    secret = sato.pin
    with agent_at(counter, bus, asking(pinentry)) as agent:
        thread, failed = in_background(counter, "session.login", badge=badge)
        until(lambda: "GETPIN" in pinentry.lines, READY_SECONDS)
        for pid in (agent.pid, *pinentry.pids):
            for what in ("cmdline", "environ"):
                assert not shows(Path(f"/proc/{pid}/{what}").read_bytes(), secret)
        mark.touch()
        thread.join(READY_SECONDS)
        assert failed == []
        said = agent.said
    assert not shows(said + counter.log, secret)
    assert not shows("\n".join(pinentry.lines), secret)
    assert set(" ".join(pinentry.told("ENVIRONMENT")).split()) <= {"PATH", "HOME", "LC_ALL", "LC_CTYPE", "LANG", "TERM"}


class _Told:
    def __init__(self) -> None:
        self.locked = threading.Event()
        self.began = threading.Event()


class _Lock:
    """A desktop that locks at once, and says when."""

    def __init__(self, told: _Told) -> None:
        self._told = told

    async def prepare(self) -> None: ...

    async def lock(self) -> Outcome:
        self._told.locked.set()
        return Outcome("locked")

    async def close(self) -> None: ...


class _Blocker:
    """A prompter that keeps the whole event loop busy, as none should, until the desktop is locked."""

    def __init__(self, told: _Told) -> None:
        self._told = told
        self.came_first = False

    async def pin(self, _: PinAsked) -> bytearray | None:
        self._told.began.set()
        self.came_first = self._told.locked.wait(READY_SECONDS)
        return None

    async def agrees(self, _: Question) -> bool:
        return False


@pytest.fixture
def at_this_counter(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setenv("CARDD_SOCKET", str(counter.socket))
    return counter


@pytest.mark.proves("S2")
def test_a_prompt_that_keeps_the_event_loop_busy_delays_no_lock(at_this_counter: Counter, sato: Person) -> None:
    counter = at_this_counter
    counter.log_in(sato)
    told = _Told()
    blocker = _Blocker(told)
    news: list[News] = []

    async def run() -> None:
        agent = Agent(Settings(), blocker, _Lock(told), news.append)
        task = asyncio.ensure_future(agent.run())
        while not {"registered", "connected"} <= {each.what for each in news}:
            await asyncio.sleep(0.01)
        unlocking, failed = in_background(counter, "session.unlock")
        while not told.began.is_set():
            await asyncio.sleep(0.01)
        unlocking.join(READY_SECONDS)
        task.cancel()
        await asyncio.wait([task])
        assert failed

    puller = threading.Thread(target=lambda: told.began.wait(READY_SECONDS) and counter.pull(BADGE_SLOT))
    puller.start()
    asyncio.run(run())
    puller.join(READY_SECONDS)
    assert blocker.came_first
