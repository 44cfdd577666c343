"""`cardctl audit cut` and `cardctl audit report`: what is kept, and what is shown of it each month."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from cardd.cli.context import Run, pass_run
from cardd.cli.moments import day

LOG = Path("/var/log/cardd/audit")
POLICIES = (Path("/var/lib/cardd/office/policy.toml"), Path("/etc/cardd/policy.toml"))
"""Where the policy in force may be read, by whoever may."""
SETTINGS = Path("/etc/cardd/cardd.toml")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--before", required=True, metavar="YYYY-MM-DD", help="Records older than this day (in Japan) go.")
@click.option("--dry-run", is_flag=True, help="Show what would go; nothing does.")
@click.option("--approval", metavar="ID", help="What a second person has approved (a-…).")
@pass_run
def cut(run: Run, before: str, dry_run: bool, approval: str | None) -> None:
    """Cut off records that have been kept for their years (7 at least). Needs a second person.

    \b
    Whole files go, the oldest first; counts, heads and a record of the cut stay:
      cardctl audit cut --before 2019-11-22 --dry-run
      cardctl audit cut --before 2019-11-22
      cardctl audit cut --before 2019-11-22 --approval a-0123456789abcdef
    """
    try:
        date.fromisoformat(before)
    except ValueError:
        raise click.BadParameter(run.speech("no_such_day"), param_hint="--before") from None
    result = run.call("audit.cut", before=before, preview=dry_run or None, approval=approval)
    run.tell(result, lambda: _tell_cut(run, result))


def _tell_cut(run: Run, result: Mapping[str, Any]) -> None:
    told = {
        "first": result["first_sequence"],
        "last": result["last_sequence"],
        "count": result["records"],
        "first_at": day(result["first_at"]),
        "last_at": day(result["last_at"]),
        "segments": result["segments"],
        "size": result["size"],
    }
    if not result["cut"]:
        click.echo(run.speech("cut_would", **told))
        click.echo(run.speech("cut_nothing_gone"))
        return
    click.echo(run.speech("cut_done", **told))
    click.echo(run.speech("cut_left", sequence=result["receipt"]["sequence"]))


@click.command()
@click.option("--month", metavar="YYYY-MM", help="Which month, in Japan; left out: the one before this.")
@click.option("--office", help="Name of the office on the first page; left out: as the policy has it.")
@click.option(
    "--log", type=click.Path(path_type=Path), default=LOG, show_default=True, help="The log directory, or a copy of it."
)
@click.option("--policy", type=_FILE, help="For the names of roles and purposes; left out: the one in force.")
@click.option(
    "--settings", type=_FILE, help="For the opening hours; left out: /etc/cardd/cardd.toml, where it can be read."
)
@click.option("--key", metavar="VKEY", help="The log's first public key, as the office keeps it outside the machine.")
@click.option("--no-verify", is_flag=True, help="Leave the verifier out; the report says so.")
@click.option("--without-previous", is_flag=True, help="A copy of one log, without the closed logs before it.")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@pass_run
def report(
    run: Run,
    month: str | None,
    office: str | None,
    log: Path,
    policy: Path | None,
    settings: Path | None,
    key: str | None,
    no_verify: bool,
    without_previous: bool,
    out: Path,
) -> None:
    """Write the monthly report to OUT: one HTML file, to be looked at in a browser and printed.

    Needs no daemon and no badge, but the right to read the log directory (root, or the auditor's own copy):

    \b
      cardctl audit report --month 2026-11 report-2026-11.html

    Exit status: 0 made; 1 made, and the verifier found damage or could not check; 2 not made.
    """
    given = {
        "--log": log,
        "--month": month,
        "--office": office,
        "--policy": policy or next((each for each in POLICIES if _readable(each)), None),
        "--settings": settings or (SETTINGS if _readable(SETTINGS) else None),
        "--key": key,
        "--out": out,
    }
    options = [part for name, value in given.items() if value is not None for part in (name, str(value))]
    chosen = {"--no-verify": no_verify, "--without-previous": without_previous, "--json": run.as_json}
    flags = [name for name, on in chosen.items() if on]
    ended = subprocess.run(  # noqa: S603 - this interpreter, this package
        [sys.executable, "-P", "-m", "cardd.report", "--locale", run.speech.locale, *options, *flags], check=False
    )
    raise SystemExit(ended.returncode)


def _readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False
