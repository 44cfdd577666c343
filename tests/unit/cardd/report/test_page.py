"""The page of a report: one file, two languages, the figures it was given, and nothing that a record could put into it."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from cardd.model import Operation, PinKind
from cardd.policy.load import load
from cardd.policy.words import Two
from cardd.report.data import (
    Alarm,
    Figures,
    Heads,
    Line,
    Month,
    Names,
    Opening,
    Outcomes,
    PinCounts,
    Purpose,
    ReportData,
    Reviews,
    Terminal,
    Verification,
)
from cardd.report.drawing import columns, qr_code, scale_top, short
from cardd.report.page import plain, render
from cardd.report.source import names_of, read_heads, read_month
from cardd.report.summary import findings
from cardd.report.texts import ITEM_NAMES, PIN_NAMES, REASONS, REVIEW_REASONS, TEXTS, WATCHES, WORDS
from cardd.wire.fault_table import FAULTS
from cardd.wire.methods.audit_alarms import ReasonWord
from tests.unit.cardd.report.month_log import CARD, CASE, month_log

NOVEMBER = Month(2026, 11)
MADE_US = 1_796_083_200_000_000  # 2026-12-01 09:00 in Japan
POLICY = Path(__file__).parents[4] / "cardd" / "policy" / "example.toml"
HOSTILE = (
    "</td><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "<!--",
    "]]>&lt;b&gt;",
    "a\u202eb\u2066c\x1b[31m\n\x00\u2028\ud800",
    "</style><svg onload=alert(1)>",
    "javascript:alert(1)",
    "=HYPERLINK(1)",
    "長" * 500,
)


class Shape(HTMLParser):
    """Each element with its attributes, the text between, and the ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.values: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[(tag, tuple(sorted(name for name, _ in attrs)))] += 1
        self.values += [(tag, name, value) for name, value in attrs]
        self.open.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def data_of(text: str = "plain", *, count: int = 1) -> ReportData:
    """A report in which every text that comes from outside is `text`."""
    line = Line(text, 5, NOVEMBER.first_us + 5_000_000, text, text, text, text, text, text)
    figures = Figures()
    figures.terminals = {
        text: Terminal(text, text, 9, 1, 9, NOVEMBER.first_us, NOVEMBER.first_us, [text], [text], [text], [text])
    }
    figures.uses = Outcomes(done=3)
    for table in (figures.by_operation, figures.by_role, figures.by_purpose):
        table[text] = Outcomes(1, 2, 3, 4, 5)
    figures.items, figures.pins, figures.refusals = {text: 4}, {text: PinCounts(1, 2, 3, 4)}, {(text, text): 6}
    figures.by_day["2026-11-03"] = 4
    for listed in (figures.out_of_hours, figures.two_people, figures.overrides, figures.incidents):
        for _ in range(count):
            listed.add(line)
    figures.alarms.add(Alarm(line, text, (1, 2), "explained", text, text, MADE_US))
    figures.alarms.add(Alarm(line, text))
    figures.reviews = {text: Reviews(1, 0, 0, 1)}
    names = Names({text: Two(text, text)}, {text: Purpose(Two(text, text), text)}, text)
    heads = Heads(text, text, {"2026-11-01": 3}, text, 9, (text,), (text,))
    return ReportData(
        NOVEMBER,
        text,
        MADE_US,
        figures,
        names,
        Opening(),
        (heads,),
        (Verification(text, text, "damaged", {"ja": text, "en": text}, MADE_US),),
    )


@pytest.mark.proves("fault 114")
@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_record_says_stays_text(text: str) -> None:
    plain_ones, hostile = [Shape(render(data_of(each))) for each in ("plain", "p" * 30)], Shape(render(data_of(text)))
    assert hostile.elements - (plain_ones[0].elements | plain_ones[1].elements) == Counter()
    harmless = plain_ones[0]
    harmless.values += plain_ones[1].values
    assert {(tag, name) for tag, name, _ in hostile.values} <= {(tag, name) for tag, name, _ in harmless.values}
    own = {value for _, name, value in harmless.values if name not in ("d", "viewbox", "x", "y", "width", "height")}
    told = {value for _, name, value in hostile.values if name not in ("d", "viewbox", "x", "y", "width", "height")}
    assert told <= own
    everything = "".join(hostile.texts)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b\x00\u2028\ud800-\udfff]", everything)


