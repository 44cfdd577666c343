"""Alarms, questions, figures, proofs and exports, and the policy as a table, in a real browser over a real record."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from cardd.japan_time import JAPAN
from tests.e2e.people_house import SECOND_SLOT, Town
from tests.terminal.oversight_house import Oversight, open_office, open_oversight

VERIFIER = Path(__file__).parents[2] / "cardd" / "audit" / "verifier.py"
WITHOUT_CARD = {"audit", "own_day", "audit_review", "audit_export", "badge_list", "approvals", "lockdown"}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_office() as opened:
        yield opened


@pytest.fixture
def seat(town: Town, browser: Browser) -> Iterator[Oversight]:
    with open_oversight(town, browser) as opened:
        yield opened


def everything(town: Town) -> list[dict[str, Any]]:
    """All uses, as `audit.query` tells whoever is logged in."""
    found: list[dict[str, Any]] = []
    cursor = None
    with town.counter.client() as client:
        while True:
            page = client.call("audit.query", limit=200, **({} if cursor is None else {"cursor": cursor}))
            found += page["uses"]
            cursor = page["cursor"]
            if cursor is None:
                return found


def of_cards(uses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Begun with a card, or refused before: said here once more."""
    records = [use["record"] for use in uses]
    return [
        use
        for use, record in zip(uses, records, strict=True)
        if record.get("operation") not in {None, *WITHOUT_CARD} and (record["phase"] == 1 or "code" in record)
    ]


