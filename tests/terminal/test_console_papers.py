"""Documents at the counter, in a real browser: a PDF and an application XML signed by a resident's card, and checked again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from demo.form import write_form
from demo.office import Resident
from tests.fixtures.counter import Counter, open_counter
from tests.fixtures.pcscd import StandInBox
from tests.terminal.console_house import ConsoleDesk, open_console

XML = "<申請書><種別>転入届</種別><氏名>見本　太郎</氏名></申請書>\n"


@pytest.fixture
def office() -> Iterator[tuple[Counter, Resident]]:
    with open_counter(StandInBox) as counter:
        yield counter, counter.office.resident()


@pytest.fixture
def desk(office: tuple[Counter, Resident], browser: Browser) -> Iterator[ConsoleDesk]:
    counter, resident = office
    with open_console(counter, browser) as opened:
        opened.log_in(counter.office.people[0])
        opened.begin_case("online_signature")
        opened.put_card(resident.card)
        yield opened
        assert opened.faults == []


def signed(desk: ConsoleDesk, resident: Resident, document: Path, into: Path) -> Path:
    """Chosen, looked at, agreed to, signed with one PIN, taken along."""
    page = desk.page
    page.goto(f"{desk.address}/sign")
    page.set_input_files("#file", document)
    expect(page.locator("dl.facts").first).to_contain_text(document.name)
    page.get_by_role("button", name="住民の方のカードで署名する").click()
    expect(page.locator("dialog")).to_contain_text(document.name)
    page.get_by_role("button", name="この文書に署名する").click()
    desk.type_pin(resident.holder.pins.signature)
    link = page.get_by_role("link", name="署名した書類を保存する")
    link.wait_for()
    with page.expect_download() as download:
        link.click()
    place = into / download.value.suggested_filename
    download.value.save_as(place)
    return place


@pytest.mark.proves("fault 166")
def test_a_pdf_and_an_xml_are_signed_and_checked(
    desk: ConsoleDesk, office: tuple[Counter, Resident], tmp_path: Path
) -> None:
    _, resident = office
    form = tmp_path / "転入届.pdf"
    write_form(form, [("氏名", "見本　太郎"), ("新しい住所", "見本県見本町一丁目２番３号")])
    pdf = signed(desk, resident, form, tmp_path)
    assert pdf.name == "転入届-signed.pdf"
    judged = subprocess.run(["pdfsig", "-nocert", str(pdf)], capture_output=True, text=True, check=True).stdout
    assert "Signature is Valid." in judged
    application = tmp_path / "申請.xml"
    application.write_text(XML, encoding="utf-8")
    desk.page.get_by_role("button", name="終わる").click()
    xml = signed(desk, resident, application, tmp_path)
    assert "<種別>転入届</種別>" in xml.read_text("utf-8")
    assert list((desk.counter.folder / "run" / "cardd" / "papers").iterdir()) != []
    for each in (pdf, xml):
        desk.page.goto(f"{desk.address}/verify")
        desk.page.set_input_files("#file", each)
        desk.page.get_by_role("button", name="確かめる").click()
        expect(desk.page.locator("section ul").first).to_contain_text("文書は署名のあと変わっていません")
        desk.page.get_by_role("button", name="終わる").click()
    changed = tmp_path / "changed.xml"
    changed.write_text(xml.read_text("utf-8").replace("<種別>転入届", "<種別>転出届"), encoding="utf-8")
    desk.page.set_input_files("#file", changed)
    desk.page.get_by_role("button", name="確かめる").click()
    expect(desk.page.locator("section.problem h2")).to_be_visible()
    desk.counter.pull(0)
    expect(desk.page.get_by_role("heading", name="職員カードを入れてください")).to_be_visible()
    assert list((desk.counter.folder / "run" / "cardd" / "papers").iterdir()) == []


def test_saying_no_and_a_damaged_document_are_told(
    desk: ConsoleDesk, office: tuple[Counter, Resident], tmp_path: Path
) -> None:
    application = tmp_path / "申請.xml"
    application.write_text(XML, encoding="utf-8")
    page = desk.page
    page.goto(f"{desk.address}/sign")
    page.set_input_files("#file", application)
    page.get_by_role("button", name="住民の方のカードで署名する").click()
    page.get_by_role("button", name="署名しない").click()
    expect(page.locator(".problem")).to_contain_text("残り回数は減っていません")
    broken = tmp_path / "壊れた.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing more\n")
    page.get_by_role("button", name="別の書類にする").click()
    page.set_input_files("#file", broken)
    page.get_by_role("button", name="住民の方のカードで署名する").click()
    expect(page.locator(".problem")).to_contain_text("PDF")
