"""The entry point of the daemon: read the configuration, harden the process, run."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

from cardd import config, log
from cardd.app import start_checks
from cardd.app.daemon import Daemon, Office
from cardd.app.last_resort import keep_texts_out
from cardd.audit.chain import Damaged
from cardd.audit.heads import FAR_AHEAD
from cardd.audit.pseudonym import read_key
from cardd.errors import CarddError
from cardd.office import at_start
from cardd.office.beginning import StartRefused
from cardd.process.memory import forbid_dumps, give_back_large_blocks, lock_memory
from cardd.state.store import StateBroken
from cardd.tomlfile import BrokenFile

EXIT_CONFIG = 78
"""EX_CONFIG of sysexits.h: a human must change a file; systemd does not start us again for it."""
STATE_REMEDY = "restore it from the backup; without it an emergency stop, locks and blocked badges would be forgotten"
STATE_REMEDIES = {
    "locked": "another cardd runs on these directories: systemctl status cardd",
    "not_writable": "look at the disk and at the rights of the folder",
    "lost": f"{STATE_REMEDY}. Where there is no backup, the record must begin anew as well: move its directory away and keep it",
}
DAMAGED_REMEDY = (
    "cardd-verify DIRECTORY; keep a copy as it is, look for the cause, then: cardctl record close (two administrators)"
)
_TAKEN_AWAY = "the record, its heads and its key do not belong together: something was removed, exchanged, or put back from an older copy"
RECORD_REMEDIES = {
    "log_missing": "there is a key and no record: look whether its disk is mounted. Where the record is lost: cardctl restore",
    "log_key_missing": f"{_TAKEN_AWAY} (the key). {DAMAGED_REMEDY}",
    "log_key_form": f"the key of the record cannot be read. {DAMAGED_REMEDY}",
    "log_key_rights": "others can read the key of the record: chmod 0600, find out who did, and tell whoever answers for the record",
    "log_key_other_log": f"{_TAKEN_AWAY} (the key is of another record). {DAMAGED_REMEDY}",
    "log_key_old": f"{_TAKEN_AWAY} (the key is older than the newest head). {DAMAGED_REMEDY}",
    "log_key_wrong": f"{_TAKEN_AWAY} (the key did not sign the newest head). {DAMAGED_REMEDY}",
    "head_ahead": f"{_TAKEN_AWAY} (records are missing at the end). {DAMAGED_REMEDY}",
    "head_chain": f"{_TAKEN_AWAY} (records). {DAMAGED_REMEDY}",
    "head_root": f"{_TAKEN_AWAY} (records). {DAMAGED_REMEDY}",
    "heads_behind": f"{_TAKEN_AWAY} (the newest heads). {DAMAGED_REMEDY}",
    "heads_missing": f"{_TAKEN_AWAY} (heads). {DAMAGED_REMEDY}",
    "heads_other_log": f"{_TAKEN_AWAY} (heads of another record). {DAMAGED_REMEDY}",
    "heads_older": f"{_TAKEN_AWAY} (an older copy of the record and its heads was put back). {DAMAGED_REMEDY}",
    "log_key_mark": f"what stands beside the key of the record about its newest head cannot be read. {DAMAGED_REMEDY}",
    "first_key_wrong": f"{_TAKEN_AWAY} (first.key is not the key of the first head). {DAMAGED_REMEDY}",
    "first_key_missing": f"{_TAKEN_AWAY} (first.key). {DAMAGED_REMEDY}",
}
CLOCK_REMEDY = (
    "the clock is more than 400 days ahead of the newest head of the record: set it right. "
    "A machine that was in store for so long begins a new record"
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    default=config.DEFAULT_FILE,
    show_default=True,
    help="The settings, TOML.",
)
@click.option("--check-config", is_flag=True, help="Say everything that is wrong with the installation, and leave.")
@click.version_option(package_name="cardd")
def main(config_file: Path, check_config: bool) -> None:
    """The cardd daemon: cards, sessions, policy and record behind one socket.

    \b
    Without systemd, for a first try:
      cardd --config ./cardd.toml --check-config
      cardd --config ./cardd.toml
    """
    try:
        settings = config.load(config_file)
    except BrokenFile as error:
        _leave([str(problem) for problem in error.problems])
    files = at_start.load(settings, datetime.now(UTC))
    problems = [*start_checks.problems(config_file, settings, os.environ), *files.problems]
    if check_config:
        problems += [*at_start.later_problems(settings, files), *_operator_ca(settings)]
    if check_config or problems:
        _report(problems)
    sys.exit(_run(settings, files))


def _run(settings: config.Settings, files: at_start.AtStart) -> int:
    log.set_up(settings.log_format, settings.log_level)
    keep_texts_out()
    forbid_dumps()
    give_back_large_blocks()
    office = Office(
        settings,
        files,
        read_key(settings.pseudonym_key_path()),
        memory_locked=_lock_memory(settings),
    )
    try:
        return asyncio.run(Daemon(office).serve())
    except StartRefused as error:
        _leave(list(error.problems))
    except StateBroken as error:
        remedy = STATE_REMEDIES.get(error.problem, STATE_REMEDY)
        log.get_logger().error("start_failed", problem=error.problem, file=str(error.file), remedy=remedy)
        return 1
    except (CarddError, Damaged, OSError) as error:
        log.get_logger().error("start_failed", **_facts(error), exc_info=error)
        return 1


def _facts(error: CarddError | Damaged | OSError) -> dict[str, object]:
    """What an error at start says beside its type: words of ours and of the kernel, and names of files."""
    match error:
        case CarddError():
            remedy = {"remedy": CLOCK_REMEDY} if error.facts.problem == FAR_AHEAD else {}
            return {"code": error.code, "problem": error.facts.problem, **remedy}
        case Damaged():
            remedy = {"remedy": RECORD_REMEDIES.get(error.problem, DAMAGED_REMEDY)}
            return {"problem": error.problem, "sequence": error.sequence, "file": error.file, **remedy}
        case _:
            return {"problem": error.strerror, "file": error.filename}


def _operator_ca(settings: config.Settings) -> list[str]:
    # Late: the certificate code costs a third of a second, which a start has no need to wait for (decision 28).
    from cardd.app import certificates  # noqa: PLC0415

    return [*certificates.problems(settings.operator_ca, test=settings.mode == "test")]


def _lock_memory(settings: config.Settings) -> bool:
    try:
        lock_memory()
    except OSError as error:
        if settings.mode == "production":
            _leave([f"memory cannot be locked ({error.strerror}): set LimitMEMLOCK=infinity in the unit"])
        log.get_logger().warning("memory_not_locked", problem=error.strerror)
        return False
    return True


def _report(problems: list[str]) -> None:
    if problems:
        _leave(problems)
    click.echo("cardd: the configuration is in order")
    sys.exit(0)


def _leave(problems: list[str]) -> NoReturn:
    for problem in problems:
        click.echo(f"cardd: {problem}", err=True)
    sys.exit(EXIT_CONFIG)


if __name__ == "__main__":
    main()
