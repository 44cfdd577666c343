"""The commands of `python -m cardd.policy`: a policy file looked at without a daemon."""

import argparse
import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from cardd.model import CardKind, Item, KeyRole, Operation, PinKind
from cardd.policy.diff import compare
from cardd.policy.diff_text import plain_difference, told
from cardd.policy.explain import explain
from cardd.policy.explain_text import sentences
from cardd.policy.facts import Question
from cardd.policy.load import load
from cardd.policy.plain import Plain, plain_explanation, plain_policy
from cardd.policy.remarks import remarks, remarks_with
from cardd.policy.rules import Policy, cell_count
from cardd.policy.show import show
from cardd.policy.supposed import SOME_CASE, usual_card
from cardd.policy.words import Locale, say
from cardd.tomlfile import BrokenFile, Problem, read_bytes

GOOD, BROKEN, REFUSED, USAGE = 0, 1, 2, 64
"""Exit codes. 64 is EX_USAGE of sysexits(3)."""
Lines = list[str]


def check(given: argparse.Namespace) -> int:
    """Whether the file may be used, and what is remarkable about it."""
    policy: Policy = load(given.file)
    table = policy.table
    notes = list(remarks(table))
    if given.register is not None:
        notes += remarks_with(table, _people(given.register))
    counts = {"roles": len(table.roles), "purposes": len(table.purposes), "rows": len(table.rows)}
    counts |= {"cells": sum(cell_count(row) for row in table.rows), "version": table.version}
    locale: Locale = given.locale
    _tell(
        given,
        {"good": True, "hash": policy.hash, **counts, "notes": [note._asdict() for note in notes]},
        [
            say("good", locale, file=given.file, **counts),
            *(say("remark", locale, what=note.to(locale)) for note in notes),
        ],
    )
    return GOOD


def draw(given: argparse.Namespace) -> int:
    """The policy as a table."""
    plain = _answer(given.file) if given.from_json else plain_policy(load(Path(given.file)))
    _tell(given, plain, _drawn(given, show, plain))
    return GOOD


def why(given: argparse.Namespace) -> int:
    """May this be done, and which line says so."""
    if given.from_json:
        plain = _answer(given.file)
    else:
        policy = load(Path(given.file))
        plain = plain_explanation(explain(_question(given), policy), policy)
    _tell(given, plain, _drawn(given, sentences, plain))
    return GOOD if plain["allowed"] else REFUSED


def diff(given: argparse.Namespace) -> int:
    """What a new policy decides otherwise."""
    old, new = load(given.old), load(given.new)
    difference = compare(old, new)
    _tell(given, plain_difference(difference), told(difference, old, new, given.locale))
    return GOOD


def run(command: Callable[[argparse.Namespace], int], given: argparse.Namespace) -> int:
    """Run one command; a file that cannot be used ends it with what is wrong, one line each."""
    try:
        return command(given)
    except BrokenFile as broken:
        _say_broken(broken, as_json=given.json)
        return BROKEN


def _say_broken(broken: BrokenFile, *, as_json: bool) -> None:
    if as_json:
        fields = ("file", "line", "column", "key", "what")
        problems = [{name: getattr(problem, name) for name in fields} for problem in broken.problems]
        _print(sys.stdout, [_line({"good": False, "problems": problems})])
    else:
        _print(sys.stderr, [str(problem) for problem in broken.problems])


def _question(given: argparse.Namespace) -> Question:
    operation = Operation(given.operation)
    return Question(
        operation,
        given.client,
        usual_card(operation) if given.card is None else CardKind(given.card),
        given.role,
        given.purpose,
        given.case or SOME_CASE,
        tuple(Item(item) for item in given.items),
        None if given.key is None else KeyRole(given.key),
        None if given.pin is None else PinKind(given.pin),
        private_sector=given.private_sector,
        emergency=given.emergency,
    )


def _answer(file: str) -> Plain:
    """What the daemon answered: a JSON object. Raises `BrokenFile`."""
    content = sys.stdin.buffer.read() if file == "-" else read_bytes(Path(file))
    try:
        answer = json.loads(content)
    except ValueError:
        raise BrokenFile([Problem(file, "is no JSON")]) from None
    if not isinstance(answer, dict):
        raise BrokenFile([Problem(file, "is no JSON object")])
    return answer


def _drawn(given: argparse.Namespace, draw: Callable[[Plain, Locale], Lines], plain: Plain) -> Lines:
    """Raises `BrokenFile` when what was given as an answer is none."""
    try:
        return draw(plain, given.locale)
    except (KeyError, TypeError, AttributeError):
        if not given.from_json:
            raise
        raise BrokenFile([Problem(given.file, "is no answer of the daemon")]) from None


def _people(path: Path) -> dict[str, set[str]]:
    """The register's active people by role; whether the register itself is in order is checked elsewhere. Raises `BrokenFile`."""
    content = read_bytes(path)
    try:
        operators = tomllib.loads(content.decode("utf-8")).get("operators", [])
        active = [each for each in operators if each.get("status", "active") == "active"]
        people: dict[str, set[str]] = {}
        for each in active:
            people.setdefault(str(each["role"]), set()).add(str(each.get("person", each["id"])))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BrokenFile([Problem(str(path), "is no register of operators")]) from None
    return people


def _tell(given: argparse.Namespace, plain: Plain, lines: Lines) -> None:
    _print(sys.stdout, [_line(plain)] if given.json else lines)


def _line(plain: Plain) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _print(stream: TextIO, lines: Lines) -> None:
    stream.write("".join(f"{line}\n" for line in lines))
    stream.flush()
