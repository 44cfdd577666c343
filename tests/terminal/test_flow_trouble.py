"""Procedures when things go wrong at the counter: cards pulled in the middle, wrong PINs, odd names, forms that no page of ours sends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Browser, Route, expect

from demo.office import Office
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, ROOMY, Counter, StandInBox, open_counter, until
from tests.terminal.console_house import WAIT_MS, ConsoleDesk, open_console
from tests.terminal.flow_house import READY, Walk

LOCKS_SOON = ROOMY.replace("[limits]\n", "[limits]\nlock_seconds = 20\n")
FETCH = """["GET", "/flow/wide_area_copy", {
  source: "#stage", target: "#stage", swap: "innerHTML", headers: { "X-Tab": document.body.dataset.tab } }]"""
POST = """async ([path, fields]) => {
  const headers = { "X-Tab": document.body.dataset.tab, "HX-Request": "true" };
  const answer = await fetch(path, { method: "POST", headers, body: new URLSearchParams(fields) });
  return [answer.status, await answer.text()];
}"""


def _two(office: Office) -> None:
    office.hire("mori", "森 二郎", "counter", name_on_badge="MORI JIRO")


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    with open_counter(partial(StandInBox, readers=3), prepare=_two) as opened:
        for slot, person in ((BADGE_SLOT, 0), (RESIDENT_SLOT, 1), (2, 1)):
            opened.insert(opened.office.people[person].badge, slot)
            opened.pull(slot)
        yield opened


@pytest.fixture
def desk(counter: Counter, browser: Browser) -> Iterator[ConsoleDesk]:
    """A console of its own for each, and empty readers behind it."""
    with open_console(counter, browser) as opened:
        opened.log_in(counter.office.people[0])
        yield opened
    for slot in (BADGE_SLOT, RESIDENT_SLOT):
        if counter.box.daemon.slots[slot].card is not None:  # type: ignore[attr-defined]
            counter.pull(slot)


def walk_of(desk: ConsoleDesk, holder: str = "long_address") -> Walk:
    office = desk.counter.office
    return Walk(desk, office.people[0], office.resident(holder))


def signatures(counter: Counter) -> int:
    """How many were asked for so far, as the record has it."""
    return sum(record.get("event") == "sign.digest" for record in counter.records())


@pytest.mark.proves("K1")
def test_what_was_typed_stays_when_cards_are_pulled_and_what_was_read_goes(desk: ConsoleDesk) -> None:
    """The resident's card in the middle of the form, then the badge; the same clerk finds the form as it was, another one does not."""
    walk, page = walk_of(desk), desk.page
    sato, mori = desk.counter.office.people
    walk.begin("wide_area_copy")
    walk.identify()
    page.check("#i-whose-household")
    page.fill("#i-submitted_to", "見本銀行 本店")
    expect(page.get_by_text(walk.resident.holder.name)).to_be_visible()
    desk.counter.pull(RESIDENT_SLOT)
    page.get_by_text("入力した内容は残っています").wait_for()
    assert walk.resident.holder.name not in page.content()
    walk.identify()
    assert page.locator("#i-whose-household").is_checked()
    assert page.input_value("#i-submitted_to") == "見本銀行 本店"
    desk.counter.pull(BADGE_SLOT)
    page.get_by_role("heading", name="職員カードを入れてください").wait_for()
    assert "見本" not in page.locator("#stage").inner_text()
    desk.log_in(sato)
    page.goto(f"{desk.address}/flow/wide_area_copy")
    page.get_by_text("入力した内容は残っています").wait_for()
    walk.press()
    desk.type_pin(walk.resident.holder.pins.card_info)
    page.locator("#i-submitted_to").wait_for()
    assert page.input_value("#i-submitted_to") == "見本銀行 本店"
    desk.counter.pull(BADGE_SLOT)
    page.get_by_role("heading", name="職員カードを入れてください").wait_for()
    desk.log_in(mori)
    page.goto(f"{desk.address}/flow/wide_area_copy")
    page.locator("#case").wait_for()
    assert "見本銀行" not in page.content()