@pytest.mark.proves("fault 114")
def test_no_text_from_outside_stands_in_an_attribute_or_in_the_style() -> None:
    page = render(data_of("marker-7f3a"))
    assert page.count("marker-7f3a") > 40
    assert not any("marker-7f3a" in (value or "") for _, _, value in Shape(page).values)
    assert "marker-7f3a" not in page[page.index("<style>") : page.index("</style>")]


@pytest.mark.parametrize("data", [data_of(), ReportData(NOVEMBER, "", MADE_US, Figures())])
def test_nothing_comes_from_outside_the_file(data: ReportData) -> None:
    page = render(data)
    shape = Shape(page)
    assert {tag for tag, _ in shape.elements} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "a",
        "use",
    } == set()
    assert not any(
        name in ("src", "href", "xlink:href", "action", "background", "style") or name.startswith("on")
        for _, name, _ in shape.values
    )
    assert not re.search(r"https?:|//|@import|url\((?!#)", page.replace("<!DOCTYPE html>", ""))
    assert "default-src 'none'" in page


def test_elements_are_closed_as_they_are_opened() -> None:
    page = render(data_of())
    for tag in (
        "table",
        "tr",
        "td",
        "th",
        "section",
        "article",
        "figure",
        "svg",
        "p",
        "li",
        "ul",
        "pre",
        "bdi",
        "div",
        "h2",
        "h3",
    ):
        assert len(re.findall(f"<{tag}[ >]", page)) == page.count(f"</{tag}>"), tag
    ids = [value for _, name, value in Shape(page).values if name == "id"]
    assert len(ids) == len(set(ids))


def test_each_section_stands_in_both_languages_in_the_same_order() -> None:
    page = render(data_of())
    ja, en = (page[page.index(f'<article class="{word}"') :].partition("</article>")[0] for word in ("ja", "en"))
    headings = [[int(number) for number in re.findall(r"<h2>(\d+)\.", text)] for text in (ja, en)]
    assert headings[0] == headings[1] == list(range(1, 12))
    assert Shape(ja).elements == Shape(en).elements
    assert not re.search(r"[\u3040-\u30ff]", re.sub(r"(?s)<style>.*?</style>", "", en))


@pytest.mark.parametrize("first", ["ja", "en"])
def test_the_language_that_is_printed_is_the_one_asked_for(first: str) -> None:
    page = render(data_of(), "ja" if first == "ja" else "en")
    assert re.findall(r'id="show-(..)" checked', page) == [first]


@pytest.mark.parametrize("texts", [TEXTS, WORDS, PIN_NAMES, ITEM_NAMES, REASONS, REVIEW_REASONS, WATCHES])
def test_every_text_is_there_in_both_languages(texts: dict[str, Two]) -> None:
    for key, pair in texts.items():
        assert pair.ja, key
        assert pair.en, key
        assert set(re.findall(r"{(\w+)}", pair.ja)) == set(re.findall(r"{(\w+)}", pair.en)), key
        assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", pair.en), key


def test_each_rule_review_and_error_has_its_words() -> None:
    assert set(WATCHES) == {f"w{number}" for number in range(1, 19)}
    assert set(REVIEW_REASONS) == set(get_args(ReasonWord))
    assert {name.partition(".")[0] for name in FAULTS} - {"seat"} <= set(REASONS)
    assert set(PIN_NAMES) == {each.value for each in PinKind}
    assert {each.value for each in Operation} <= set(WORDS)


