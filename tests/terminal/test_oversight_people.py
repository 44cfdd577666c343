"""A second person at the console, at the same seat and at another; one's own day; the emergency stop and its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people_house import SECOND_SLOT, STRICT, Town
from tests.terminal.oversight_house import MARKUP, MARKUP_CASE, TWO_SEATS, Oversight, open_office, open_oversight


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_office() as opened:
        yield opened


@pytest.fixture
def seat(town: Town, browser: Browser) -> Iterator[Oversight]:
    with open_oversight(town, browser) as opened:
        yield opened


@pytest.mark.proves("S9")
def test_a_second_person_agrees_at_the_same_seat_with_their_own_badge(seat: Oversight) -> None:
    page, town = seat.page, seat.town
    seat.log_in("kato")
    seat.open("/approvals")
    expect(page.get_by_text("承認待ちはありません。")).to_be_visible()
    number = seat.refused(
        "card.read", card=town.handle, items=["name"], purpose="resident_code", case=MARKUP_CASE
    ).data["approval"]
    expect(page.get_by_role("heading", name="カードの読み取り")).to_contain_text("自分の依頼")  # by itself
    page.locator(f"#look-{number}").click()
    facts = page.locator("dl.facts")
    for text in ("住民票コードの変更請求・開示", "氏名", "マイナンバーカード", "kato", MARKUP_CASE):
        expect(facts).to_contain_text(text)
    expect(page.get_by_text("もう1つのカードリーダー")).to_be_visible()
    assert page.locator("#agree").count() == 0, "nobody agrees to their own request"
    town.badge("sato", SECOND_SLOT)
    page.locator("#agree").click()
    expect(page.locator("dialog .about")).to_contain_text(MARKUP_CASE)
    seat.desk.type_pin(town.people["sato"].pin)
    expect(page.locator(".good")).to_contain_text("「カードの読み取り」を承認しました")
    expect(page.locator("#notices")).to_contain_text("依頼した操作が承認されました")
    assert town.waiting(number)["approver"] == "sato"
    assert page.locator("b").count() == 0
    pin = town.resident.holder.pins.card_info
    town.call(
        "card.read", pin, card=town.handle, items=["name"], purpose="resident_code", case=MARKUP_CASE, approval=number
    )
    expect(page.get_by_text("承認待ちはありません。")).to_be_visible()


@pytest.mark.proves("S9")
def test_nobody_is_a_second_person_for_themselves_and_both_may_say_no(seat: Oversight) -> None:
    page, town = seat.page, seat.town
    seat.log_in("sato")
    number = seat.refused("card.read", card=town.handle, items=["name"], **STRICT).data["approval"]
    seat.open(f"/approvals/{number}")
    town.badge("day-1", SECOND_SLOT)  # another badge of the same person
    page.locator("#agree").click()  # its certificate says whose it is: no PIN is asked for
    expect(page.locator(".problem")).to_contain_text("同じ人が2人分の確認をすることはできません")
    page.locator("#refuse").click()
    expect(page.get_by_text("承認待ちはありません。")).to_be_visible()
    expect(page.locator("#notices")).to_contain_text("断られたか取り下げられました")


@pytest.mark.proves("S9")
def test_an_approval_is_given_from_another_seat(browser: Browser) -> None:
    with open_office(TWO_SEATS, home="left") as town:
        town.log_in("kato", seat="left")
        (town.counter.folder / "terminal.toml").write_text('seat = "right"\n[removal]\naction = "nothing"\n')
        with open_oversight(town, browser) as right:
            page = right.page
            right.log_in("sato", SECOND_SLOT)
            number = right.refused("card.read", card=town.handle, items=["name"], seat="left", **STRICT).data[
                "approval"
            ]
            expect(page.locator("#notices")).to_contain_text("kato が承認を求めています")
            page.get_by_role("link", name="承認待ち").click()
            expect(page.locator(".card-row")).to_contain_text("窓口 left")
            page.locator(f"#look-{number}").click()
            page.locator("#agree").click()
            right.desk.type_pin(town.people["sato"].pin)
            expect(page.locator(".good")).to_be_visible()
            town.read(approval=number, seat="left")


@pytest.mark.proves("A9")
def test_one_s_own_day_and_nobody_else_s(seat: Oversight) -> None:
    page, town = seat.page, seat.town
    seat.log_in("mori")
    context = {"purpose": "identity_check", "case": MARKUP_CASE}
    right = town.resident.holder.pins.card_info
    done = town.call("card.read", right, card=town.handle, items=["name", "birth_date"], **context)
    assert seat.refused("card.read", card=town.handle, items=["my_number"], **context).name == "policy.denied"
    seat.open("/my-day")
    rows = page.locator("table.records tbody tr")
    expect(page.locator("h1")).to_contain_text("今日の記録")
    read = rows.filter(has_text="氏名、生年月日")
    for text in ("カードの読み取り", "本人確認", MARKUP_CASE, "完了", str(done["receipt"]["sequence"])):
        expect(read).to_contain_text(text)
    read.locator("summary").click()
    expect(read).to_contain_text(done["receipt"]["record_hash"])
    expect(rows.filter(has_text="個人番号").first).to_contain_text("拒否")
    expect(rows.last).to_contain_text("ログイン")
    expect(page.locator(".hint").first).to_contain_text(MARKUP)
    assert page.locator("img, table b").count() == 0
    told = page.locator("#stage").inner_text()
    assert town.resident.holder.name not in told
    names = {record["card"] for record in town.counter.records() if record.get("card_kind") == "my_number"}
    assert names
    assert not any(name in page.content() for name in names), "the card's pseudonym is not told"
    for path in ("/alarms", "/audit", "/audit/plots", "/policy", "/health"):
        assert page.locator(f"a[href='{path}']").count() == 0
    seat.open("/audit?number=1")
    expect(page.locator(".problem")).to_contain_text("権限")


@pytest.mark.proves("S11")
def test_the_emergency_stop_is_seen_at_once_and_released_by_two(seat: Oversight) -> None:
    page, town = seat.page, seat.town
    seat.log_in("suzuki")
    page.locator("a[href='/health']").click()
    expect(page.locator("#stage [role=status]").first).to_contain_text("注意")
    page.locator("#stop").click()
    for text in ("すべての窓口のログイン", "再起動しても", "システム管理者2人"):
        expect(page.locator("#stage")).to_contain_text(text)
    page.check("input[value=drill]")
    page.get_by_role("button", name="緊急停止する").click()
    expect(page.get_by_role("heading", name="緊急停止中です")).to_be_visible()
    assert town.counter.fails("session.login", town.people["suzuki"].pin).name == "lockdown.engaged"
    for number, name in enumerate(("suzuki", "honda")):
        if number:
            town.badge(name)
        page.get_by_role("button", name="解除を申請する").click()
        seat.desk.type_pin(town.people[name].pin)
        if not number:
            expect(page.locator(".good")).to_contain_text("1人目（suzuki）")
    expect(page.get_by_role("heading", name="職員カードが入っています")).to_be_visible()
    seat.log_in("honda")
    seat.open("/health")
    with_others = seat.town.call("lockdown.engage", reason="drill")
    assert with_others["sessions_ended"] == 1
    expect(page.get_by_role("heading", name="緊急停止中です")).to_be_visible()  # engaged elsewhere
    for name in ("honda", "suzuki"):
        handle = town.badge(name)
        town.call("lockdown.release", town.people[name].pin, badge=handle)
