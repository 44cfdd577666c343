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

    def run(self, *command: str, pins: Sequence[str] = (), expect: int = 0) -> str:
        """Show a command, run it, show its screen. Raises `Failed` when it ends otherwise than expected."""
        shown = shlex.join(command)
        typed = f"    [PIN: {' '.join('*' * len(pin) for pin in pins)}]" if pins else ""
        print(f"{PROGRESS}$ {shown}{typed}", flush=True)
        code, screen = self._stage.run(command, pins=pins, into=self._folder)
        for line in screen.splitlines():
            print(f"{SCREEN}{line}", flush=True)
        if code != expect:
            raise Failed(f"{shown}: exit status {code} instead of {expect}")
        self.shown["commands"] += 1
        if expect:
            self.shown["refusals"] += 1
            self.say(f"(exit status {code})")
        return screen

    def clerk(self, *command: str, pins: Sequence[str] = (), expect: int = 0) -> str:
        """A command at the clerk's terminal, in Japanese."""
        return self.run("cardctl", "--locale", "ja", *command, pins=pins, expect=expect)

    def openssl(self, *arguments: str, says: str) -> None:
        """OpenSSL judges: it must end with 0 and say so."""
        if says not in self.run("openssl", *arguments):
            raise Failed(f"openssl does not say: {says}")
        self.shown["verified"] += 1


def bold(text: str) -> str:
    """Bold on a terminal that wants it (https://no-color.org), plain text elsewhere."""
    styled = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\033[1m{text}\033[0m" if styled else text
