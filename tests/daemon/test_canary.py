"""Nothing that a person typed or a card told comes out anywhere but in the answer it was asked for (P7, Must show 6)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.office import Office
from tests.daemon.canaries import Seen, comes_out, hits, of_text, published
from tests.daemon.canary_day import Shift
from tests.daemon.canary_documents import trust_residents
from tests.daemon.canary_scene import HOLDER, Day, hire
from tests.daemon.tools import Stage, staged
from tests.fixtures.counter import ROOMY

PATIENT_CARDS = ROOMY + "command_seconds = 1\n"


@pytest.mark.proves("P7", "T11", "fault 70")
@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_no_canary_comes_out(form: str) -> None:
    assert comes_out(a_day(form), lambda: a_day(form)) == []


def prepare(office: Office) -> None:
    hire(office)
    trust_residents(office)


def a_day(form: str) -> Seen:
    """The whole of it, with the daemon's log in this form."""
    with staged(config=f'log_level = "debug"\nlog_format = "{form}"\n{PATIENT_CARDS}', prepare=prepare) as stage:
        day = Day(stage.office)
        Shift(stage, day).everything()
        assert stage.stop() == 0
        day.keep("log", stage.log)
        day.keep("record, decoded", "\n".join(map(repr, stage.records())))
        for path in kept_files(stage):
            day.keep(f"file {path.name}", path.read_bytes())
        assert "incident" not in stage.log, stage.log
        # Its environment is shown to root alone: where we are not root, that it cannot be read is as good.
        readable = {"daemon while a PIN is asked environ"} if os.geteuid() == 0 else set()
        assert {"events", "progress", "prompts", "cardctl stderr", "words about a certificate"} | readable <= set(
            day.seen
        )
        return Seen(list(day.needles()), day.seen, published(stage.records()))


def kept_files(stage: Stage) -> Iterator[Path]:
    """Files that the daemon wrote; the reserve holds nothing but zeros. The office's own files lie there as the office wrote them."""
    for folder in (stage.office.audit, stage.folder / "state"):
        for path in folder.rglob("*"):
            given = stage.folder / path.name
            if path.parent == stage.folder / "state" / "office" and given.exists():
                assert path.read_bytes() == given.read_bytes()
            elif path.is_file() and path.name != "reserve":
                yield path


@pytest.mark.parametrize(
    "spelling",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode().hex().upper().encode(),
        lambda text: text.encode().hex(" ").encode(),
        lambda text: __import__("base64").b64encode(b'{"x":"' + text.encode() + b'"}'),
        lambda text: __import__("base64").urlsafe_b64encode(b"?" + text.encode() + b"???"),
        lambda text: text.encode()[::-1] if text.isascii() and len(text) > 4 else text.encode("shift_jis"),
    ],
    ids=["utf-8", "utf-16-le", "utf-16-be", "hex", "HEX", "spaced hex", "base64", "base64url", "reversed or sjis"],
)
@pytest.mark.parametrize("secret", [HOLDER.pins.signature, HOLDER.pins.card_info, HOLDER.my_number, "金糸雀町"])
def test_the_search_finds_a_planted_canary(secret: str, spelling: object) -> None:
    assert callable(spelling)
    hay = b"level=info event=x value=" + spelling(secret) + b" and=more\n"
    assert hits(of_text("planted", secret), {"log": hay}) != []
    assert hits(of_text("planted", "0000" + secret), {"log": hay}) == []


@pytest.mark.parametrize("around", [b" %s ", b"=%s\n", b"'%s'", b'"%s"', b"/%s/", b"_%s_", b"\0%s\xff", b"(%s)", b"%s"])
def test_a_short_pin_is_found_as_a_word_of_its_own(around: bytes) -> None:
    """And comes out of any two days; what chance writes into a hash is no word, or is not there on the second day."""
    pin = HOLDER.pins.card_info.encode()
    needles = list(of_text("planted", pin.decode()))
    leaky = Seen(needles, {"log": b"x" * 9 + around % pin + b"x" * 9 if around != b"%s" else pin})
    assert comes_out(leaky, lambda: leaky) != []
    assert comes_out(leaky, lambda: Seen(needles, {"log": b"nothing"})) == []
    for chance in (b"5e%s5e", b"Zk%sqT+", b"/tmp/stage-k3%sx8/"):
        assert hits(needles, {"log": chance % pin}) == []


def test_a_secret_that_chance_cannot_write_counts_on_the_first_day() -> None:
    needles = list(of_text("planted", HOLDER.pins.signature))
    leaky = Seen(needles, {"log": HOLDER.pins.signature.encode()})
    assert comes_out(leaky, lambda: Seen(needles, {})) != []
