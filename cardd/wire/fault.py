"""What a row of the error table consists of."""

from dataclasses import dataclass
from typing import Literal

Actor = Literal["clerk", "resident", "supervisor", "it", "program"]
"""Who must act: the clerk at the counter, the resident, the supervisor, the office's IT, or the maker of the calling program."""
Locale = Literal["ja", "en"]


@dataclass(frozen=True, slots=True)
class TwoTexts:
    """One sentence or two, in plain polite Japanese and in English."""

    ja: str
    en: str

    def of(self, locale: Locale) -> str:
        """The text in that language."""
        return self.ja if locale == "ja" else self.en


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `message` says what happened, `remedy` what to do next.

    `number` is the JSON-RPC error code, `exit_code` what `cardctl` ends with. Names and numbers never change.
    """

    name: str
    number: int
    actor: Actor
    retryable: bool
    exit_code: int
    message: TwoTexts
    remedy: TwoTexts

    @property
    def doc(self) -> str:
        """Where it is explained."""
        return f"docs/errors.md#{self.name.replace('.', '-').replace('_', '-')}"