def verified(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What the verifier says, which knows nothing of the console."""
    return subprocess.run([sys.executable, str(VERIFIER), *arguments], capture_output=True, text=True, check=False)


def table(page: Page, name: str) -> list[list[str]]:
    """The figures beside a plot."""
    figure = page.locator("figure").filter(has=page.get_by_role("heading", name=name))
    figure.locator("summary").click()
    return [row.locator("th, td").all_inner_texts() for row in figure.locator("tbody tr").all()]


@pytest.mark.proves("A9")
def test_an_alarm_comes_by_itself_and_its_review_is_on_record(seat: Oversight) -> None:
    page, town = seat.page, seat.town
    seat.log_in("kato")
    seat.wrong_pins("9999", "8888")
    seat.leave()
    seat.log_in("ueda")
    seat.open("/alarms")
    card = page.locator(".card-row").filter(has_text="w1")
    expect(card).to_contain_text("同じ住民のカードの暗証番号を、1日に続けて誤りました。")
    expect(card).to_contain_text("未確認")
    card.get_by_role("link", name="確かめる").click()
    expect(page.locator("dl.facts")).to_contain_text("カードのご本人かどうか")
    page.check("input[value='explained:resident_asked']")
    page.get_by_role("button", name="結果を記録する").click()
    expect(page.locator(".good")).to_contain_text("の確認を記録しました")
    expect(page.get_by_text("未確認の警告はありません。")).to_be_visible()
    with_badge = {"purpose": "disaster_identity", "case": "R8-0900", "reason": "disaster"}
    seat.leave()
    seat.log_in("sato")
    page.locator("a[href='/alarms']").click()
    expect(page.get_by_text("未確認の警告はありません。")).to_be_visible()
    town.call("emergency.override", **with_badge)
    expect(page.locator(".card-row")).to_contain_text("緊急時の特例が使われました。")  # by itself
    page.get_by_role("link", name="確かめる").click()
    page.check("input[value='explained:work']")
    page.get_by_role("button", name="結果を記録する").click()
    expect(page.locator(".problem")).to_contain_text("自分についての警告は、ほかの職員が確認します。")
    seat.open("/alarms?state=reviewed")
    expect(page.locator(".card-row")).to_contain_text("説明がつく（本人の申し出）")


@pytest.mark.proves("A10")
def test_questions_figures_and_a_proof_that_holds_elsewhere(seat: Oversight, tmp_path: Path) -> None:
    page, town = seat.page, seat.town
    seat.log_in("kato")
    seat.wrong_pins("7777", "6666")
    assert seat.refused("card.read", card=town.handle, items=["my_number"], purpose="identity_check", case="R8-3")
    seat.leave()
    seat.log_in("ueda")
    page.locator("a[href='/audit/plots']").click()
    page.get_by_role("button", name="集計する").click()
    expect(page.locator("figure").first).to_be_visible()
    uses = of_cards(everything(town))
    expect(page.locator(".lead").first).to_contain_text(f"{len(uses)} 件")
    hours = table(page, "曜日と時間帯ごとの利用")
    there = [datetime.fromisoformat(use["at"]).astimezone(JAPAN) for use in uses]
    expected = Counter((moment.weekday(), moment.hour) for moment in there)
    assert [[int(count) for count in row[1:]] for row in hours] == [
        [expected[day, hour] for hour in range(24)] for day in range(7)
    ]
    people = Counter((use["outcome"] or use)["record"].get("operator") or use["record"]["operator"] for use in uses)
    shown: Counter[str] = Counter()
    for who, _, count in table(page, "職員と利用目的ごとの利用"):
        shown[who] += int(count)
    assert shown == people
    wrong = sum((use["outcome"] or {"record": {}})["record"].get("pin_outcome") == "spent" for use in uses)
    assert sum(int(row[1]) for row in table(page, "暗証番号の誤り")) == wrong > 0
    listed = town.call("audit.alarms", state="all")["alarms"]
    assert sum(int(row[1]) for row in table(page, "警告")) == len(listed) > 0
    seat.open("/audit")
    page.fill("#operator", "kato")
    page.select_option("#result", "refused")
    page.get_by_role("button", name="調べる").click()
    rows = page.locator("table.records tbody tr")
    expect(rows.first).to_contain_text("個人番号")
    told = town.call("audit.query", operator="kato", result="refused")["uses"]
    assert rows.count() == len(told)
    rows.first.get_by_role("link").click()
    page.locator("#prove").click()
    page.locator("#take").wait_for()
    with page.expect_download() as coming:
        page.locator("#take").click()
    bundle = json.loads(coming.value.path().read_bytes())
    assert bundle["sequence"] == told[0]["sequence"]
    place = tmp_path / "proof.json"
    place.write_text(json.dumps(bundle))
    done = verified("--proof", str(place), "--key", bundle["first_key"])
    assert done.returncode == 0, done.stdout + done.stderr
    seat.open("/audit/head")
    expect(page.locator("svg.qr")).to_be_visible()
    assert page.locator("#note").input_value() == town.call("audit.head")["head"]


@pytest.mark.proves("S9")
def test_an_export_waits_for_the_second_person_and_comes_whole(seat: Oversight, tmp_path: Path) -> None:
    page, town = seat.page, seat.town
    seat.log_in("ueda")
    page.locator("a[href='/audit/export']").click()
    page.check("input[value=inspection]")
    page.get_by_role("button", name="承認を依頼する").click()
    expect(page.get_by_text("別の職員の承認を待っています。")).to_be_visible()
    (row,) = town.call("approval.list")["approvals"]
    badge = town.badge("sato", SECOND_SLOT)
    town.give(row["approval"], "sato", badge=badge)
    page.locator("#write").click()  # the page changed by itself
    page.locator("#file").wait_for()
    with page.expect_download() as coming:
        page.locator("#file").click()
    (tmp_path / "records.csv").write_bytes(coming.value.path().read_bytes())
    with page.expect_download() as coming:
        page.locator("#head").click()
    (tmp_path / "records.csv.head").write_bytes(coming.value.path().read_bytes())
    key = str(town.call("audit.head")["first_key"])
    told = verified("--export", str(tmp_path / "records.csv"), "--key", key)
    assert told.returncode == 0, told.stdout + told.stderr
    expect(page.locator(".good")).to_contain_text("行（")
    page.locator("#anew").click()
    expect(page.get_by_role("button", name="承認を依頼する")).to_be_visible()


@pytest.mark.proves("S8")
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_the_policy_as_a_table_says_what_the_policy_says(town: Town, browser: Browser, locale: str) -> None:
    with open_oversight(town, browser, locale=locale) as seat:
        page = seat.page
        seat.log_in("suzuki")
        page.locator("a[href='/policy']").click()
        page.locator("table.matrix").first.wait_for()
        policy = town.call("policy.show")
        cells = page.locator("table.matrix").first.locator("tbody tr")
        assert cells.count() == len(policy["purposes"])
        for line, purpose in zip(cells.all(), policy["purposes"], strict=True):
            expect(line.locator("th")).to_contain_text(purpose[locale])
            filled = [bool(text.strip()) for text in line.locator("td").all_inner_texts()]
            assert filled == [
                any(role["code"] in row["roles"] and purpose["code"] in row["purposes"] for row in policy["rows"])
                for role in policy["roles"]
            ]
        region = page.get_by_role("region", name="役割と利用目的の表" if locale == "ja" else "Roles and purposes")
        region.focus()
        before = region.evaluate("e => e.scrollTop")
        page.keyboard.press("End")
        page.wait_for_function("([e, before]) => e.scrollTop > before", arg=[region.element_handle(), before])
        page.locator("summary").click()
        page.select_option("#role", "counter")
        page.check("input[value=my_number]")
        page.get_by_role("button", name="調べる" if locale == "ja" else "Ask").click()
        answer = page.locator("section.problem")
        expect(answer).to_contain_text("認められません。" if locale == "ja" else "Not allowed.")
        expect(answer).to_contain_text("number_law")
        page.uncheck("input[value=my_number]")
        page.check("input[value=name]")
        page.get_by_role("button", name="調べる" if locale == "ja" else "Ask").click()
        expect(page.locator("section.good")).to_contain_text("認められます。" if locale == "ja" else "Allowed.")
