"""A document as a person sees it at a terminal before agreeing to sign it, in both languages."""

from typing import Any

import pytest

from cardd.cli import pin_entry
from cardd.cli.pin_entry import PinSource
from cardd.cli.screen import columns
from cardd.cli.shown_document import digest_lines, lines, size
from cardd.cli.texts import Speech
from cardd.wire.fault import Locale

DIGEST = "0123456789abcdef" * 4
ASKED: dict[str, Any] = {
    "prompt": "r-1.1",
    "question": "document",
    "which": None,
    "card_kind": "my_number",
    "reader": "R",
    "purpose": "online_signature",
    "case": "R8-0042",
    "key": "signature",
    "document": {"name": "転出届 髙橋\u3000太郎.pdf", "size": 1_234_567, "sha256": DIGEST, "pages": 12},
    "client": "counter-app",
    "locale": "ja",
    "seconds": 60,
}


@pytest.mark.parametrize(
    ("octets", "ja", "en"),
    [
        (0, "0バイト", "0 bytes"),
        (999, "999バイト", "999 bytes"),
        (1000, "約1.0 KB（1,000バイト）", "about 1.0 KB (1,000 bytes)"),
        (1_234_567, "約1.2 MB（1,234,567バイト）", "about 1.2 MB (1,234,567 bytes)"),
        (500_000_000, "約500.0 MB（500,000,000バイト）", "about 500.0 MB (500,000,000 bytes)"),
    ],
)
def test_a_size_is_told_in_a_unit_for_people_and_exactly(octets: int, ja: str, en: str) -> None:
    assert (size(Speech("ja"), octets), size(Speech("en"), octets)) == (ja, en)


def test_a_digest_stands_in_groups_of_four_on_two_lines() -> None:
    told = digest_lines(DIGEST)
    assert [len(line.split()) for line in told] == [8, 8]
    assert {len(group) for line in told for group in line.split()} == {4}
    assert "".join(told).replace(" ", "") == DIGEST


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_name_size_pages_purpose_key_and_digest_are_shown_each_value_at_one_place(locale: Locale) -> None:
    say = Speech(locale)
    shown = lines(say, ASKED)
    told = "\n".join(shown)
    for value in (
        "髙橋",
        "1,234,567",
        "12",
        "online_signature",
        "R8-0042",
        say("key.signature"),
        "0123 4567 89ab cdef",
    ):
        assert value in told
    values = (
        "転出届",
        say("document.about", n="", exact="")[:1],
        "12",
        "online",
        "R8",
        say("key.signature"),
        "0123",
        "0123",
    )
    starts = {columns(line[: line.index(value)]) for line, value in zip(shown, values, strict=True)}
    assert len(starts) == 1, "each value begins at one place"
    assert max(map(columns, shown)) <= 78, "beside the indent of two it fits on 80 columns"


def test_what_the_document_does_not_have_is_left_out() -> None:
    bare = ASKED | {"document": ASKED["document"] | {"pages": None}, "purpose": None, "case": None, "key": None}
    assert len(lines(Speech("en"), bare)) == len(lines(Speech("en"), ASKED)) - 4


def test_a_name_cannot_steer_the_terminal() -> None:
    turned = ASKED | {"document": ASKED["document"] | {"name": "a\x1b[2Jb\u202ec"}}
    assert not {"\x1b", "\u202e"} & set("\n".join(lines(Speech("en"), turned)))


@pytest.mark.parametrize("yes", [True, False])
def test_the_person_sees_the_document_before_the_question(
    yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []

    def answered(question: str) -> bool:
        seen.append(capsys.readouterr().err + question)
        return yes

    monkeypatch.setattr(pin_entry, "answered_yes", answered)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert PinSource(Speech("ja"), None).agrees(ASKED) is yes
    assert "髙橋" in seen[0]
    assert seen[0].endswith("[はい/いいえ]: ")


def test_without_a_terminal_nobody_agrees(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert not PinSource(Speech("ja"), 0).agrees(ASKED)
    said = capsys.readouterr().err
    assert "同意" in said
    assert "髙橋" not in said, "what nobody looks at is not written anywhere"


def test_a_question_of_a_later_daemon_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin_entry, "answered_yes", lambda _: True)
    assert not PinSource(Speech("en"), None).agrees(ASKED | {"question": "everything"})


def test_the_pin_question_names_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"step": "enter", "which": "signature", "tries_left": 5, "document": ASKED["document"]}
    PinSource(Speech("ja"), None)._explain(asked)
    assert "署名する文書: 転出届 髙橋" in capsys.readouterr().err
