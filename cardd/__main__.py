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
from cardd.app.remedies import remedy_of
from cardd.audit.chain import Damaged
from cardd.audit.pseudonym import read_key
from cardd.errors import CarddError
from cardd.office import at_start
from cardd.office.beginning import StartRefused
from cardd.process.memory import forbid_dumps, give_back_large_blocks, lock_memory
from cardd.state.store import StateBroken
from cardd.tomlfile import BrokenFile

EXIT_CONFIG = 78
"""EX_CONFIG of sysexits.h: a human must change a file; systemd does not start us again for it."""


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
    sys.exit(_run(config_file.absolute(), settings, files))


def _run(config_file: Path, settings: config.Settings, files: at_start.AtStart) -> int:
    log.set_up(settings.log_format, settings.log_level)
    keep_texts_out()
    forbid_dumps()
    give_back_large_blocks()
    office = Office(
        config_file,
        settings,
        files,
        read_key(settings.pseudonym_key_path()),
        memory_locked=_lock_memory(settings),
    )
    try:
        return asyncio.run(Daemon(office).serve())
    except StartRefused as error:
        _leave(list(error.problems))
    except (CarddError, Damaged, StateBroken, OSError) as error:
        trace = None if isinstance(error, StateBroken) else error
        log.get_logger().error("start_failed", **_facts(error), **remedy_of(error), exc_info=trace)
        return 1


def _facts(error: CarddError | Damaged | StateBroken | OSError) -> dict[str, object]:
    """What an error at start says beside its type: words of ours and of the kernel, and names of files."""
    match error:
        case CarddError():
            cause = error.__cause__
            file = {"file": cause.filename} if isinstance(cause, OSError) and cause.filename is not None else {}
            return {"code": error.code, "problem": error.facts.problem, **file}
        case Damaged():
            return {"problem": error.problem, "sequence": error.sequence, "file": error.file}
        case StateBroken():
            return {"problem": error.problem, "file": str(error.file)}
        case _:
            return {"problem": error.strerror, "file": error.filename}


def _operator_ca(settings: config.Settings) -> list[str]:
    # Late: the certificate code costs a third of a second, which a start has no need to wait for (decision 28).
    from cardd.app import certificates  # noqa: PLC0415

    test = settings.mode == "test"
    return [*certificates.problems(settings.operator_ca, test=test), *certificates.revocation_problems(settings)]


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
