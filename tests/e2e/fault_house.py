"""What the fault tests share: a card that is watched from outside, a house with somebody logged in, and the record of one call."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from applets_spec.card import Card, VirtualCard
from applets_spec.fault_script import Fault
from applets_spec.faults import FaultyCard
from applets_spec.insertion import tell_inserted, tell_pulled
from applets_spec.variants import Variants
from cardd.client import RemoteError
from demo.office import Person, Resident
from tests.fixtures.counter import (
    BADGE_SLOT,
    CONTEXT,
    READY_SECONDS,
    RESIDENT_SLOT,
    SIGN_CONTEXT,
    Counter,
    PinScript,
    until,
)
from tests.fixtures.leftovers import _settled, child_processes, open_sockets, running_threads

VERIFY, CHANGE = 0x20, 0x24
RESULT = 2
BASIC = ["name", "address", "birth_date", "sex"]
DIGEST = base64.b64encode(hashlib.sha256(b"a form").digest()).decode()
PIN_CONTEXT = {"purpose": "certificate_issue", "case": "R8-0042"}


class Seen:
    """A card as the reader sees it: counts what is sent to it, secrets apart, whatever becomes of it."""

    def __init__(self, card: VirtualCard) -> None:
        self._card = card
        self.sent: list[bytes] = []
        """Headers of all commands; a secret's data is never kept."""
        self.secrets = 0
        """VERIFY and CHANGE REFERENCE DATA with data: each may cost a try."""
        self.last_was_secret = False
        self._held: bytes | None = None
        self._go_on = threading.Event()

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def inserted(self) -> None:
        tell_inserted(self._card)

    def pulled(self) -> None:
        self.go_on()
        tell_pulled(self._card)

    def hold(self, match: bytes = b"") -> None:
        """Keep the next command that begins like this back, once it is counted, until `go_on`."""
        self._go_on.clear()
        self._held = match

    def go_on(self) -> None:
        """Let the command go that is kept back."""
        self._held = None
        self._go_on.set()

    def power_on(self) -> bytes:
        return self._card.power_on()

    def reset(self) -> bytes:
        return self._card.reset()

    def power_off(self) -> None:
        self._card.power_off()

    def transmit(self, command: bytes) -> bytes:
        self.last_was_secret = command[1] in (VERIFY, CHANGE) and len(command) > 5
        self.secrets += self.last_was_secret
        self.sent.append(command[:4])
        if self._held is not None and command.startswith(self._held):
            self._go_on.wait()
        return self._card.transmit(command)

    def forget(self) -> None:
        """Count from here."""
        self.sent.clear()
        self.secrets = 0


class Patient:
    """A card in a reader that can be told to misbehave: the reference card, its faults, and what was sent."""

    def __init__(self, card: Card, others: Mapping[str, VirtualCard] | None = None) -> None:
        self.card = card
        known = others or {}
        self.faulty = FaultyCard(card, [], load=lambda name: known[name])
        self.seen = Seen(self.faulty)
        self.handle = ""

    def follow(self, *faults: Fault) -> None:
        """Misbehave from the next command on, and count from there."""
        self.seen.forget()
        self.faulty.follow(faults)

    def tries(self, name: str) -> int:
        """The card's own counter, e.g. `jpki.authentication`."""
        return self.card.references()[name].tries

    def fill_counters(self) -> None:
        """As if the resident had come from the counter where PINs are reset."""
        for reference in self.card.references().values():
            reference.tries = reference.max_tries

    @property
    def verified(self) -> bool:
        """Whether any PIN state is left on the card."""
        return any(reference.verified for reference in self.card.references().values())


