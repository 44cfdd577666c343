"""`cardctl office`: files of the office (policy, register, block list) are signed by two people and put in force."""

import base64
import copy
import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cardd.cli import office_files, p7s
from cardd.cli.card import Use, card_call
from cardd.cli.context import Run, pass_run
from cardd.cli.failing import Ended, local_error, table_error
from cardd.cli.office_files import OfficeFile
from cardd.cli.picking import BADGE
from cardd.cli.policy import policy

IN_FORCE = (Path("/var/lib/cardd/office"), Path("/etc/cardd"))
"""Where the file in force may be read, by whoever may."""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def office() -> None:
    """Files of the office: policy, register of operators, block list.

    \b
    Each needs the signatures of two administrators, made with their badges:
      cardctl login; cardctl office sign policy.toml; cardctl logout  the first
      cardctl login; cardctl office sign policy.toml; cardctl logout  the second
      cardctl office install policy.toml                              as root

    What is in force stays in force until a new file is found good.
    """


@office.command()
@click.option("--purpose", default="office_files", show_default=True, help="Purpose code from the office's policy.")
@click.option("--case", help="Reception number; left out: kind and version of the file.")
@click.option("--card", metavar="HANDLE", help="Which badge; may be left out while only one is there.")
@click.option("--against", type=_FILE, help="Show the difference to this file; left out: the one in force.")
@click.option("--anew", is_flag=True, help="Throw away the signatures that are there, and begin with yours.")
@click.argument("file", type=_FILE)
@pass_run
def sign(
    run: Run, purpose: str, case: str | None, card: str | None, against: Path | None, anew: bool, file: Path
) -> None:
    """Sign FILE with the signature key of your badge; the second signature is added to FILE.p7s.

    Shows first what is signed. Anybody can check the result:

    \b
      openssl cms -verify -binary -inform DER -in FILE.p7s \\
          -content FILE -CAfile ca.pem -purpose any
    """
    found = _read(run, file)
    there = found.signatures.read_bytes() if found.signatures.exists() and not anew else None
    if there is not None:
        _fit(run, lambda: p7s.check_open(there, found.content))
    _show(run, found, against)
    result = card_call(
        run,
        "sign.digest",
        Use(card, purpose, case or f"{found.kind}-{found.version}", approval=None),
        BADGE,
        key="signature",
        hash="sha256",
        digests_base64=[base64.b64encode(hashlib.sha256(found.content).digest()).decode()],
        signature_format="cades_b",
    )
    made = base64.b64decode(result["signatures_base64"][0])
    signatures = made if there is None else _fit(run, lambda: p7s.join(there, made, found.content))
    if file.read_bytes() != found.content:
        raise local_error(run.speech, "changed_meanwhile")
    _write(run, found.signatures, signatures)
    signers = p7s.signers(signatures)
    told = {"kind": found.kind, "version": found.version, "hash": found.hash, "signers": signers}

    def human() -> None:
        key = "office.complete" if signers == p7s.MOST_SIGNERS else "office.one_more"
        click.echo(run.speech(key, path=file))

    run.tell({**told, "path": str(found.signatures), "receipt": result["receipt"]}, human)


@office.command()
@click.option(
    "--incoming",
    type=click.Path(path_type=Path, file_okay=False),
    default=office_files.INCOMING,
    show_default=True,
    help="The folder in which the daemon looks.",
)
@click.argument("file", type=_FILE)
@pass_run
def install(run: Run, incoming: Path, file: Path) -> None:
    """Hand FILE and FILE.p7s to the daemon, and tell what became of them.

    Whoever may write the folder may do this, usually root; that the file is good is shown by its signatures. With
    somebody logged in who may reload files the daemon is asked at once, else it looks by itself within seconds.
    """
    found = _read(run, file)
    try:
        target = office_files.put(found, incoming)
    except OSError:
        raise local_error(run.speech, "no_folder", path=incoming) from None
    try:
        result = run.call("office.reload")
    except Ended:  # nobody is logged in who may, or no daemon runs: what happens shows in the folder
        _watched(run, found, target)
        return
    _tell_rows(run, result, found.kind)


@office.command("reload")
@pass_run
def reload_(run: Run) -> None:
    """Have the daemon look for new files now, also at those that its settings name."""
    _tell_rows(run, run.call("office.reload"), None)


