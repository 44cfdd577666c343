"""What a second person reads, and what is to be typed next."""

import shlex

import pytest

from cardd.cli import content
from cardd.cli.failing import repeated_with, sentences
from cardd.cli.pin_entry import PinSource
from cardd.cli.screen import columns
from cardd.cli.texts import Speech

NUMBER = "a-0123456789abcdef"
ASKED = {
    "operation": "sign",
    "purpose": "online_signature",
    "case": "R8-1\u202e",
    "key": "signature",
    "card_kind": "my_number",
    "digests": "ab" * 32,
    "moon": "full",
    "requester": "sato",
}


@pytest.mark.parametrize(
    ("given", "repeated"),
    [
        (["read", "name", "--case", "R8 1"], ["read", "name", "--case", "R8 1", "--approval", NUMBER]),
        (["read", "--approval", "a-old", "name"], ["read", "name", "--approval", NUMBER]),
        (["read", "--approval=a-old", "name"], ["read", "name", "--approval", NUMBER]),
        (["--seat", "left", "sign", "--", "-file"], ["--seat", "left", "sign", "--approval", NUMBER, "--", "-file"]),
    ],
)
def test_the_command_to_repeat_is_the_same_with_this_approval(given: list[str], repeated: list[str]) -> None:
    assert shlex.split(repeated_with(given, NUMBER)) == ["cardctl", *repeated]


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_who_must_do_what_next_stands_under_the_error(locale: str) -> None:
    error = {"name": "approval.required", "message": "M", "approval": NUMBER}
    told = list(sentences(error, Speech("ja" if locale == "ja" else "en"), ["read", "name"]))
    assert told[2].strip() == f"cardctl approvals give {NUMBER}"
    assert told[4].strip() == f"cardctl read name --approval {NUMBER}"
    assert list(sentences({**error, "name": "approval.invalid"}, Speech("en"), ["read"])) == ["M (approval.invalid)"]


@pytest.mark.proves("S9")
def test_the_whole_content_is_shown_in_words_and_in_columns() -> None:
    shown = content.lines(Speech("ja"), ASKED, {"online_signature": "オンライン申請の署名"})
    labels = [line.split("  ")[0] for line in shown]
    assert labels[:3] == ["操作", "依頼した職員", "利用目的"]
    assert len(shown) == len(ASKED), "nothing of it is left out"
    told = "\n".join(shown)
    for text in (
        "署名用電子証明書",
        "マイナンバーカード",
        "オンライン申請の署名 (online_signature)",
        "ab" * 32,
        "moon",
    ):
        assert text in told
    assert "\u202e" not in told, "nothing steers the terminal"
    values = [columns(line[: line.rindex("  ") + 2]) for line in shown]
    assert len(set(values)) == 1, "each value begins at one place"


@pytest.mark.proves("S9")
@pytest.mark.parametrize("looked_at", [True, False])
def test_the_question_for_the_pin_shows_what_is_agreed_to_unless_exactly_that_was_just_shown(
    looked_at: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    request = {"about": ASKED, "operation": "approve", "step": "enter", "which": "badge", "tries_left": 3}
    shown = ASKED if looked_at else {**ASKED, "case": "R8-2"}
    PinSource(Speech("en"), None, shown)._explain(request)
    said = capsys.readouterr().err
    assert ("By typing your PIN you agree to this:" in said) is not looked_at
    assert ("online_signature" in said) is not looked_at
    assert said.endswith("Badge PIN (6 to 8 digits) [tries left: 3]: ")
