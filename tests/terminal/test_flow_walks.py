"""Each procedure end to end in a real Chromium, in both languages: virtual cards, a real daemon, and a request that OpenSSL accepts."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from demo.office import Office
from terminal.console.flows.registry import FLOWS
from tests.fixtures.counter import RESIDENT_SLOT, Counter, StandInBox, open_counter
from tests.terminal.console_house import ConsoleDesk, open_console
from tests.terminal.flow_house import SECOND_SLOT, WALKS, Signed, Walk
from tests.terminal.json_schema import problems

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs/schemas/request-1.schema.json").read_text())


def _second(office: Office) -> None:
    office.hire("suzuki", "鈴木 一", "supervisor", name_on_badge="SUZUKI HAJIME")


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    with open_counter(partial(StandInBox, readers=3), prepare=_second) as opened:
        warm_up(opened)
        yield opened


def warm_up(counter: Counter) -> None:
    """A reader is opened with its first card, and stays open: no test is to be held responsible for that."""
    for slot, person in ((0, 0), (1, 1), (2, 1)):
        counter.insert(counter.office.people[person].badge, slot)
        counter.pull(slot)


@pytest.fixture(scope="module", params=["ja", "en"])
def desk(request: pytest.FixtureRequest, counter: Counter, browser: Browser) -> Iterator[ConsoleDesk]:
    """One console for each language; the clerk stays logged in."""
    clerk = counter.office.people[0]
    with open_console(counter, browser, locale=request.param) as opened:
        opened.log_in(clerk)
        yield opened
        counter.pull(0)


@pytest.fixture(autouse=True)
def empty_afterwards(counter: Counter) -> Iterator[None]:
    """The next one finds the resident's reader and the second person's empty, whatever happened."""
    yield
    for slot in (RESIDENT_SLOT, SECOND_SLOT):
        if counter.box.daemon.slots[slot].card is not None:  # type: ignore[attr-defined]
            counter.pull(slot)


@pytest.mark.proves("K1", "K2")
@pytest.mark.parametrize("code", [flow.code for flow in FLOWS])
def test_a_procedure_ends_with_a_request_that_the_badge_signed(
    code: str, desk: ConsoleDesk, counter: Counter, tmp_path: Path
) -> None:
    """From the menu to the file: signed, of the documented form, naming what was read and by whose consent; and the sheet."""
    clerk, second = counter.office.people
    resident = counter.office.resident("long_address", number=1)
    walk = Walk(desk, clerk, resident, second)
    for _ in WALKS[code](walk):
        assert desk.page.locator("[aria-current=step]").count() in {0, 1}
    assert walk.files
    for signed in walk.files:
        verified(signed, counter, tmp_path)
        assert problems(signed.content, SCHEMA) == []
        assert signed.content["kind"] == signed.content["purpose"] == code
        assert signed.content["operator"] == {"id": clerk.id, "role": clerk.role}
    assert resident.holder.name in desk.page.locator("article.sheet").inner_text()
    assert desk.page.locator("article.sheet svg.qr").count() == 1
    assert desk.faults == []
    desk.page.get_by_role("button", name=re.compile("^受付を終える$|^End the case$")).click()
    desk.page.get_by_role("heading", name=re.compile("何をしますか|What would you like to do")).wait_for()


def verified(signed: Signed, counter: Counter, folder: Path) -> None:
    """OpenSSL accepts the detached signature, and `cardctl` says that it is whole."""
    request, signature = folder / "request.json", folder / "request.json.p7s"
    request.write_bytes(signed.request)
    signature.write_bytes(signed.signature)
    authorities = str(counter.office.folder / "operator-ca.pem")
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-CAfile", authorities]
    done = subprocess.run(
        [*command, "-in", str(signature), "-content", str(request), "-out", "/dev/null"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = counter.cardctl(
        "--json", "verify", str(signature), "--content", str(request), "--offline", "--ca", authorities
    )
    (row,) = json.loads(told.stdout)["signatures"]
    # Whole, of this operator, by an authority that counts; nobody has a revocation list here.
    assert (row["problem"], row["scope"], row["signer"]["name"]) == ("revocation_not_checked", "whole", "SATO HANAKO")
