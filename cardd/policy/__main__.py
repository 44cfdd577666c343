"""`python -m cardd.policy`: check, show, explain and compare policy files, without a daemon and without a card."""

import argparse
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from cardd.model import CardKind, Item, KeyRole, Operation, PinKind
from cardd.policy import commands
from cardd.policy.words import Locale

_ENDINGS = "exit status: 0 good or allowed; 1 the file cannot be used; 2 `explain`: refused; 64 wrong usage"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(commands.USAGE, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    shared = _Parser(add_help=False)
    shared.add_argument("--json", action="store_true", help="one line of JSON")
    shared.add_argument("--locale", choices=("ja", "en"), default=_locale(), help="language; default from LANG")
    whole = _Parser(prog="python -m cardd.policy", description=__doc__, epilog=_ENDINGS)
    commanding = whole.add_subparsers(required=True, metavar="COMMAND")

    check = commanding.add_parser(
        "check", parents=[shared], help="whether a file may be used, and what to look at", epilog=_ENDINGS
    )
    check.add_argument("file", type=Path)
    check.add_argument("--register", type=Path, metavar="FILE", help="the operators who are to work under it")
    check.set_defaults(command=commands.check)

    show = commanding.add_parser("show", parents=[shared], help="the policy as a table", epilog=_ENDINGS)
    show.add_argument("file")
    show.add_argument(
        "--from-json", action="store_true", help="the file (`-`: standard input) is an answer to policy.show"
    )
    show.set_defaults(command=commands.draw)

    diff = commanding.add_parser("diff", parents=[shared], help="what a new policy decides otherwise", epilog=_ENDINGS)
    diff.add_argument("old", type=Path)
    diff.add_argument("new", type=Path)
    diff.set_defaults(command=commands.diff)

    _add_explain(commanding.add_parser("explain", parents=[shared], help="may this be done, and why", epilog=_ENDINGS))
    return whole


def _add_explain(explain: argparse.ArgumentParser) -> None:
    explain.add_argument("file")
    explain.add_argument("operation", nargs="?", choices=[each.value for each in Operation], metavar="OPERATION")
    explain.add_argument("items", nargs="*", choices=[[], *(each.value for each in Item)], default=[], metavar="ITEM")
    explain.add_argument("--role")
    explain.add_argument("--purpose")
    explain.add_argument("--case", help="reception number; left out: some is supposed")
    _add_choice(explain, "--key", KeyRole)
    _add_choice(explain, "--pin", PinKind)
    _add_choice(explain, "--card", CardKind, "left out: what it is usually done with")
    explain.add_argument("--client", default="*", help="name of a client; left out: one that no row names")
    explain.add_argument("--private-sector", action="store_true", help="the client is no public body")
    explain.add_argument("--emergency", action="store_true", help="under the emergency override")
    explain.add_argument(
        "--from-json", action="store_true", help="the file (`-`: standard input) is an answer to policy.explain"
    )
    explain.set_defaults(command=commands.why)


def _add_choice(explain: argparse.ArgumentParser, name: str, kind: type[StrEnum], more: str = "") -> None:
    """One of the words of `kind`. They stand in the help: as the option's own word they would be wider than a terminal."""
    words = [each.value for each in kind]
    explain.add_argument(name, choices=words, metavar="WORD", help="; ".join(filter(None, (", ".join(words), more))))


def _locale() -> Locale:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "ja" if os.environ[name].startswith("ja") else "en"
    return "en"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    whole = parser()
    given = whole.parse_args(arguments)
    if given.command is commands.why and given.operation is None and not given.from_json:
        whole.error("explain: OPERATION is missing")
    try:
        return commands.run(given.command, given)
    except BrokenPipeError:
        # Whoever reads has seen enough; the interpreter must not try again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return commands.GOOD


if __name__ == "__main__":
    sys.exit(main())
