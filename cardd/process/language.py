"""The language of whoever started a program."""

import os
from typing import Literal


def language_of_environment() -> Literal["ja", "en"]:
    """`ja` when the terminal speaks Japanese (LC_ALL, LC_MESSAGES, LANG, the first that is set), else `en`."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "ja" if os.environ[name].startswith("ja") else "en"
    return "en"
