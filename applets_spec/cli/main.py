"""The `cardd-vcard` command: its words for cards in readers, and the groups `readers`, `make`, `pad`, `ca`, `jpki`, `certificate`."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import click

from applets_spec.card import Card
from applets_spec.card_file import CardFileError
from applets_spec.cli.certificate import certificate
from applets_spec.cli.jpki import jpki
from applets_spec.cli.make import make
from applets_spec.cli.output import Failure, fail, folder_option, json_option, reader_option, request, show
from applets_spec.cli.readers import readers
from applets_spec.fault_script import PRESETS, FaultScriptError, load_script
from applets_spec.faults import FaultyCard
from applets_spec.testca.__main__ import main as write_ca
from applets_spec.trace import TracedCard
from applets_spec.vpcd import NoReader, VpcdSlot

_CARD = click.argument("card", type=click.Path(path_type=Path, exists=True, dir_okay=False))
_SCRIPT = click.option("--fault", "script", help=f"Fault script (a file), or a preset: {', '.join(PRESETS)}.")
_TRACE = click.option("--trace", type=click.Path(path_type=Path, dir_okay=False), help="Write APDUs to this file.")
_SHOW_PINS = click.option("--show-pins", is_flag=True, help="PINS IN CLEAR in the trace. Virtual cards only.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Virtual Japanese resident cards, operator badges and PC/SC readers, for the tests of counter applications.

    \b
    eval "$(cardd-vcard readers start --background --pad 1)"
    cardd-vcard make my-number resident.json
    cardd-vcard make badge badge.json
    cardd-vcard insert badge.json --reader 0
    cardd-vcard insert resident.json --reader 1 --fault contactless --trace apdus.txt
    cardd-vcard pad type 1234 --reader 1
    cardd-vcard pull --reader 0
    cardd-vcard readers stop

    Exit codes: 0 done, 1 refused or impossible, 2 wrong use, 3 no virtual readers run.
    """


