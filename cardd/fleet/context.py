"""What every command of `cardd-fleet` needs: the settings, a connection, the language, the way to leave."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from cardd.fleet import schema
from cardd.fleet.database import Link, connect
from cardd.fleet.problems import FleetProblem
from cardd.fleet.settings import FleetSettings, load
from cardd.policy.load import load as load_policy
from cardd.report.data import Names
from cardd.report.source import names_of
from cardd.tomlfile import BrokenFile

APPLICATION = "cardd-fleet"
FOUND, BROKEN, CONFIG = 1, 2, 78
"""Exit status: something to look at was found; it could not be done, or was not understood; the settings are wrong."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command."""

    file: Path
    locale: str
    as_json: bool

    def settings(self) -> FleetSettings:
        """Leaves when the file is wrong."""
        try:
            return load(self.file)
        except BrokenFile as error:
            self.leave([str(problem) for problem in error.problems], CONFIG)

    def names(self, settings: FleetSettings) -> Names:
        """What the policy calls roles and purposes; leaves when its file is wrong."""
        if settings.policy is None:
            return Names()
        try:
            return names_of(load_policy(settings.policy))
        except BrokenFile as error:
            self.leave([str(problem) for problem in error.problems], CONFIG)

    def with_link(self, work: Callable[[Link], None], *, checked: bool = True) -> None:
        """Do it with a connection; its problems are told in words. `checked`: the tables must be of our version."""
        try:
            with connect(self.settings().database, APPLICATION) as link:
                if checked:
                    schema.check(link)
                work(link)
        except FleetProblem as problem:
            told = {
                "error": {"name": problem.word, "sqlstate": problem.state, "message": problem.sentence(self.locale)}
            }
            self.leave(
                [json.dumps(told, ensure_ascii=False) if self.as_json else problem.sentence(self.locale)], BROKEN
            )
        except OSError as error:
            self.leave([f"{error.filename or ''}: {error.strerror}"], BROKEN)

    def say(self, told: dict[str, Any], sentence: str) -> None:
        """One line: JSON for programs, else a sentence."""
        click.echo(json.dumps(told, ensure_ascii=False) if self.as_json else sentence)

    def lines(self, lines: list[str]) -> None:
        """Each to standard output."""
        for line in lines:
            click.echo(line)

    def pick(self, ja: str, en: str) -> str:
        """The one in our language."""
        return ja if self.locale == "ja" else en

    def leave(self, lines: list[str], status: int) -> NoReturn:
        """Say it on standard error and end."""
        for line in lines:
            click.echo(line, err=True)
        sys.exit(status)


def locale_of_environment() -> str:
    """`ja` where the environment is Japanese, else `en`."""
    return "ja" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("ja") else "en"
