"""A counter where badges are made: two administrators, an operator CA with its own key, and a reader for each badge."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from applets_spec.card import Card, VirtualCard
from applets_spec.piv.personalise import make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import Algorithm
from cardd.client import RemoteError
from demo.office import PASSPHRASE, Office, Person
from tests.e2e.fault_house import failing, take_out
from tests.fixtures.counter import ROOMY, Counter, open_counter
from tests.fixtures.pcscd import RealPcscd, StandInBox

OWN_SLOT, NEW_SLOT, SECOND_SLOT = 0, 1, 2
HOLDER_PIN = "805173"
ORDER = {"operator": "tanaka", "name": "田中 一郎", "role": "counter", "purpose": "badge_care", "case": "R8-0100"}
CARE = {"operator": "tanaka", "purpose": "badge_care", "case": "R8-0101"}
TYPED = (PASSPHRASE, HOLDER_PIN, HOLDER_PIN)
NO_NUMBER = "00000000000000000000000000000000"


def real_readers(folder: Path) -> RealPcscd:
    """A real pcscd with four vpcd readers."""
    return RealPcscd(folder, slots=4)


def stand_in_readers(folder: Path) -> StandInBox:
    """The stand-in with three readers."""
    return StandInBox(folder, readers=3)


def blank(
    number: int = 1, *, own_key: bool = False, management: Algorithm = Algorithm.TDES, path: Path | None = None
) -> Card:
    """A badge from the factory. `own_key`: it has the vendor's command for another management key."""
    return make_blank_badge(
        path, quirks=PivQuirks(set_management_key=own_key), management_algorithm=management, number=number
    )


class Makers:
    """Two administrators at work; the first is logged in, the second one's badge lies in a reader of its own."""

    def __init__(self, counter: Counter, first: Person, second: Person) -> None:
        self.counter = counter
        self.first = first
        self.second = second
        self.own_handle = self.second_handle = self.handle = ""

    def begin(self) -> None:
        """Badges in, the first administrator logged in."""
        self.own_handle = self.counter.insert(self.first.badge, OWN_SLOT, kind="badge")
        self.counter.call("session.login", self.first.pin, badge=self.own_handle)
        self.second_handle = self.counter.insert(self.second.badge, SECOND_SLOT, kind="badge")

    def put_in(self, card: VirtualCard) -> str:
        """The badge to work on into its reader, whatever lay there; its handle."""
        take_out(self.counter, NEW_SLOT)
        self.handle = self.counter.insert(card, NEW_SLOT, kind="badge")
        return self.handle

    def call(self, method: str, *pins: str | None, **params: Any) -> dict[str, Any]:
        return self.counter.call(method, *pins, card=self.handle, **params)

    def order(self, *pins: str | None, method: str = "badge.enrol", **params: Any) -> dict[str, Any]:
        """The order for a badge, with a second person's approval if it is asked for."""
        given = ORDER if method == "badge.enrol" else CARE
        return self.call(method, *(pins or TYPED), **{**given, **params})

    def approved(self, method: str = "badge.enrol", **params: Any) -> str:
        """Give the order, be told that a second person is needed, and let that person approve; the approval."""
        error = failing("approval.required", lambda: self.order(method=method, **params))
        self.approve(str(error.data["approval"]))
        return str(error.data["approval"])

    def approve(self, approval: str) -> dict[str, Any]:
        """The second administrator looks at what waits, and agrees."""
        rows = self.counter.call("approval.list")["approvals"]
        row = next(row for row in rows if row["approval"] == approval)
        return self.counter.call(
            "approval.give",
            self.second.pin,
            approval=approval,
            content_hash=row["content_hash"],
            badge=self.second_handle,
        )

    def enrol(self, card: VirtualCard, *pins: str, **params: Any) -> dict[str, Any]:
        """From the blank badge to the one that counts."""
        self.put_in(card)
        return self.order(*pins, approval=self.approved(**params), **params)

    def row(self, operator: str) -> dict[str, Any] | None:
        """What the list says of an operator."""
        rows = self.counter.call("badge.list")["badges"]
        return next((row for row in rows if row["operator"] == operator), None)

    def login_with(self, card: VirtualCard, pin: str = HOLDER_PIN) -> dict[str, Any]:
        """The new badge at the counter: log the administrator out and its holder in."""
        self.counter.call("session.logout")
        handle = self.put_in(card)
        return self.counter.call("session.login", pin, badge=handle)

    def restart(self) -> None:
        """The daemon is killed and started again; both administrators' badges stay where they are."""
        self.counter.stop(signal.SIGKILL)
        take_away = self.counter.box.daemon.slots[NEW_SLOT]  # type: ignore[attr-defined]
        if take_away.card is not None:
            take_away.pull()
        self.counter.socket.unlink(missing_ok=True)
        self.counter.start()
        names = {self.counter.box.readers[slot]: slot for slot in (OWN_SLOT, SECOND_SLOT)}
        handles = {names[row["reader"]]: row["card"] for row in self.counter.known_cards(2)}
        self.own_handle, self.second_handle = handles[OWN_SLOT], handles[SECOND_SLOT]
        self.back()

    def back(self) -> None:
        """The administrator logs in again."""
        if self.counter.call("session.status")["logged_in"]:
            self.counter.call("session.logout")
        self.counter.call("session.login", self.first.pin, badge=self.own_handle)


def staff(office: Office) -> None:
    """Two administrators and the CA."""
    office.hire("suzuki", "鈴木 次郎", "administrator", name_on_badge="SUZUKI JIRO")
    office.hire("ito", "伊藤 三郎", "administrator", name_on_badge="ITO SABURO")
    office.make_badges_here()


@contextmanager
def makers_at_work(
    make_box: Callable[[Path], Any] = stand_in_readers,
    *,
    config: str = ROOMY,
    more: Callable[[Office], None] | None = None,
) -> Iterator[Makers]:
    """The counter, opened; both administrators' badges are in."""

    def prepare(office: Office) -> None:
        staff(office)
        if more is not None:
            more(office)

    with open_counter(make_box, config=config, prepare=prepare) as counter:
        people = {person.id: person for person in counter.office.people}
        makers = Makers(counter, people["suzuki"], people["ito"])
        makers.begin()
        yield makers


def refused(makers: Makers, name: str, *pins: str | None, **params: Any) -> RemoteError:
    """The error of an order that must fail with `name`."""
    return failing(name, lambda: makers.order(*pins, **params))