@cli.command()
@_CARD
@reader_option
@click.option(
    "--vpcd", "port", type=click.IntRange(1, 65535), help="A vpcd reader of a real pcscd instead; stays until Ctrl-C."
)
@_SCRIPT
@_TRACE
@_SHOW_PINS
@folder_option
@json_option
def insert(
    card: Path,
    reader: int,
    port: int | None,
    script: str | None,
    trace: Path | None,
    show_pins: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Put the card of file CARD into a reader."""
    if port is not None:
        _hold_in_vpcd(card, port, script, trace, show_pins)
        return
    fields: dict[str, object] = {"reader": reader, "card": str(card.absolute())}
    if script is not None:
        fields["script"] = _script_word(script)
    if trace is not None:
        fields |= {"trace": str(trace.absolute()), "show_pins": show_pins}
    request(folder, "insert", **fields)
    show(f"{card} is in reader {reader}", {"card": str(card), "reader": reader}, as_json)


@cli.command()
@reader_option
@folder_option
@json_option
def pull(reader: int, folder: Path, as_json: bool) -> None:
    """Take the card out of a reader, in the middle of a command too."""
    request(folder, "pull", reader=reader)
    show(f"reader {reader} is empty", {"reader": reader, "card": None}, as_json)


@cli.command("list")
@folder_option
@json_option
def list_readers(folder: Path, as_json: bool) -> None:
    """Show the readers, their cards, and pads that wait for somebody to type."""
    facts = request(folder, "list")
    lines = [] if facts["running"] else ["the daemon is dead (cardd-vcard readers restart)"]
    for row in facts["readers"]:
        pad = "" if row["pad"] is None else f"  [PIN pad {row['pad']}]"
        lines.append(f"{row['reader']}  {row['name']}{pad}  {row['card'] or '-'}")
    show("\n".join(lines), facts, as_json)


@cli.command()
@click.argument("script", required=False)
@reader_option
@folder_option
@json_option
def fault(script: str | None, reader: int, folder: Path, as_json: bool) -> None:
    """Let the card in a reader misbehave by SCRIPT (a file or a preset); without SCRIPT: behave again.

    \b
    faults:
      - {at: 3, do: drop}              # third command: the card is gone
      - {match: "0020", do: silence}   # VERIFY is never answered
      - {do: delay, ms: 8, ms_per_byte: 0.1}

    `do`: drop, drop_mid_command, delay, garbage, empty, one_byte, answer (sw, data), silence, more_for_ever,
    wrong_le_for_ever, exchange (card, noticed).
    """
    fields: dict[str, object] = {"reader": reader}
    if script is not None:
        fields["script"] = _script_word(script)
    request(folder, "fault", **fields)
    word = "behaves" if script is None else f"follows {script}"
    show(f"the card in reader {reader} {word}", {"reader": reader, "script": script}, as_json)


@cli.command()
@click.argument("out", required=False, type=click.Path(path_type=Path, dir_okay=False))
@_SHOW_PINS
@reader_option
@folder_option
@json_option
def trace(out: Path | None, show_pins: bool, reader: int, folder: Path, as_json: bool) -> None:
    """Write what passes between a reader and its virtual card to OUT; without OUT: stop. PINs are masked."""
    fields: dict[str, object] = {"reader": reader}
    if out is not None:
        fields |= {"trace": str(out.absolute()), "show_pins": show_pins}
    request(folder, "trace", **fields)
    word = "stopped" if out is None else f"goes to {out}"
    show(
        f"the trace of reader {reader} {word}", {"reader": reader, "trace": None if out is None else str(out)}, as_json
    )


@cli.group()
def pad() -> None:
    """Be the person at a reader's PIN pad."""


@pad.command("type")
@click.argument("digits")
@reader_option
@folder_option
@json_option
def type_digits(digits: str, reader: int, folder: Path, as_json: bool) -> None:
    """Type DIGITS and OK, now or as soon as the reader asks. "-" reads them from standard input."""
    typed = sys.stdin.readline().strip() if digits == "-" else digits
    request(folder, "pad.type", reader=reader, digits=typed)
    show(f"typed on reader {reader}", {"reader": reader, "typed": len(typed)}, as_json)


@pad.command()
@reader_option
@folder_option
@json_option
def cancel(reader: int, folder: Path, as_json: bool) -> None:
    """Press the cancel key."""
    request(folder, "pad.cancel", reader=reader)
    show(f"cancelled on reader {reader}", {"reader": reader, "cancelled": True}, as_json)


@pad.command("walk-away")
@reader_option
@folder_option
@json_option
def walk_away(reader: int, folder: Path, as_json: bool) -> None:
    """Type nothing: the pad's time-out, without the wait."""
    request(folder, "pad.walk_away", reader=reader)
    show(f"nobody types on reader {reader}", {"reader": reader, "timed_out": True}, as_json)


@cli.group()
def ca() -> None:
    """The test CA that issued the cards' certificates."""


ca.add_command(write_ca, "write")
cli.add_command(readers)
cli.add_command(make)
cli.add_command(jpki)
cli.add_command(certificate)


def _script_word(script: str) -> str:
    """A preset's name, or the absolute path of a script that has been read once, so that its mistakes show here."""
    if script in PRESETS:
        return script
    try:
        load_script(Path(script))
    except FaultScriptError as error:
        raise Failure(str(error)) from error
    return str(Path(script).absolute())


def _hold_in_vpcd(path: Path, port: int, script: str | None, trace_path: Path | None, show_pins: bool) -> None:
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    try:
        with ExitStack() as stack:
            traced = TracedCard(Card.load(path))
            if trace_path is not None:
                traced.write_to(stack.enter_context(trace_path.open("a", encoding="utf-8")), show_pins=show_pins)
            faults = () if script is None else PRESETS.get(script) or load_script(Path(script))
            slot = stack.enter_context(VpcdSlot(port))
            slot.insert(FaultyCard(traced, faults))
            click.echo(f"{path} is in the reader at port {port}; Ctrl-C pulls it")
            done.wait()
    except (CardFileError, FaultScriptError, NoReader, OSError) as error:
        fail(str(error))