def _read(run: Run, file: Path) -> OfficeFile:
    try:
        return office_files.read(file)
    except (OSError, ValueError) as error:
        # The words of tomllib, which name line and column of the person's own file.
        told = f"{file}: {error}"
        if not run.as_json:
            click.echo(told, err=True)
        raise _refused(run, "broken", told) from None


def _fit(run: Run, work: Any) -> Any:
    try:
        return work()
    except p7s.Unfit as error:
        raise local_error(run.speech, f"p7s_{error.problem}") from None


def _refused(run: Run, problem: str | None, *details: str) -> Ended:
    ended = table_error(run.speech, "office.refused")
    return Ended({**ended.error, "problem": problem, "details": list(details)}, run.speech)


def _write(run: Run, path: Path, octets: bytes) -> None:
    try:
        office_files.write_beside(path, octets)
    except OSError:
        raise local_error(run.speech, "not_written", path=path) from None


# --- showing ---------------------------------------------------------------------------------------------------------


def _show(run: Run, found: OfficeFile, against: Path | None) -> None:
    """What the person is about to sign: which file, and what it changes."""
    if run.as_json:
        return
    kind = run.speech(f"file.{found.kind}")
    click.echo(run.speech("office.file", kind=kind, version=found.version, hash=found.hash))
    other = against or _in_force(found)
    if other is None:
        click.echo(run.speech("office.no_other"))
        return
    click.echo(run.speech("office.differs", path=other))
    if found.kind != "policy" or not _policy_difference(run, other, found.path):
        _lines_that_differ(other, found)


def _in_force(found: OfficeFile) -> Path | None:
    for folder in IN_FORCE:
        path = folder / f"{found.kind}.toml"
        try:
            with path.open("rb"):
                return path
        except OSError:
            continue
    return None


def _policy_difference(run: Run, old: Path, new: Path) -> bool:
    """What the new policy decides otherwise, told by `python -m cardd.policy`; whether it could."""
    command = [sys.executable, "-P", "-m", "cardd.policy", "diff", "--locale", run.speech.locale, str(old), str(new)]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603  # this interpreter, this package
    if ended.returncode == 0:
        click.echo(ended.stdout, nl=False)
    return ended.returncode == 0


def _lines_that_differ(old: Path, found: OfficeFile) -> None:
    import difflib  # noqa: PLC0415  # here, so that cardctl starts without it

    before = old.read_text(encoding="utf-8", errors="replace").splitlines()
    after = found.content.decode("utf-8").splitlines()
    for line in difflib.unified_diff(before, after, str(old), str(found.path), lineterm="", n=1):
        click.echo(line)


def _tell_rows(run: Run, result: Mapping[str, Any], kind: str | None) -> None:
    rows: Sequence[Mapping[str, Any]] = result["files"]
    refused = next((row for row in rows if row["outcome"] == "refused" and kind in (None, row["kind"])), None)
    if run.as_json and refused is None:
        run.tell(result, lambda: None)
        return
    for row in rows if not run.as_json else ():
        _tell_row(run, row)
    if not rows and not run.as_json:
        click.echo(run.speech("office.nothing"))
    if refused is not None:
        raise _refused(run, refused["problem"], *refused["details"])


def _tell_row(run: Run, row: Mapping[str, Any]) -> None:
    why = run.speech.why("office.refused", row["problem"]) if row["problem"] else ""
    kind = run.speech(f"file.{row['kind']}")
    click.echo(run.speech(f"outcome.{row['outcome']}", kind=kind, version=row["version"], why=why))
    for detail in row["details"]:
        click.echo(f"  {detail}")


def _watched(run: Run, found: OfficeFile, target: Path) -> None:
    outcome, why = office_files.watch(target)
    if outcome == "refused":
        if not run.as_json:
            click.echo(why, nl=False, err=True)
        raise _refused(run, None, why)
    told = {"kind": found.kind, "version": found.version, "outcome": outcome}
    run.tell(told, lambda: click.echo(run.speech(f"outcome.{outcome}", path=target)))


def _again(command: click.Command) -> click.Command:
    """The same command for another group; each group adds options of its own."""
    twin = copy.copy(command)
    twin.params = list(command.params)
    return twin


# A policy is what most people sign: the words are there as well.
for _command in (sign, install):
    policy.add_command(_again(_command))
