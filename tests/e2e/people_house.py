"""A counter with several people: who works, who may be the second person, who administers; and what they do with their badges."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from applets_spec.card import VirtualCard
from applets_spec.insertion import tell_inserted, tell_pulled
from demo.office import Office, Person, Resident
from tests.e2e.fault_house import take_out
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, Counter, PinScript, open_counter, until
from tests.fixtures.pcscd import StandInBox

SECOND_SLOT = 2
STRICT = {"purpose": "resident_code", "case": "R8-0042"}
"""Wants a second person, and the operator's PIN of the last minutes."""
DISASTER = {"purpose": "disaster_identity", "case": "R8-0042"}
IN_A_HURRY = (
    "[limits]\nrequests_per_second = 5000\nconnections_per_user = 32\napproval_seconds = 10\npin_fresh_seconds = 10\n"
)
RESULT, STATE = 2, 3


def hire(office: Office) -> None:
    """Beside `sato` (supervisor)."""
    office.hire("kato", "加藤 次郎", name_on_badge="KATO JIRO")
    office.hire("day-1", "佐藤 花子", name_on_badge="DAY BADGE", same_as="sato")
    office.hire("suzuki", "鈴木 一郎", "administrator", name_on_badge="SUZUKI ICHIRO")
    office.hire("honda", "本田 三郎", "administrator", name_on_badge="HONDA SABURO")


@dataclass
class Powered:
    """A card in a reader that keeps when it was without power, and how often it was asked something."""

    card: VirtualCard
    on: bool = False
    off_again: int = 0
    commands: int = 0
    before_each: Callable[[bytes], None] = field(default=lambda _command: None)

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def inserted(self) -> None:
        tell_inserted(self.card)

    def pulled(self) -> None:
        self.on = False
        tell_pulled(self.card)

    def power_on(self) -> bytes:
        self.on = True
        return self.card.power_on()

    def reset(self) -> bytes:
        return self.card.reset()

    def power_off(self) -> None:
        self.off_again += self.on
        self.on = False
        self.card.power_off()

    def transmit(self, command: bytes) -> bytes:
        self.commands += 1
        self.before_each(command)
        return self.card.transmit(command)


class Town:
    """The counter, its people, and one resident whose card is in."""

    def __init__(self, counter: Counter, home: str | None = None) -> None:
        """`home`: the seat of whoever names none, where there are several."""
        if home is not None:
            counter.client = partial(counter.client, seat=home)  # type: ignore[method-assign]
        self.counter = counter
        self.people = {person.id: person for person in counter.office.people}
        self.resident: Resident = counter.office.resident()
        self.card = Powered(self.resident.card)
        self.handle = counter.insert(self.card, RESIDENT_SLOT, kind="my_number")

    def badge(self, name: str, slot: int = BADGE_SLOT) -> str:
        """Put this person's badge in, whatever lay there; its handle."""
        take_out(self.counter, slot)
        return self.counter.insert(self.people[name].badge, slot, kind="badge")

    def log_in(self, name: str, *, seat: str | None = None, slot: int = BADGE_SLOT) -> str:
        """Put the badge in and log in; its handle."""
        handle = self.badge(name, slot)
        self.call("session.login", self.people[name].pin, badge=handle, seat=seat)
        return handle

    def call(
        self, method: str, *pins: str | None, seat: str | None = None, person: PinScript | None = None, **params: Any
    ) -> dict[str, Any]:
        more = {} if seat is None else {"seat": seat}
        with self.counter.client(*pins, person=person, **more) as client:
            return client.call(method, **params)

    def read(self, **more: Any) -> dict[str, Any]:
        """The resident's name, under a purpose that wants a second person."""
        asked = {"card": self.handle, "items": ["name"], **STRICT, **more}
        return self.call("card.read", self.resident.holder.pins.card_info, **asked)

    def waiting(self, number: str) -> dict[str, Any]:
        rows = self.call("approval.list")["approvals"]
        return next(row for row in rows if row["approval"] == number)

    def give(self, number: str, by: str, **more: Any) -> dict[str, Any]:
        """This person agrees with the badge that lies in its reader."""
        seat = more.pop("seat", None)
        asked = {"approval": number, "content_hash": self.waiting(number)["content_hash"], **more}
        return self.call("approval.give", self.people[by].pin, seat=seat, **asked)

    def restart(self, how: int = signal.SIGKILL) -> None:
        """End the daemon like that and start it again; all cards that lie there are known again, under new handles."""
        number = len(self.counter.cards())
        self.counter.stop(how)
        self.counter.socket.unlink(missing_ok=True)
        self.counter.start()
        self.counter.known_cards(number)
        self.handle = self.handle_in(RESIDENT_SLOT)

    def handle_in(self, slot: int) -> str:
        name = self.counter.box.readers[slot]
        return str(next(row["card"] for row in self.counter.cards() if row["reader"] == name))

    def outcomes(self, event: str) -> list[dict[str, Any]]:
        """The outcome records of a method, each with the fields of its intent."""
        records = self.counter.records()
        intents = {record["seq"]: record for record in records if record["phase"] == 1}
        return [
            {**intents[record["intent"]], **record}
            for record in records
            if record["phase"] == RESULT and intents[record["intent"]].get("event") == event
        ]

    def states(self, event: str) -> list[dict[str, Any]]:
        return [
            record for record in self.counter.records() if record.get("event") == event and record["phase"] == STATE
        ]

    @contextmanager
    def state(self) -> Iterator[sqlite3.Connection]:
        """state.db as it is on the disk now: a copy, for the daemon alone has the file."""
        with tempfile.TemporaryDirectory(prefix="state-") as folder:
            for name in ("state.db", "state.db-wal"):
                source = self.counter.folder / "state" / name
                if source.exists():
                    shutil.copy(source, folder)
            database = sqlite3.connect(Path(folder) / "state.db")
            try:
                yield database
            finally:
                database.close()


def three_readers(folder: Path) -> StandInBox:
    return StandInBox(folder, readers=3)


@contextmanager
def open_town(
    config: str, make_box: Callable[[Path], StandInBox] = StandInBox, *, home: str | None = None
) -> Iterator[Town]:
    with open_counter(make_box, config=config, prepare=hire) as counter:
        yield Town(counter, home)


__all__ = ["Person", "Powered", "Town", "hire", "open_town", "three_readers", "until"]
