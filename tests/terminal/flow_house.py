"""Each procedure of the counter as a clerk does it at the console, step by step; tests and pictures walk the same way.

Each walk gives the names of its steps after they were taken, so that whoever walks can look at the page in between.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import expect

from cardd.japan_time import day_of
from demo.office import Person, Resident
from tests.fixtures.counter import RESIDENT_SLOT
from tests.terminal.console_house import ConsoleDesk

SECOND_SLOT = 2
READY = re.compile("住民の方のカードを入れてください|Insert the resident's card")


@dataclass
class Walk:
    """One clerk, one resident, one console."""

    desk: ConsoleDesk
    clerk: Person
    resident: Resident
    second: Person | None = None
    """Who agrees, where two people are needed; the badge goes into the resident's reader's neighbour."""
    files: list[Signed] = field(default_factory=list)
    number: str = "R8-0042"

    def press(self) -> None:
        """The one main thing that the page offers."""
        self.desk.page.locator("#stage button.primary").click()

    def begin(self, code: str) -> None:
        """From the menu to the card."""
        page = self.desk.page
        page.goto(f"{self.desk.address}/flow/{code}")
        page.fill("#case", self.number)
        self.press()
        page.get_by_text(READY).wait_for()

    def identify(self) -> None:
        """Card in, PIN typed, form there."""
        self.desk.put_card(self.resident.card)
        self.press()
        self.desk.type_pin(self.resident.holder.pins.card_info)
        self.desk.page.locator("#stage form.form").wait_for()

    def check(self) -> None:
        """The form is sent; what is read aloud is there."""
        self.press()
        self.desk.page.locator("#consent, #stage .problem").first.wait_for()

    def sign(self) -> None:
        """Consent, and the clerk's PIN."""
        self.desk.page.check("#consent")
        self.press()
        self.desk.page.locator("dialog input[type=password]").wait_for()

    def save(self) -> None:
        """The PIN is typed, the file is taken; the page says that it was."""
        page = self.desk.page
        self.desk.type_pin(self.clerk.pin)
        page.locator("a[download]").wait_for()
        with page.expect_download() as waiting:
            page.locator("a[download]").click()
        self.files.append(Signed.of(waiting.value.suggested_filename, waiting.value.path().read_bytes()))
        page.get_by_role("button", name=re.compile("この手続を終える|Finish this procedure")).wait_for()

    def print_sheet(self) -> None:
        """The sheet is on the page."""
        self.desk.page.get_by_role("button", name=re.compile("控えを印刷する|Print the sheet")).click()
        self.desk.page.locator("article.sheet").wait_for()


@dataclass(frozen=True)
class Signed:
    """What was downloaded."""

    name: str
    request: bytes
    signature: bytes

    @classmethod
    def of(cls, name: str, octets: bytes) -> Signed:
        with zipfile.ZipFile(io.BytesIO(octets)) as packed:
            inner = f"{name.removesuffix('.zip')}.json"
            assert packed.namelist() == [inner, f"{inner}.p7s"]
            return cls(name, packed.read(inner), packed.read(f"{inner}.p7s"))

    @property
    def content(self) -> dict[str, Any]:
        return dict(json.loads(self.request))


def day(days: int) -> str:
    """So many days from today, in Japan."""
    return (day_of(datetime.now(UTC)) + timedelta(days=days)).isoformat()


Steps = Iterator[str]


def wide_area_copy(walk: Walk) -> Steps:
    """Two copies for the household, with relationships."""
    page = walk.desk.page
    walk.begin("wide_area_copy")
    yield "card"
    walk.identify()
    page.check("#i-whose-household")
    page.fill("#i-copies", "２")
    page.check("#i-entries-relationship")
    yield "form"
    yield from _to_the_end(walk)


def move_in(walk: Walk) -> Steps:
    """Moved in last week, joins a household, goes on with the card."""
    page = walk.desk.page
    walk.begin("move_in")
    walk.identify()
    page.fill("#i-moved_on", day(-7))
    page.fill("#i-new_address", "架空県見本町大字新居二丁目３番地の４　コーポ見本２０１号")
    page.check("#i-household-joins")
    page.locator("#i-head_name").fill("見本　一郎")
    page.fill("#i-relationship", "子")
    page.fill("#i-members", "見本　花子\n見本　<b>次郎</b>\n")
    page.check("#i-continue_card-now")
    page.locator("#i-other_cards").fill("1")
    yield "form"
    yield from _to_the_end(walk)


def move_out(walk: Walk) -> Steps:
    """Moves next week, with the card."""
    page = walk.desk.page
    walk.begin("move_out")
    walk.identify()
    page.fill("#i-planned_on", day(7))
    page.fill("#i-destination", "架空県試験市中央一丁目１番１号")
    page.check("#i-transfer-card")
    yield "form"
    yield from _to_the_end(walk)


def certificate_issue(walk: Walk) -> Steps:
    """Both certificates renewed; the card goes to the issuing terminal, comes back and is looked at."""
    page = walk.desk.page
    walk.begin("certificate_issue")
    walk.identify()
    page.check("#i-certificates-signature")
    page.check("#i-certificates-authentication")
    page.check("#i-wish-renewal")
    page.check("#i-asked_by-self")
    yield "form"
    walk.check()
    yield "check"
    walk.sign()
    walk.save()
    yield "done"
    walk.desk.counter.pull(RESIDENT_SLOT)
    page.get_by_role("link", name=re.compile("発行後のカードを確認する|Check the card after")).click()
    page.get_by_text(READY).wait_for()
    walk.desk.put_card(walk.resident.card)
    walk.press()
    walk.desk.type_pin(walk.resident.holder.pins.card_info)
    expect(page.locator("dialog h2")).to_contain_text(re.compile("署名用|Signature"))
    walk.desk.type_pin(walk.resident.holder.pins.signature)
    page.locator("#stage .good, #stage section.problem").first.wait_for()
    yield "after"
    walk.press()
    walk.save()
    walk.print_sheet()
    yield "sheet"


def resident_code(walk: Walk) -> Steps:
    """The person asks; a second member of staff agrees first."""
    page = walk.desk.page
    assert walk.second is not None
    walk.begin("resident_code")
    walk.desk.put_card(walk.resident.card)
    walk.press()
    page.get_by_text(re.compile("もう1人の承認を待っています|Waiting for a second person")).wait_for()
    yield "waiting"
    approval = page.locator("#stage dd").first.inner_text()
    agree(walk, approval)
    walk.desk.type_pin(walk.resident.holder.pins.card_info)
    page.check("#i-asked_by-self")
    yield "form"
    yield from _to_the_end(walk)


def agree(walk: Walk, approval: str) -> None:
    """The second person, at another reader of the seat, with a program of their own."""
    assert walk.second is not None
    counter = walk.desk.counter
    badge = counter.insert(walk.second.badge, SECOND_SLOT, kind="badge")
    rows = counter.call("approval.list")["approvals"]
    (row,) = [each for each in rows if each["approval"] == approval]
    counter.call("approval.give", walk.second.pin, approval=approval, content_hash=row["content_hash"], badge=badge)


def _to_the_end(walk: Walk) -> Steps:
    walk.check()
    yield "check"
    walk.sign()
    yield "pin"
    walk.save()
    yield "done"
    walk.print_sheet()
    yield "sheet"


WALKS: dict[str, Callable[[Walk], Steps]] = {
    "wide_area_copy": wide_area_copy,
    "move_in": move_in,
    "move_out": move_out,
    "certificate_issue": certificate_issue,
    "resident_code": resident_code,
}
