"""Thousands of card sessions through the whole daemon: none fails, nothing piles up (T2, T9, fault 144).

A card session is one exclusive connection with a card: connect, transaction, the card's identity, the work, the identity
again, clear, power off; with two records on the disk around it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cardd.client import Client
from demo.office import Resident
from tests.daemon.tools import PATIENT_S, Stage, open_files, resident_memory, staged, threads
from tests.fixtures.counter import CONTEXT, settle, until
from tests.fixtures.pcscd import StandInBox

READERS = 4
"""For residents' cards; one more holds the badge."""
MIB = 1024 * 1024
ALL_IN_FLIGHT = "[limits]\nrequests_per_second = 10000\nconnections_per_user = 32\nqueue_per_user = 8\n"
Work = Callable[[Client, str, int], object]


def five_readers(folder: Path) -> StandInBox:
    return StandInBox(folder, readers=1 + READERS)


def read(client: Client, card: str, _: int) -> object:
    """What the rules over the record remember: a thousand times of each operator (tests/unit/cardd/watching/test_engine.py)."""
    return client.call("card.read", card=card, items=["name", "address"], **CONTEXT)


def look_or_read(client: Client, card: str, number: int) -> object:
    """Mostly what needs no PIN; each tenth time a read with one."""
    if number % 10 == 0:
        return read(client, card, number)
    if number % 2:
        return client.call("card.pin_status", card=card, pins=["card_info"], **CONTEXT)
    return client.call("card.token_info", card=card, **CONTEXT)


class Crowd:
    """A clerk at each reader, working at once."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        stage.log_in(stage.office.people[0])
        self.cards: list[tuple[str, Resident]] = []
        for slot in range(1, 1 + READERS):
            resident = stage.office.resident(number=slot)
            self.cards.append((stage.insert(resident.card, slot, kind="my_number"), resident))

    def work(self, sessions: int, work: Work = look_or_read) -> float:
        """So many sessions in all; seconds that took."""
        failed: list[BaseException] = []

        def clerk(handle: str, resident: Resident) -> None:
            try:
                with self.stage.typist({"card_info": resident.holder.pins.card_info}) as client:
                    for number in range(sessions // READERS):
                        work(client, handle, number)
            except Exception as error:
                failed.append(error)

        began = time.monotonic()
        clerks = [threading.Thread(target=clerk, args=card) for card in self.cards]
        for each in clerks:
            each.start()
        for each in clerks:
            each.join()
        assert failed == []
        return time.monotonic() - began


def holdings(stage: Stage) -> tuple[int, int]:
    """Threads and descriptors."""
    return threads(stage.pid), len(open_files(stage.pid))


@pytest.mark.proves("T2", "T9", "C4", "fault 144")
@pytest.mark.parametrize("sessions", [5_000, pytest.param(20_000, marks=pytest.mark.slow)])
@pytest.mark.timeout(600)
def test_card_sessions_leave_nothing_behind(sessions: int) -> None:
    with staged(five_readers, config=ALL_IN_FLIGHT) as stage:
        crowd = Crowd(stage)
        warm_up = 2_000  # what is bounded is full by then, or nearly: windows of the rules, events, the interpreter's own stores
        crowd.work(warm_up // 2, read)
        crowd.work(warm_up // 2)
        settle(lambda: stage.call("health"), PATIENT_S)
        before, memory = holdings(stage), resident_memory(stage.pid)
        seconds = crowd.work(sessions - warm_up)
        growth = resident_memory(stage.pid) - memory
        print(
            f"{sessions - warm_up} card sessions in {seconds:.1f} s: {(sessions - warm_up) / seconds:.0f}/s, {growth} bytes"
        )
        until(lambda: all(now <= then for now, then in zip(holdings(stage), before, strict=True)), PATIENT_S)
        assert growth <= MIB
        assert stage.stop() == 0
        records = stage.records()
        intents = [record for record in records if record["phase"] == 1 and record["event"] != "session.login"]
        assert len(intents) == sessions
        assert {record["result"] for record in records if "intent" in record} == {"done"}
        assert "level=error" not in stage.log


@pytest.mark.proves("T9", "fault 12", "fault 144")
@pytest.mark.parametrize("cycles", [300, pytest.param(20_000, marks=[pytest.mark.slow, pytest.mark.timeout(0)])])
def test_insertions_leave_nothing_behind(cycles: int) -> None:
    """In, recognised, out: each with a new handle that is never used again."""
    with staged() as stage, stage.client() as client:
        _, events = client.events(["card"])
        card = stage.office.resident().card

        def cycle() -> str:
            stage.box.insert(card, 1)
            handle = next(change["facts"]["card"] for change in events if change["change"] == "identified")
            stage.box.pull(1)
            next(change for change in events if change["change"] == "removed")
            return str(handle)

        handles = {cycle() for _ in range(100)}
        settle(lambda: stage.call("health"), PATIENT_S)
        before, memory = holdings(stage), resident_memory(stage.pid)
        handles |= {cycle() for _ in range(cycles)}
        growth = resident_memory(stage.pid) - memory
        print(f"{cycles} insertions: {growth} bytes")
        assert len(handles) == 100 + cycles
        until(lambda: all(now <= then for now, then in zip(holdings(stage), before, strict=True)), PATIENT_S)
        assert growth <= MIB
