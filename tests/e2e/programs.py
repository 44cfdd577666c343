"""Starts the programs of this folder that run beside a test, and talks to them in lines of JSON."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fixtures.counter import Counter

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0


class Program:
    """A foreign program that runs beside the test, and speaks JSON lines."""

    def __init__(
        self,
        counter: Counter,
        module: str,
        *arguments: str,
        sudo: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        command = [sys.executable, "-m", f"tests.e2e.{module}", *arguments]
        self._process = subprocess.Popen(
            ["sudo", "-n", *command] if sudo else command,
            cwd=ROOT,
            env=environment or counter.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def says(self) -> Any:
        """Its next word."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def asks(self, *said: object) -> Any:
        """Tell it something; its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(said) + "\n")
        self._process.stdin.flush()
        return self.says()

    def ends(self, word: str = "") -> Any:
        """Let it end; its last word."""
        out, _ = self._process.communicate(word, timeout=PATIENCE_S)
        assert self._process.returncode == 0
        return json.loads(out.splitlines()[-1])

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.returncode

    def stop(self) -> None:
        """End it whatever it does; harmless when it has ended."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def running(
    counter: Counter, module: str, *arguments: str, sudo: bool = False, environment: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """One of them, ended behind the block. `environment`: where it is not the counter's."""
    program = Program(counter, module, *arguments, sudo=sudo, environment=environment)
    try:
        yield program
    finally:
        program.stop()


def alarms(counter: Counter, name: str) -> list[dict[str, Any]]:
    """Alarms of this name in the record."""
    return [record for record in counter.records() if record.get("event") == f"alarm.{name}"]
