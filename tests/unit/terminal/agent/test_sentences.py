"""What a prompt says, in both languages, and that nothing from outside steers the screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from terminal.agent import prompting
from terminal.agent.prompting import Document, PinAsked, Question
from terminal.agent.sentences import Sentences

PIN: dict[str, Any] = {
    "prompt": "r-1.1",
    "which": "signature",
    "step": "enter",
    "shape": {"shortest": 6, "longest": 16, "alphabet": "upper_alnum", "needs_letter_and_digit": True},
    "tries_left": 3,
    "card_kind": "my_number",
    "reader": "Counter Reader 01",
    "operation": "sign",
    "purpose": "online_signature",
    "case": "R8-0042",
    "about": {},
    "document": None,
    "client": "counter-app",
    "locale": "en",
    "seconds": 60,
}
DIGEST = "0123456789abcdef" * 4


def pin(**more: Any) -> PinAsked:
    return prompting.pin_asked({**PIN, **more})


def about_document(**more: Any) -> Question:
    document = {"name": "転出届.pdf", "size": 48211, "sha256": DIGEST, "pages": 2}
    told = {**PIN, "question": "document", "which": None, "key": "signature", "document": document}
    return prompting.question({**told, **more})


def test_a_pin_prompt_says_all_of_it() -> None:
    assert Sentences(pin()).lines() == [
        "Signature PIN (6 to 16 letters and digits)",
        "Shape: 6 to 16 capital letters and digits (lower case is turned into capitals); at least one of each",
        "Tries left: 3",
        "For: sign",
        "Purpose: online_signature",
        "Case: R8-0042",
        "Card: My Number card",
        "Reader: Counter Reader 01",
        "Asked by the program: counter-app",
    ]


def test_a_pin_prompt_in_japanese() -> None:
    lines = Sentences(pin(locale="ja", tries_left=1)).lines()
    assert lines[:3] == [
        "署名用電子証明書の暗証番号（英数字6〜16文字）",
        "形：英大文字と数字、6〜16文字（小文字は大文字に直します）。英字と数字の両方が要ります",
        "残り回数：1回",
    ]
    assert lines[-1] == "これが最後の1回です。間違えるとロックされます。"


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_the_last_try_is_said_clearly_and_only_then(locale: str) -> None:
    last = Sentences(pin(locale=locale, tries_left=1))
    assert last.word("ask.last_try") in last.lines()
    assert last.word("ask.last_try") not in Sentences(pin(locale=locale, tries_left=2)).lines()


def test_what_is_not_known_is_not_said() -> None:
    lines = Sentences(pin(tries_left=None, purpose=None, case=None)).lines()
    assert not any(line.startswith(("Tries", "Purpose", "Case")) for line in lines)


def test_new_and_repeat_are_told_apart() -> None:
    assert Sentences(pin(step="new")).which().startswith("New: ")
    assert Sentences(pin(step="repeat")).which().startswith("New, once more: ")


def test_what_typing_agrees_to_is_shown() -> None:
    lines = Sentences(pin(which="badge", operation="approve", about={"requester": "kato", "odd": "x"})).lines()
    assert lines[-3:] == ["By typing you agree to this:", "Asked by: kato", "odd: x"]


def test_a_document_is_told_whole() -> None:
    assert Sentences(about_document()).lines() == [
        "Document: 転出届.pdf",
        "Size: about 48.2 KB (48,211 bytes)",
        "Pages: 2",
        "Fingerprint (SHA-256): ",
        "0123 4567 89ab cdef 0123 4567 89ab cdef",
        "0123 4567 89ab cdef 0123 4567 89ab cdef",
        "Purpose: online_signature",
        "Case: R8-0042",
        "Card: My Number card",
        "Reader: Counter Reader 01",
        "Asked by the program: counter-app",
        "Key: signature certificate",
        "Has the person who signs looked at it, and do they agree to sign it?",
    ]


def test_a_last_try_is_a_question_of_its_own() -> None:
    lines = Sentences(prompting.question({**PIN, "question": "last_try"})).lines()
    assert lines[0].startswith("Signature PIN")
    assert lines[-1] == "Does the holder of the card agree to use the last try?"


def test_nothing_from_outside_steers_the_screen() -> None:
    """Control characters, line ends and characters that turn the reading order (Unicode Standard Annex #9) are shown as U+FFFD."""
    nasty = "a\x1b[2J\u202ecod.exe\nTries left: 9\u2028"
    asked = pin(
        reader=nasty, client=nasty, purpose=nasty, case=nasty, card_kind=nasty, which=nasty, about={nasty: nasty}
    )
    document = Document(nasty, 1, DIGEST, None)
    for shown in (Sentences(replace(asked, document=document)), Sentences(about_document(reader=nasty, key=nasty))):
        text = "\n".join(shown.lines())
        assert not any(char in text for char in "\x1b\u202e\u2028")
        assert "\nTries left: 9" not in text


def test_a_long_name_loses_its_middle_and_keeps_its_ending() -> None:
    document = Document("長" * 200 + ".pdf", 1, DIGEST, None)
    shown = Sentences(replace(about_document(), document=document), longest_name=60).lines()[0]
    assert shown.startswith("Document: 長長")
    assert "…" in shown
    assert shown.endswith(".pdf")
    assert len(shown) == len("Document: ") + 60


def test_words_of_a_later_daemon_are_shown_as_they_are() -> None:
    lines = Sentences(pin(which="iris", card_kind="ring", operation="dance")).lines()
    assert lines[0] == "iris"
    assert {"Card: ring", "For: dance"} <= set(lines)


@pytest.mark.parametrize("problem", ["alphabet", "length", "letter_and_digit"])
def test_a_wrong_shape_is_explained(problem: Any) -> None:
    said = Sentences(replace(pin(), problem=problem)).problem()
    assert said is not None
    assert "Type it again" in said
    assert Sentences(pin()).problem() is None


def test_no_name_and_no_digest_in_a_repr() -> None:
    asked = replace(pin(about={"name": "田中"}), document=Document("田中.pdf", 1, DIGEST, None))
    assert "田中" not in repr(asked)
    assert DIGEST not in repr(asked)
