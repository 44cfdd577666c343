"""What went wrong, as a person at the counter is told: what happened, why, what became of card and PIN, what to do."""

from __future__ import annotations

import secrets
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardd.cli.failing import facts_of, local_error, remote_error
from cardd.cli.texts import Speech
from cardd.client import RemoteError
from cardd.wire.fault import Locale
from terminal.console.words.registry import TEXTS


@dataclass(frozen=True, slots=True)
class Problem:
    """`error` has the members of an error answer: `name`, `message`, `remedy` and facts; none of them personal."""

    error: Mapping[str, Any] = field(default_factory=dict)
    local: str | None = None
    """Key of a text, where this side found it out: the console's `problem.KEY`, else one of `cardctl`."""

    @property
    def name(self) -> str:
        return str(self.error.get("name", self.local))

    def told(self, locale: Locale) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The sentence, and label and text of each fact."""
        speech = Speech(locale)
        own = TEXTS.get(f"problem.{self.local}")
        if own is not None:
            return own[locale != "ja"].format(**self.error), ()
        error = self.error if self.local is None else local_error(speech, self.local).error
        facts = tuple((speech(f"error.{label}"), text) for label, text in facts_of(error, speech) if text)
        return str(error["message"]), facts


def of_remote(error: RemoteError) -> Problem:
    """What the daemon refused, in the language of its connection."""
    return Problem(remote_error(Speech("ja"), error).error)


def no_daemon() -> Problem:
    """The daemon went while it was asked."""
    return Problem(local="daemon_gone")


class Failed(Exception):
    """Work of the console that came to nothing; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.name)


def incident(error: Exception) -> str:
    """Write down what kind of fault it was and where, and never its text, which may hold what somebody typed. The number to tell IT."""
    number = secrets.token_hex(4)
    where = traceback.extract_tb(error.__traceback__)[-1]
    sys.stderr.write(
        f"cardd-console: incident {number}: {type(error).__name__} at {Path(where.filename).name}:{where.lineno}\n"
    )
    return number