@pytest.mark.proves("K1")
def test_a_wrong_and_a_blocked_pin_are_told_and_the_procedure_goes_on_from_there(desk: ConsoleDesk) -> None:
    """The card stays in, the reading begins again; with a blocked PIN there is no way on but the one that is told."""
    walk, page = walk_of(desk), desk.page
    walk.begin("wide_area_copy")
    desk.put_card(walk.resident.card)
    walk.press()
    desk.type_pin("0000")
    page.locator("#stage .problem").wait_for()
    walk.press()
    desk.type_pin(walk.resident.holder.pins.card_info)
    page.locator("#i-copies").wait_for()


def test_names_with_unknown_days_substitutes_and_latin_letters_hold(desk: ConsoleDesk) -> None:
    """A substitute character is marked, an unknown birthday told; the age that the card leaves open must be settled by the clerk."""
    walk, page = walk_of(desk, "substitute_characters"), desk.page
    walk.begin("wide_area_copy")
    walk.identify()
    expect(page.locator("#stage")).to_contain_text("不明の部分あり")
    page.check("#i-whose-self")
    walk.check()
    walk.sign()
    walk.save()
    birth = next(row for row in walk.files[0].content["applicant"]["items"] if row["item"] == "birth_date")
    assert birth["date"] == {"iso": None, "source": "19380000", "unknown": ["month", "day"]}
    assert walk.files[0].content["applicant"]["items"][0]["text"] == walk.resident.holder.name


@pytest.mark.proves("K2")
def test_a_field_that_no_form_has_is_refused_by_hand_as_well(desk: ConsoleDesk) -> None:
    """本籍 and 住民票コード, sent past the page: nothing of the form is kept; and without a consent nothing is signed."""
    walk, page = walk_of(desk), desk.page
    before = signatures(desk.counter)
    walk.begin("wide_area_copy")
    walk.identify()
    fields = {"whose": "self", "copies": "1"}
    for name in ("honseki", "juminhyo_code", "resident_code"):
        for way in ("send", "draft"):
            status, _ = page.evaluate(POST, [f"/flow/wide_area_copy/{way}", {**fields, name: "12345678901"}])
            assert status == 422
    page.goto(f"{desk.address}/flow/wide_area_copy")
    assert not page.locator("#i-whose-self").is_checked()
    page.check("#i-whose-self")
    walk.check()
    shown = page.input_value("input[name=shown]")
    for sent in ({"shown": shown}, {"shown": "0" * 64, "consent": "on"}, {"consent": "on"}):
        status, text = page.evaluate(POST, ["/flow/wide_area_copy/sign", sent])
        assert status == 200
        assert "consent" in text
    assert signatures(desk.counter) == before


def test_a_form_that_is_not_filled_in_says_what_is_missing(desk: ConsoleDesk) -> None:
    """Each field has its sentence, the first thing on the page is the list of them; questions come and go with the answers."""
    walk, page = walk_of(desk), desk.page
    walk.begin("move_in")
    walk.identify()
    walk.press()
    page.locator("#stage .problem").wait_for()
    assert page.locator("#stage .problem li").count() == 4
    page.fill("#i-moved_on", "R8.13.40")
    assert page.locator("#i-head_name").count() == 0
    page.check("#i-household-joins")
    page.locator("#i-head_name").wait_for()
    assert page.input_value("#i-moved_on") == "R8.13.40"
    page.check("#i-household-head")
    page.locator("#i-head_name").wait_for(state="detached")
    walk.press()
    expect(page.locator("#wrong-moved_on")).to_contain_text("この年月日はありません")


@pytest.mark.slow
def test_a_locked_screen_shows_nothing_and_the_form_is_there_afterwards(browser: Browser) -> None:
    """Nobody does anything in the middle of the form: locked, unlocked with the badge, the card read again."""
    with open_counter(StandInBox, config=LOCKS_SOON) as counter, open_console(counter, browser) as desk:
        clerk = counter.office.people[0]
        desk.log_in(clerk)
        walk, page = walk_of(desk), desk.page
        walk.begin("move_out")
        walk.identify()
        page.fill("#i-destination", "架空県試験市中央一丁目")
        page.get_by_role("heading", name="画面をロックしました").wait_for(timeout=4 * WAIT_MS)
        assert walk.resident.holder.name not in page.content()
        page.get_by_role("button", name="ロックを解除する").click()
        desk.type_pin(clerk.pin)
        page.locator("dialog").wait_for(state="detached")
        page.goto(f"{desk.address}/flow/move_out")
        page.get_by_text("入力した内容は残っています").wait_for()
        walk.press()
        desk.type_pin(walk.resident.holder.pins.card_info)
        page.locator("#i-destination").wait_for()
        assert page.input_value("#i-destination") == "架空県試験市中央一丁目"


