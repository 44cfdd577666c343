"""What a prompt says beyond the words of cardctl. A part of `terminal.words`."""

from collections.abc import Mapping
from types import MappingProxyType

PROMPT_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType({})
