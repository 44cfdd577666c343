"""The console's first screens in a real browser: badge, PIN, case, a card's items, its PINs; cards pulled in between."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from demo.office import Person, Resident
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, Counter, open_counter
from tests.fixtures.pcscd import StandInBox
from tests.terminal.console_house import ConsoleDesk, open_console


@pytest.fixture(scope="module")
def open_office() -> Iterator[tuple[Counter, Resident]]:
    with open_counter(StandInBox) as counter:
        resident = counter.office.resident()
        warm_up(counter, resident)
        yield counter, resident


def warm_up(counter: Counter, resident: Resident) -> None:
    """A reader is opened with its first card, and stays open: no test is to be held responsible for that."""
    counter.insert(counter.office.people[0].badge, BADGE_SLOT)
    counter.insert(resident.card, RESIDENT_SLOT)
    for slot in (BADGE_SLOT, RESIDENT_SLOT):
        counter.pull(slot)


@pytest.fixture
def seat(open_office: tuple[Counter, Resident]) -> Iterator[Counter]:
    """Readers are empty at the end, whatever happened."""
    counter, _ = open_office
    yield counter
    for slot in (BADGE_SLOT, RESIDENT_SLOT):
        if counter.box.daemon.slots[slot].card is not None:
            counter.pull(slot)


@pytest.fixture
def resident(open_office: tuple[Counter, Resident]) -> Resident:
    return open_office[1]


@pytest.fixture
def sato(seat: Counter) -> Person:
    return seat.office.people[0]


@pytest.fixture
def desk(seat: Counter, browser: Browser) -> Iterator[ConsoleDesk]:
    with open_console(seat, browser) as opened:
        yield opened
        assert opened.faults == []


def read_all(desk: ConsoleDesk, resident: Resident) -> None:
    """The usual items and the photograph, with both PINs."""
    desk.begin_case("identity_check")
    desk.put_card(resident.card)
    desk.page.check("input[value=photo]")
    desk.page.get_by_role("button", name="読み取る").click()
    desk.type_pin(resident.holder.pins.card_info)
    desk.page.get_by_role("heading", name=re.compile("照合番号B")).wait_for()
    desk.type_pin(resident.holder.verification_b)
    desk.page.locator("figure img").wait_for()


@pytest.mark.proves("S2")
def test_a_card_is_read_and_goes_from_the_screen_with_the_badge(
    desk: ConsoleDesk, sato: Person, resident: Resident
) -> None:
    desk.log_in(sato)
    read_all(desk, resident)
    facts = desk.page.locator("dl.facts")
    expect(facts).to_contain_text(resident.holder.name)
    expect(facts).to_contain_text(resident.holder.address)
    expect(facts).to_contain_text("昭和55年2月17日（1980-02-17）")
    assert desk.page.evaluate("document.querySelector('figure img').naturalWidth") > 100
    desk.counter.pull(BADGE_SLOT)
    expect(desk.page.get_by_role("heading", name="職員カードを入れてください")).to_be_visible()
    content = desk.page.content()
    assert resident.holder.name not in content
    assert resident.holder.address not in content
    assert "<img" not in content


def test_what_was_read_goes_with_its_card(desk: ConsoleDesk, sato: Person, resident: Resident) -> None:
    desk.log_in(sato)
    read_all(desk, resident)
    picture = desk.page.get_attribute("figure img", "src")
    desk.counter.pull(RESIDENT_SLOT)
    expect(desk.page.get_by_text("住民の方のカードを入れてください")).to_be_visible()
    assert resident.holder.name not in desk.page.content()
    answer = desk.page.request.get(f"{desk.address}{picture}", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status == 404


def test_a_wrong_pin_is_told_with_the_tries_that_are_left(desk: ConsoleDesk, sato: Person, resident: Resident) -> None:
    desk.log_in(sato)
    desk.begin_case("identity_check")
    desk.put_card(resident.card)
    desk.page.get_by_role("button", name="読み取る").click()
    desk.type_pin("12")
    expect(desk.page.locator("dialog [role=alert]")).to_contain_text("回数は減っていません")
    wrong = "0000" if resident.holder.pins.card_info != "0000" else "1111"
    desk.type_pin(wrong)
    problem = desk.page.locator(".problem")
    expect(problem).to_contain_text("1回分減りました")
    desk.page.get_by_role("button", name="読み取る").click()
    expect(desk.page.locator("dialog .tries")).to_contain_text("残り 2 回")
    desk.type_pin(resident.holder.pins.card_info)
    expect(desk.page.locator("dl.facts")).to_contain_text(resident.holder.name)


def test_the_resident_may_type_on_the_shuffled_keypad(desk: ConsoleDesk, sato: Person, resident: Resident) -> None:
    desk.log_in(sato)
    desk.begin_case("identity_check")
    desk.put_card(resident.card)
    desk.page.get_by_role("button", name="読み取る").click()
    pad = desk.page.locator("[data-keypad]")
    keys = pad.locator("[data-key]")
    expect(keys.first).to_have_text(re.compile("[0-9]"))
    assert sorted(keys.all_inner_texts()) == list("0123456789")
    for digit in resident.holder.pins.card_info:
        keys.get_by_text(digit, exact=True).click()
    desk.page.get_by_role("button", name="決定").click()
    expect(desk.page.locator("dl.facts")).to_contain_text(resident.holder.name)


def test_only_what_the_policy_allows_is_offered(desk: ConsoleDesk, sato: Person, resident: Resident) -> None:
    desk.log_in(sato)
    desk.begin_case("identity_check")
    desk.put_card(resident.card)
    desk.page.get_by_role("button", name="読み取る").wait_for()
    assert desk.page.locator("input[value=my_number]").count() == 0
    assert desk.page.locator("input[value=name]").is_checked()


def test_looking_at_the_pins_costs_no_try_and_one_can_be_changed(
    desk: ConsoleDesk, sato: Person, resident: Resident
) -> None:
    desk.log_in(sato)
    desk.begin_case("card_delivery")
    desk.put_card(resident.card)
    desk.page.goto(f"{desk.address}/pins")
    desk.page.get_by_role("button", name="残り回数を見る").click()
    rows = desk.page.locator("tbody tr")
    expect(rows.filter(has_text="署名用電子証明書")).to_contain_text("使えます")
    desk.page.get_by_role("button", name="もう一度見る").click()
    expect(rows.filter(has_text="署名用電子証明書")).to_contain_text("5 / 5")


def test_the_badge_pulled_with_a_form_half_written_loses_nothing(desk: ConsoleDesk, sato: Person) -> None:
    desk.log_in(sato)
    desk.page.goto(f"{desk.address}/case")
    with desk.page.expect_response(lambda answer: answer.url.endswith("/draft")):
        desk.page.locator("#case").press_sequentially("R8-0077")
    desk.counter.pull(BADGE_SLOT)
    expect(desk.page.get_by_role("heading", name="職員カードを入れてください")).to_be_visible()
    desk.log_in(sato)
    desk.page.goto(f"{desk.address}/case")
    assert desk.page.input_value("#case") == "R8-0077"


def test_a_second_tab_takes_the_desk(desk: ConsoleDesk, sato: Person) -> None:
    desk.log_in(sato)
    other = desk.page.context.new_page()
    other.goto(f"{desk.address}/")
    expect(desk.page.get_by_text("別のタブで開かれました")).to_be_visible()
    expect(other.get_by_role("heading", name="何をしますか")).to_be_visible()
    desk.page.get_by_role("link", name="こちらで続ける").click()
    expect(desk.page.get_by_role("heading", name="何をしますか")).to_be_visible()
    expect(other.get_by_text("別のタブで開かれました")).to_be_visible()
    other.close()


def test_in_english(seat: Counter, browser: Browser, sato: Person, resident: Resident) -> None:
    with open_console(seat, browser, locale="en") as desk:
        expect(desk.page.get_by_role("heading", name="Insert your staff badge")).to_be_visible()
        desk.log_in(sato)
        desk.begin_case("identity_check")
        desk.put_card(resident.card)
        desk.page.get_by_role("button", name="Read", exact=True).click()
        desk.type_pin(resident.holder.pins.card_info)
        expect(desk.page.locator("dl.facts")).to_contain_text("1980-02-17 (昭和55年2月17日)")
        desk.page.get_by_role("button", name="日本語").click()
        expect(desk.page.get_by_role("link", name="はじめの画面")).to_be_visible()


def test_the_daemon_goes_and_comes_back(browser: Browser) -> None:
    with open_counter(StandInBox) as counter:
        resident = counter.office.resident()
        with open_console(counter, browser) as desk:
            desk.log_in(counter.office.people[0])
            read_all(desk, resident)
            counter.stop()
            expect(desk.page.get_by_role("heading", name="cardd が動いていません")).to_be_visible()
            assert resident.holder.name not in desk.page.content()
            counter.start()
            expect(desk.page.get_by_role("button", name="暗証番号を入力する")).to_be_visible()


def test_everything_asked_for_is_on_loopback(desk: ConsoleDesk, sato: Person, resident: Resident) -> None:
    desk.log_in(sato)
    read_all(desk, resident)
    elsewhere = [url for url in desk.requests if not url.startswith((desk.address, "file://"))]
    assert elsewhere == []
