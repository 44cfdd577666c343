"""How the tour is told: steps, commands and their screens, and a count of what was shown. Plain text where no terminal is."""

import os
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from demo.stage import Failed, Stage

PROGRESS = "    "
SCREEN = "      | "
MAY_NOT = 2
"""Exit status of `cardctl policy explain`: it would be refused. Nothing was tried."""
DAMAGED = 1
"""Exit status of `cardd-verify`: it found what was changed."""
IN_JAPANESE = ("cardctl", "--locale", "ja")


class Tour:
    """Tells each step, shows the command, shows what the screen says, and stops at the first thing that is not as it must be."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self._folder = folder
        self.shown: Counter[str] = Counter()
        """How many steps, commands, refusals, OpenSSL verifications, records."""

    def step(self, japanese: str, english: str) -> None:
        """Head of the next step."""
        self.shown["steps"] += 1
        head = bold(f"{self.shown['steps']:2}. {japanese}")
        print(f"\n{head}\n{PROGRESS}{english}", flush=True)

    def say(self, text: str) -> None:
        """One remark."""
        print(f"{PROGRESS}{text}", flush=True)

    def run(self, *command: str, pins: Sequence[str] = (), expect: int = 0, last: int | None = None) -> str:
        """Show a command, run it, show its screen, or its `last` lines. Raises `Failed` when it ends otherwise than expected."""
        typed = f"    [PIN: {' '.join('*' * len(pin) for pin in pins)}]" if pins else ""
        print(f"{PROGRESS}$ {shlex.join(command)}{typed}", flush=True)
        return self._told(command, *self._stage.run(command, pins=pins, into=self._folder), expect, last)

    def typed(self, *command: str, answers: Sequence[str], expect: int = 0) -> str:
        """As `run`, at a terminal where a person types `answers`, PINs among them without echo."""
        print(f"{PROGRESS}$ {shlex.join(command)}", flush=True)
        return self._told(command, *self._stage.converse(command, answers, self._folder), expect)

    def _told(self, command: Sequence[str], code: int, screen: str, expect: int, last: int | None = None) -> str:
        lines = screen.splitlines()
        if last is not None and len(lines) > last:
            print(f"{SCREEN}… ({len(lines) - last})", flush=True)
            lines = lines[-last:]
        for line in lines:
            print(f"{SCREEN}{line}", flush=True)
        if code != expect:
            raise Failed(f"{shlex.join(command)}: exit status {code} instead of {expect}")
        self.shown["commands"] += 1
        if expect:
            self.shown["refusals"] += expect not in (MAY_NOT, DAMAGED)
            self.say(f"(exit status {code})")
        return screen

    def clerk(self, *command: str, pins: Sequence[str] = (), expect: int = 0) -> str:
        """A command at the clerk's terminal, in Japanese."""
        return self.run(*IN_JAPANESE, *command, pins=pins, expect=expect)

    def person(self, *command: str, answers: Sequence[str], expect: int = 0) -> str:
        """The same, where the clerk is asked something and answers."""
        return self.typed(*IN_JAPANESE, *command, answers=answers, expect=expect)

    def openssl(self, *arguments: str, says: str) -> None:
        """OpenSSL judges: it must end with 0 and say so."""
        if says not in self.run("openssl", *arguments):
            raise Failed(f"openssl does not say: {says}")
        self.shown["verified"] += 1


def bold(text: str) -> str:
    """Bold on a terminal that wants it (https://no-color.org), plain text elsewhere."""
    styled = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\033[1m{text}\033[0m" if styled else text
