"""Checks that every command the READMEs and guides show exists: words of `./dev`, commands and options of the programs.

A command is read from shell lines in fenced blocks and from inline code. What the program's own `--help`
lists decides; nothing is started for real.
"""

from __future__ import annotations

import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "README.ja.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md")))
PROGRAMS = ("cardctl", "cardd", "cardd-vcard", "cardd-verify")

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FIGURES = "text"
"""Language of a fenced block in which no line is typed: figures, output."""
_INLINE = re.compile(r"`([^`\n]+)`")
_WORD = re.compile(r"[a-z][a-z0-9-]*")


def commands_shown(page: str) -> list[list[str]]:
    """The commands of a Markdown page that begin with `./dev` or one of our programs, as argument lists."""
    blocks = [block for language, block in _FENCE.findall(page) if language != _FIGURES]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    lines += _INLINE.findall(_FENCE.sub("", page))
    return [command for line in lines for command in _ours(line)]


def _ours(line: str) -> list[list[str]]:
    """Our commands in one shell line; pipes, lists and variable settings around them are cut away."""
    lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
    lexer.commenters = "#"
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    try:
        for token in lexer:
            if set(token) <= set("();<>|&"):
                commands.append([])
            else:
                commands[-1].append(token)
    except ValueError:  # an unmatched quote: prose, not shell
        return []
    return [command for command in map(_without_prefix, commands) if command]


def _without_prefix(command: list[str]) -> list[str]:
    for position, token in enumerate(command):
        if token == "./dev" or token.rpartition("/")[2] in PROGRAMS:
            return [token if token == "./dev" else token.rpartition("/")[2], *command[position + 1 :]]
        if "=" not in token and token not in ("sudo", "uv", "run", "--frozen"):
            return []
    return []


@functools.cache
def help_of(*command: str) -> str:
    """What `command --help` prints; the programs are those beside the running Python."""
    program = command[0] if command[0] == "./dev" else str(Path(sys.executable).with_name(command[0]))
    result = subprocess.run(
        [program, *command[1:], "--help"], cwd=ROOT, text=True, capture_output=True, check=False, timeout=30
    )
    if result.returncode:
        raise LookupError(f"`{' '.join(command)} --help` fails: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


def _lists(text: str, name: str) -> bool:
    """Whether a help text lists `name` as a command: at the start of an indented line."""
    return re.search(rf"(?m)^ +{re.escape(name)}(\s|$)", text) is not None


def _takes_value(text: str, option: str) -> bool:
    """Whether a help text shows a value behind `option`: a word in capitals, or a choice in brackets."""
    return re.search(rf"(?<![\w-]){re.escape(option)} ([A-Z]|\[)", text) is not None


def complaint_about(command: list[str]) -> str | None:
    """Why a shown command does not exist; None where it does."""
    program, *rest = command
    if program == "./dev":
        word = rest[0] if rest else "help"
        return None if _lists(help_of("./dev"), word) else f"./dev has no word '{word}'"
    path = [program]
    takes_commands = "\nCommands:" in help_of(program)
    tokens = iter(rest)
    for token in tokens:
        text = help_of(*path)
        if token.startswith("--") and token != "--":
            option = token.partition("=")[0]
            if option != "--help" and not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text):
                return f"`{' '.join(path)}` has no option {option}"
            if takes_commands and "=" not in token and _takes_value(text, option):
                next(tokens, None)
        elif takes_commands and _WORD.fullmatch(token):
            if not _lists(text, token):
                return f"`{' '.join(path)}` has no command '{token}'"
            path.append(token)
            takes_commands = "\nCommands:" in help_of(*path)
    return None


def main() -> int:
    """Prints each shown command that does not exist; returns the exit code."""
    complaints, count = [], 0
    for name in PAGES:
        if not (ROOT / name).is_file():
            complaints.append(f"{name} is missing")
            continue
        for command in commands_shown((ROOT / name).read_text(encoding="utf-8")):
            count += 1
            try:
                complaint = complaint_about(command)
            except LookupError as error:
                complaint = str(error)
            if complaint:
                complaints.append(f"{name}: {shlex.join(command)}: {complaint}")
    print("\n".join(complaints) or f"{count} commands are shown, all exist")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