def test_the_request_goes_into_the_folder_that_the_settings_name(
    counter: Counter, browser: Browser, tmp_path: Path
) -> None:
    """And the page says so; where it cannot be written, the page says that, and the download is there."""
    folder, settings = tmp_path / "incoming", tmp_path / "terminal.toml"
    folder.mkdir()
    settings.write_text(f'[console]\nhand_over = "{folder}"\n')
    with open_console(counter, browser, options=("--settings", str(settings))) as desk:
        desk.log_in(counter.office.people[0])
        walk, page = walk_of(desk), desk.page
        walk.begin("wide_area_copy")
        walk.identify()
        page.check("#i-whose-self")
        walk.check()
        walk.sign()
        desk.type_pin(walk.clerk.pin)
        page.get_by_text("受け渡しフォルダーに入れました").wait_for()
        names = sorted(each.name for each in folder.iterdir())
        assert [name.split("-")[0] for name in names] == ["wide_area_copy"] * 2
        assert names[1] == f"{names[0]}.p7s"
        counter.pull(RESIDENT_SLOT)
        counter.pull(BADGE_SLOT)


@pytest.mark.proves("K1")
def test_a_blocked_card_is_told_and_the_next_one_is_taken(desk: ConsoleDesk) -> None:
    """No PIN is asked for, the sentence says what the person needs; an old resident register card is read like any other."""
    page, walk, counter = desk.page, walk_of(desk), desk.counter
    walk.begin("certificate_issue")
    handle = desk.put_card(counter.office.resident("latin_name", number=2).card)
    use = {"purpose": "certificate_issue", "case": "R8-0042", "items": ["name"]}
    names = [
        counter.fails("card.read", wrong, consents=True, card=handle, **use).name for wrong in ("0000", "0001", "0002")
    ]
    assert names[-1] == "pin.now_blocked"
    walk.press()
    expect(page.locator("#stage .problem")).to_contain_text("ロック")
    assert page.locator("dialog").count() == 0
    counter.pull(RESIDENT_SLOT)
    page.get_by_text(READY).wait_for()
    child = counter.office.resident("child", juki=True, number=3)
    desk.put_card(child.card)
    walk.press()
    desk.type_pin(child.holder.pins.card_info)
    page.check("#i-certificates-signature")
    page.check("#i-wish-new")
    page.check("#i-asked_by-self")
    walk.check()
    expect(page.locator(".told.warning")).to_contain_text("15歳未満")


@pytest.mark.proves("K1")
def test_a_page_that_is_fetched_anew_while_somebody_types_takes_nothing_away(desk: ConsoleDesk) -> None:
    """The form comes as it was a moment ago, after more was typed: that stays on the page, and is the draft."""
    walk, page = walk_of(desk), desk.page
    walk.begin("wide_area_copy")
    walk.identify()
    held: list[tuple[Route, APIResponse]] = []
    address = re.compile(r"/flow/wide_area_copy$")
    page.route(address, lambda route: held.append((route, route.fetch())))
    page.evaluate(
        f"() => {{ document.querySelector('#stage form').dataset.old = 'yes'; void window.htmx.ajax(...{FETCH}); }}"
    )
    until(lambda: page.wait_for_timeout(20) or held, WAIT_MS / 1000)
    page.check("#i-whose-household")
    page.fill("#i-submitted_to", "見本銀行")
    ((route, stale),) = held
    route.fulfill(response=stale)
    page.unroute(address)
    page.locator("#stage form:not([data-old])").wait_for()
    expect(page.locator("#i-submitted_to")).to_have_value("見本銀行", timeout=WAIT_MS)
    expect(page.locator("#i-whose-household")).to_be_checked()
    walk.check()
    expect(page.locator("#stage")).to_contain_text("見本銀行")
