"""What `--help` shows fits a terminal of 80 columns, in each program and under each of its commands."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from cardd.cli.main import main as cardctl
from cardd.cli.screen import columns

COLUMNS = 80
PROGRAMS = {
    "cardctl": "cardd.cli.main",
    "cardd": "cardd.__main__",
    "cardd-fleet": "cardd.fleet.__main__",
    "cardd-heads": "cardd.witness.send",
    "cardd-lists": "cardd.revocation.fetch",
    "cardd-ship": "cardd.collector.__main__",
    "cardd-witness": "cardd.witness.__main__",
    "python -m cardd.keeping": "cardd.keeping.__main__",
    "cardctl setup": "cardd.setup.__main__",
    "cardctl record close": "cardd.setup.closing",
    "python -m certs.ca": "certs.ca.__main__",
}
ALONE = (
    ("cardd.audit.verifier",),
    ("cardd.policy",),
    ("cardd.policy", "check"),
    ("cardd.policy", "show"),
    ("cardd.policy", "diff"),
    ("cardd.policy", "explain"),
    ("cardd.report",),
    ("cardd.watching",),
    ("cardd.watching", "replay"),
)
"""Programs that know no click."""


def commands() -> Iterator[click.Context]:
    for name, module in PROGRAMS.items():
        command = importlib.import_module(module).main
        yield from under(click.Context(command, info_name=name, **command.context_settings))


def under(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name, command in context.command.commands.items():
            yield from under(click.Context(command, parent=context, info_name=name, **command.context_settings))


def too_wide(text: str) -> list[str]:
    """Lines that are wider than the terminal for another reason than one long word."""
    return [line for line in text.splitlines() if columns(line) > COLUMNS and len(line.split()) > 1]


@pytest.mark.parametrize("context", list(commands()), ids=lambda context: context.command_path)
def test_the_help_of_each_command_fits(context: click.Context) -> None:
    context.terminal_width = COLUMNS
    assert too_wide(context.command.get_help(context)) == []


@pytest.mark.parametrize("locale", ["ja_JP.UTF-8", "C.UTF-8"])
@pytest.mark.parametrize("words", ALONE, ids=" ".join)
def test_the_help_of_programs_without_click_fits(words: tuple[str, ...], locale: str) -> None:
    module, *more = words
    done = subprocess.run(
        [sys.executable, "-m", module, *more, "--help"],
        env={"COLUMNS": str(COLUMNS), "LANG": locale, "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert too_wide(done.stdout) == []
    assert done.stderr == ""


@pytest.mark.parametrize("name", [name for name in PROGRAMS if " " in name])
def test_a_program_without_a_name_of_its_own_calls_itself_what_is_typed(name: str) -> None:
    """Else people copy a line that does not work."""
    done = subprocess.run(
        [sys.executable, "-m", PROGRAMS[name].removesuffix(".__main__"), "--help"],
        env={"COLUMNS": str(COLUMNS), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"Usage: {name} [OPTIONS]")


def test_examples_of_cardctl_are_commands_of_it() -> None:
    known = {context.command_path for context in under(click.Context(cardctl, info_name="cardctl"))}
    for context in under(click.Context(cardctl, info_name="cardctl")):
        for line in re.findall(r"^ +(cardctl .*)$", context.command.help or "", re.MULTILINE):
            words = [word.rstrip(";") for word in line.split() if word not in ("--json", "--locale", "ja")]
            assert {" ".join(words[:2]), " ".join(words[:3])} & known, line
