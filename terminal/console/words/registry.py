"""All texts of the console by key. A key stands in one file only."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final

from terminal.console.words.alarms import ALARMS
from terminal.console.words.auditing import AUDITING
from terminal.console.words.counter import COUNTER
from terminal.console.words.flow_questions import FLOW_QUESTIONS
from terminal.console.words.flows import FLOWS
from terminal.console.words.managing import MANAGING
from terminal.console.words.oversight import OVERSIGHT
from terminal.console.words.papers import PAPERS
from terminal.console.words.records import RECORDS
from terminal.console.words.shell import SHELL

_FILES: Final = (SHELL, COUNTER, FLOWS, FLOW_QUESTIONS, OVERSIGHT, ALARMS, RECORDS, MANAGING, PAPERS, AUDITING)
TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    dict(chain.from_iterable(each.items() for each in _FILES))
)
"""key: (ja, en)."""
