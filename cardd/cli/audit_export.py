"""`cardctl audit export`: records as a file with its own signed head, for whoever inspects the office."""

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import click

from cardd.cli.audit_filters import filtered
from cardd.cli.context import Run, pass_run
from cardd.cli.failing import local_error
from cardd.cli.output import check_target, write_private
from cardd.client import Client

REASONS = ("audit", "inspection", "investigation", "court", "archive")


@click.command()
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file; FILE.head is its head."
)
@click.option(
    "--form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True, help="JSON Lines or CSV."
)
@click.option("--reason", required=True, type=click.Choice(REASONS), help="Why records leave; it is on record.")
@click.option("--approval", metavar="ID", help="What a second person has approved (a-…).")
@filtered
@pass_run
def export(run: Run, out: Path, form: str, reason: str, approval: str | None, filters: Mapping[str, str]) -> None:
    """Write the records that fit to a file. Needs a second person, who sees exactly which.

    \b
      cardctl audit export --reason inspection --out october.jsonl \\
          --since 2026-10-01 --until 2026-11-01
      cardctl audit export … --approval a-0123456789abcdef
      cardd-verify --export october.jsonl       finds each change, anywhere
    """
    beside = out.with_name(out.name + ".head")
    check_target(run, out)
    check_target(run, beside)
    with run.open() as client:
        result = run.ask(client, "audit.export", form=form, reason=reason, approval=approval, **filters)
        _fetch(run, client, result["export"], result["digest"], out)
    write_private(run, beside, result["note"].encode())

    def human() -> None:
        click.echo(run.speech("audit_exported", path=out, lines=result["lines"], size=result["size"]))

    run.tell(result, human)


def _fetch(run: Run, client: Client, export_id: str, digest: str, out: Path) -> None:
    """The file part by part; it gets its name only when it is whole. Raises `Ended`."""
    unfinished = out.with_name(f".{out.name}.part")
    seen = hashlib.sha256()
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            offset, last = 0, False
            while not last:
                part = run.ask(client, "audit.export_part", export=export_id, offset=offset)
                octets, last = base64.b64decode(part["octets"]), part["last"]
                seen.update(octets)
                offset += file.write(octets)
        if seen.hexdigest() != digest:
            raise local_error(run.speech, "export_broken")
        unfinished.replace(out)
    except OSError:
        raise local_error(run.speech, "not_written", path=out) from None
    finally:
        unfinished.unlink(missing_ok=True)