class House:
    """A counter with somebody logged in and one resident's card that is put in again and again."""

    def __init__(self, counter: Counter, patient: Patient, resident: Resident, operator: Person) -> None:
        self.counter = counter
        self.patient = patient
        self.resident = resident
        self.operator = operator
        self.badge_handle = ""
        self._wrong = count(7000)

    def wrong(self) -> str:
        """A wrong PIN of four digits that nobody has tried yet: the same one would be refused for 30 seconds."""
        return str(next(self._wrong))

    @property
    def pins(self) -> Any:
        return self.resident.holder.pins

    def insert(self) -> str:
        """Put the resident's card in, behaving, with full counters; its handle."""
        self.pull()
        self.patient.fill_counters()
        self.patient.follow()
        self.patient.handle = self.counter.insert(self.patient.seen, RESIDENT_SLOT, kind="my_number")
        self.patient.seen.forget()
        return self.patient.handle

    def pull(self) -> None:
        """Take out whatever lies in the resident's reader, and wait until cardd has seen it."""
        take_out(self.counter, RESIDENT_SLOT)

    def log_in(self) -> None:
        """Have the operator logged in."""
        if not self.counter.call("session.status")["logged_in"]:
            take_out(self.counter, BADGE_SLOT)
            self.badge_handle = self.counter.log_in(self.operator)

    # --- calls -------------------------------------------------------------------------------------------------------

    def read(self, *pins: str | None, items: Sequence[str] = BASIC, **more: Any) -> dict[str, Any]:
        return self.call("card.read", *(pins or (self.pins.card_info,)), items=list(items), **CONTEXT, **more)

    def sign(self, *pins: str | None, **more: Any) -> dict[str, Any]:
        order = {"key": "authentication", "hash": "sha256", "digests_base64": [DIGEST], "signature_format": "pkcs1v15"}
        return self.call("sign.digest", *(pins or (self.pins.authentication,)), **SIGN_CONTEXT, **{**order, **more})

    def change_pin(self, *pins: str | None, which: str = "authentication", **more: Any) -> dict[str, Any]:
        return self.call("card.change_pin", *pins, which=which, **PIN_CONTEXT, **more)

    def tries_left(self, which: str) -> tuple[str, int | None]:
        """What cardd says of one PIN."""
        rows = self.call("card.pin_status", pins=[which], **CONTEXT)["pins"]
        return rows[0]["state"], rows[0]["tries_left"]

    def call(self, method: str, *pins: str | None, person: PinScript | None = None, **params: Any) -> dict[str, Any]:
        """One call about the resident's card on a connection of its own; `person` or `pins` answer the prompts."""
        with self.counter.client(*pins, person=person) as client:
            return client.call(method, **{"card": self.patient.handle, **params})

    # --- what is looked at afterwards ----------------------------------------------------------------------------------

    def outcomes(self) -> list[dict[str, Any]]:
        return [record for record in self.counter.records() if record["phase"] == RESULT]

    def alive(self) -> None:
        """The daemon lives, and nobody holds the resident's reader."""
        process = self.counter.process
        assert process is not None
        assert process.poll() is None, self.counter.log
        readers = self.counter.call("queue.show")["readers"]
        assert all(reader["state"] == "free" for reader in readers), readers


@contextmanager
def held_card(house: House, match: bytes = b"") -> Iterator[Callable[[], None]]:
    """The card begins with the first command like this and ends it when it is told to, with what is given here; counted anew behind it."""
    seen = house.patient.seen
    seen.hold(match)
    try:
        yield seen.go_on
    finally:
        seen.go_on()
        seen.forget()


def take_out(counter: Counter, slot: int) -> None:
    """Empty a slot, whatever the script did to its card, and wait until cardd has noticed."""
    daemon = getattr(counter.box, "daemon", None)
    if daemon is None or daemon.slots[slot].card is not None:
        counter.pull(slot)
    name = counter.box.readers[slot]

    def gone() -> bool:
        return all(row["reader"] != name for row in counter.cards())

    until(gone, READY_SECONDS)


@contextmanager
def opened_house(
    counter: Counter, *, others: Mapping[str, VirtualCard] | None = None, variants: Variants | None = None
) -> Iterator[House]:
    """Somebody is logged in, a resident stands at the window."""
    resident = counter.office.resident(variants=variants)
    house = House(counter, Patient(resident.card, others), resident, counter.office.people[0])
    house.log_in()
    yield house


@pytest.fixture(autouse=True)
def nothing_left_running() -> None:
    """In place of the look after each test: readers and their threads live in this process as long as the module."""


@pytest.fixture(scope="module", autouse=True)
def nothing_left_by_the_module() -> Iterator[None]:
    """The same look, once the module's house is closed."""
    looks = (running_threads, child_processes, open_sockets)
    before = [look() for look in looks]
    yield
    left = [str(one) for look, was in zip(looks, before, strict=True) for one in _settled(look, was)]  # type: ignore[arg-type]
    assert not left, f"left running: {left}"


def failing(name: str, call: Any) -> RemoteError:
    """The error of a call that must fail with `name`."""
    with pytest.raises(RemoteError) as failure:
        call()
    assert failure.value.name == name, (failure.value.name, failure.value.data)
    return failure.value


def attempt(call: Any) -> RemoteError | None:
    """The error of a call, or None when it succeeded."""
    try:
        call()
    except RemoteError as error:
        return error
    return None


def untouched(error: RemoteError) -> bool:
    """Whether the error says that no try was used, or that it never came to a PIN."""
    pin = error.data.get("pin")
    return pin is None or pin["outcome"] == "untouched"
