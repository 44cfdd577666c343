"""`cardd-fleet`: the database of many terminals, for those who set it up, look after it, and look over it."""

from pathlib import Path

import click

from cardd.fleet import asking, keeping, looking
from cardd.fleet.context import Run, locale_of_environment
from cardd.fleet.settings import DEFAULT_FILE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", type=click.Path(path_type=Path), default=DEFAULT_FILE, show_default=True, help="The settings, TOML."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of tables and sentences.")
@click.option("--locale", type=click.Choice(["ja", "en"]), default=None, help="Left out: as the environment says.")
@click.version_option(package_name="cardd")
@click.pass_context
def main(context: click.Context, config: Path, as_json: bool, locale: str | None) -> None:
    """The records of many terminals in one PostgreSQL. docs/fleet.md says how to set it up.

    \b
    In this order:
      cardd-fleet init                        once, on the database's machine
      cardd-fleet terminals add counter-1 …   for each terminal
      cardd-fleet partitions                  each month, by a timer
      cardd-fleet health                      each day
      cardd-fleet watch                       all the time, as a service
      cardd-fleet alarms, review NUMBER …     what it found, and what became of it
      cardd-fleet verify --keys FILE          the auditor, with their own keys

    Exit status: 0 good; 1 something is to be looked at; 2 not done, or not understood; 78 the settings are wrong.
    """
    context.obj = Run(config, locale or locale_of_environment(), as_json)


for command in (
    keeping.init, keeping.terminal_group, keeping.health, keeping.partitions,
    asking.query, asking.disclose, asking.verify, asking.report_, looking.watch, looking.alarms, looking.review,
):  # fmt: skip
    main.add_command(command)

if __name__ == "__main__":
    main()
