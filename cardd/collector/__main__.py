"""`cardd-ship`: ships this terminal's record to the fleet's database, for ever or once."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from cardd import log
from cardd.collector.running import Runner
from cardd.collector.settings import DEFAULT_FILE, load
from cardd.fleet.problems import FleetProblem
from cardd.process.memory import forbid_dumps
from cardd.tomlfile import BrokenFile

EXIT_PROBLEM, EXIT_CONFIG = 1, 78


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", type=click.Path(path_type=Path), default=DEFAULT_FILE, show_default=True, help="The settings, TOML."
)
@click.option("--once", is_flag=True, help="Ship what is there, say how much, and leave.")
@click.option("--check-config", is_flag=True, help="Say everything that is wrong with the settings, and leave.")
@click.version_option(package_name="cardd")
def main(config: Path, once: bool, check_config: bool) -> None:
    """Ships this terminal's record to the database of the fleet.

    The database decides where to go on, so it may be stopped and started at any time. docs/fleet.md says how to set it up.

    \b
    A first try by hand, as the user cardd-ship:
      cardd-ship --check-config
      cardd-ship --once
    """
    try:
        settings = load(config)
    except BrokenFile as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(EXIT_CONFIG)
    if check_config:
        click.echo("good")
        return
    forbid_dumps()
    log.set_up(settings.log_format, settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    runner = Runner(settings, stop)
    if not once:
        runner.run()
        return
    try:
        shipped = runner.once()
    except FleetProblem as problem:
        click.echo(problem.sentence(locale()), err=True)
        sys.exit(EXIT_PROBLEM)
    click.echo(f"records {shipped.records}, heads {shipped.heads}, covered {shipped.local_size}")


def locale() -> str:
    """`ja` where the environment is Japanese, else `en`."""
    return "ja" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("ja") else "en"


if __name__ == "__main__":
    main()
