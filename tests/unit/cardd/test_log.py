"""The program's log lets harmless words and numbers through, and nothing else."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from cardd.log import clean_text, get_logger, harmless, set_up, where
from cardd.model import PinKind
from cardd.pin import Pin

SECRETS = {
    "my number": "123456789012",
    "my number in groups": "1234 5678 9012",
    "my number with dashes": "1234-5678-9012",
    "full-width my number": "１２３４５６７８９０１２",
    "verification B": "80021730123456",
    "name": "見本　花子",
    "address": "東京都千代田区霞が関一丁目",
    "apdu": "00200080083132333435360000",
    "apdu in pairs": "00 20 00 80 08 31 32 33 34 35",
    "certificate": "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQ",
}


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    sink = io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    set_up("json", "info", sink)
    yield lambda: [json.loads(line) for line in sink.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.mark.proves("P7", "fault 70")
@pytest.mark.parametrize("secret", SECRETS)
def test_no_personal_text_passes_in_value_event_or_key(secret: str, lines: Callable[[], list[dict[str, Any]]]) -> None:
    text = SECRETS[secret]
    get_logger().info(f"read {text}", value=f"got {text}.", other=[text], **{text: 1})
    (line,) = lines()
    said = json.dumps(line, ensure_ascii=False)
    assert text not in said
    assert text.replace(" ", "") not in said.replace(" ", "")


@pytest.mark.proves("P6", "P7")
@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Pin(bytearray(b"1234")), "<Pin>"),
        (b"1234", "<bytes>"),
        (bytearray(b"1234"), "<bytearray>"),
        (memoryview(b"1234"), "<memoryview>"),
        ({"pin": "1234"}, "<dict>"),
        (ValueError("1234"), "ValueError"),
        (object(), "<object>"),
        (123_456_789_012, "***"),
        (0x9000, 0x9000),
        (PinKind.SIGNATURE, "signature"),
        (None, None),
        (True, True),
        (Path("/var/lib/cardd/state.db"), "/var/lib/cardd/state.db"),
        ((1, "a", b"x"), "1 a <bytes>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_harmless_type_is_told_by_its_type_only(value: object, told: object) -> None:
    assert harmless("field", value) == told


def test_a_model_never_shows_its_input() -> None:
    class Entered(BaseModel):
        pin: str

    assert harmless("params", Entered(pin="1234")) == "<Entered>"


@pytest.mark.proves("fault 37")
@given(st.text())
def test_a_line_stays_one_line_of_printable_ascii(text: str) -> None:
    cleaned = clean_text(text)
    assert all(" " <= each <= "~" for each in cleaned)
    assert len(cleaned) <= 303


@given(
    st.from_regex(r"[0-9]{4}[ \-]?[0-9]{4}[ \-]?[0-9]{4}", fullmatch=True),
    st.text(st.sampled_from("ab ,:"), max_size=5),
)
def test_twelve_digits_never_pass(number: str, around: str) -> None:
    digits = number.replace(" ", "").replace("-", "")
    cleaned = clean_text(f"{around}{number}{around}")
    assert digits not in cleaned.replace(" ", "").replace("-", "")


def test_identifiers_of_our_own_are_kept_when_they_have_the_form_of_one() -> None:
    assert harmless("log_id", "9630168912db44f131f0714ddbc0f30b") == "9630168912db44f131f0714ddbc0f30b"
    assert harmless("log_id", "1234 5678 9012") == "***"
    assert harmless("reader", "9630168912db44f131f0714ddbc0f30b") == "***"


@pytest.mark.proves("P7")
def test_an_exception_is_told_by_types_and_places_only(lines: Callable[[], list[dict[str, Any]]]) -> None:
    def fails(pin: str) -> None:
        try:
            int(pin)
        except ValueError as error:
            raise RuntimeError(f"bad {pin}") from error

    try:
        fails("12x4")
    except RuntimeError as error:
        get_logger().exception("request_failed")
        places = where(error)
    (line,) = lines()
    assert (line["error"], line["at"]) == ("RuntimeError", places)
    assert "ValueError[test_log.py:" in places
    assert "12x4" not in json.dumps(line)


def test_libraries_are_heard_without_their_arguments(lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("some.library").warning("cannot use %s", "secret")
    logging.getLogger("some.library").info("chatter")
    line = lines()[0]
    assert len(lines()) == 1
    assert (line["library"], line["event"], line["level"]) == ("some.library", "cannot use %s", "warning")


@pytest.mark.proves("P7")
async def test_what_asyncio_says_of_a_lost_exception_holds_no_value(lines: Callable[[], list[dict[str, Any]]]) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": ValueError("12x4"), "what": "12x4"}
    )
    (line,) = lines()
    assert (line["event"], line["error"]) == ("Task exception was never retrieved", "ValueError")
    assert "12x4" not in json.dumps(line)


def test_logfmt_keeps_a_hostile_reader_name_on_one_line() -> None:
    sink = io.StringIO()
    handlers = logging.root.handlers[:]
    set_up("logfmt", "info", sink)
    get_logger().info("inserted", reader='A" level=error\n\x1b[31m')
    get_logger().debug("not shown")
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    assert sink.getvalue() == 'level=info event=inserted reader="A\\" level=error??[31m"\n'