def test_every_text_is_used() -> None:
    room = Path(render.__code__.co_filename).parent
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in room.iterdir()
        if path.suffix in (".py", ".j2") and path.name != "texts.py"
    )
    made_up = ("level.", "verdict.", "verified.", "limit.", "done", "refused", "failed", "unknown", "open")
    assert [
        key for key in TEXTS if f'"{key}"' not in source and f"'{key}'" not in source and not key.startswith(made_up)
    ] == []


def test_figures_stand_on_the_page(tmp_path: Path) -> None:
    log = month_log(tmp_path, 2)
    log.head(NOVEMBER.end_us - 5)
    log.close()
    figures = read_month(tmp_path, NOVEMBER, Opening())
    (terminal,) = figures.terminals.values()
    heads = read_heads(tmp_path, NOVEMBER, terminal, MADE_US)
    page = render(ReportData(NOVEMBER, "見本町", MADE_US, figures, names_of(load(POLICY)), Opening(), (heads,)))
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    for code, row in figures.by_role.items():
        cells = next(row for row in rows if f"<code>{code}</code>" in row)
        assert re.findall(r'<td class="n">(\d+)</td>', cells) == [
            str(number) for number in (row.total, row.done, row.refused, row.failed, row.unknown, row.open)
        ]
    assert "令和8年11月 (2026-11)" in page
    assert "November, Reiwa 8" in page
    assert "旅券申請" in page
    assert "旅券法 第3条" in page
    assert log.last_hash.hex() in page
    assert page.count('class="qr"') == 2


@pytest.mark.proves("P7", "A9")
def test_nothing_of_a_resident_is_on_the_page(tmp_path: Path) -> None:
    month_log(tmp_path, 5)
    page = render(ReportData(NOVEMBER, "見本町", MADE_US, read_month(tmp_path, NOVEMBER, Opening())))
    assert "sato" in page
    for secret in (CASE, CARD, "SECRET", CARD[:12]):
        assert secret not in page


def test_the_gravest_stands_first_and_says_what_is_wrong() -> None:
    found = findings(data_of())
    assert [each.level for each in found] == sorted((each.level for each in found), key=["bad", "look", "good"].index)
    keys = {each.key for each in found}
    assert {"sum.damaged", "sum.missing", "sum.unreadable", "sum.alarms", "sum.overrides", "sum.hours"} <= keys
    assert "sum.whole" not in keys


def test_a_report_without_a_verifier_never_says_that_all_is_well() -> None:
    data = data_of()
    for state in ("not_run", "unreadable"):
        given = replace(data, verifications=(Verification("t", "t", state),))
        keys = {each.key: each.level for each in findings(given)}
        assert keys["sum.unchecked"] == "bad"
        assert "sum.whole" not in keys
    assert {each.key for each in findings(replace(data, verifications=()))} >= {"sum.unchecked"}


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (3, 4), (10, 10), (11, 20), (439, 600), (1000, 1000), (1001, 2000)]
)
def test_a_scale_ends_at_a_round_even_number(most: int, top: int) -> None:
    assert scale_top(most) == top


def test_bars_are_as_high_as_their_counts() -> None:
    plot = columns([("a", 5, False), ("b", 10, True), ("c", 0, False)])
    assert [each.height for each in plot.columns] == [65.0, 130.0, 0.0]
    assert all(each.y + each.height == pytest.approx(plot.base) for each in plot.columns)


def test_a_label_is_cut_by_its_width() -> None:
    assert short("a" * 38) == "a" * 38
    assert short("住民票の写しの広域交付") == "住民票の写しの広域交付"
    assert short("住" * 30) == "住" * 18 + "…"


def test_a_qr_code_holds_a_head_and_not_a_book() -> None:
    assert qr_code("x" * 400) is not None
    assert qr_code("x" * 4000) is None


def test_unseen_characters_are_written_out() -> None:
    assert plain("a\u202eb\nc") == "a<U+202E>b<U+000A>c"
    assert plain("葛\U000e0100城") == "葛\U000e0100城"
    assert len(plain("x" * 1000)) == 200
