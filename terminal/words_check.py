"""What `cardd-agent --check` says. A part of `terminal.words`."""

from collections.abc import Mapping
from types import MappingProxyType

CHECK_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType({})
