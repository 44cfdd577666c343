"""`cardctl audit export-head`: the record's head as a QR code at closing time, for offices whose machines reach no witness."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from cardd.cli.context import Run, pass_run
from cardd.cli.moments import day_and_time
from cardd.cli.qr import QrCode


@click.command(name="export-head")
@click.option("--badge", metavar="HANDLE", help="Your badge, where more than one is there.")
@click.option(
    "--png", type=click.Path(path_type=Path, dir_okay=False), help="Write the code into this file, to be printed."
)
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="The same, as a drawing.")
@click.option("--text", type=click.Path(path_type=Path, dir_okay=False), help="Write the head itself into this file.")
@pass_run
def export_head(run: Run, badge: str | None, png: Path | None, svg: Path | None, text: Path | None) -> None:
    """Take the newest head of the record out of this machine: a QR code, to be printed or photographed at closing time.

    Whoever keeps it can prove later that nothing before it was changed or removed. Log out first: then it covers the whole
    day. Needs the right for it (supervisor, administrator) and badge and PIN, but no login.

    \b
    At closing time:
      cardctl logout
      cardctl audit export-head                    shown here: photograph it
      cardctl audit export-head --png head.png     to be printed and filed
    """
    for path in (png, svg, text):
        if path is not None and not os.access(path.absolute().parent, os.W_OK | os.X_OK):
            raise click.UsageError(f"{path}: cannot be written there")  # before anybody types a PIN for it
    result = run.call("audit.export_head", asks=True, badge=badge)
    code = QrCode(result["head"])
    try:
        _write(code, result["head"], png, svg, text)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    written = [str(path) for path in (png, svg, text) if path is not None]
    run.tell(result, lambda: _human(run, result, code, written))


def _write(code: QrCode, head: str, png: Path | None, svg: Path | None, text: Path | None) -> None:
    if png is not None:
        png.write_bytes(code.png())
    if svg is not None:
        svg.write_bytes(code.svg())
    if text is not None:
        text.write_bytes(head.encode("utf-8"))


def _human(run: Run, result: dict[str, Any], code: QrCode, written: list[str]) -> None:
    say, root = run.speech, result["head"].split("\n")[2]
    if written:
        click.echo(say("head_written", files=", ".join(written)))
    elif not sys.stdout.isatty():
        click.echo("\n".join(code.lines(colours=False)))
    elif shutil.get_terminal_size().columns < code.columns:
        click.echo(say("head_too_wide", columns=code.columns))
    else:
        click.echo("\n".join(code.lines(colours=True)))
    click.echo(say("head_covers", n=result["size"], time=day_and_time(result["signed_at"])))
    click.echo(say("head_root", root=root))
    click.echo(say("head_keep"))
