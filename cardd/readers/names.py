"""Reader names for people: untrusted text made safe for terminals, logs and pages."""

import unicodedata

NAME_LONGEST = 128
"""Bytes of UTF-8; MAX_READERNAME of pcsc-lite."""
NAMELESS = "reader"

# Control, format (bidi overrides), surrogate, private use, unassigned, line and paragraph separators.
UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean_name(name: str) -> str:
    """`name` without anything that acts on a terminal, one space for each run of what was taken out, at most 128 bytes."""
    shown = "".join(" " if unicodedata.category(letter) in UNSAFE else letter for letter in name)
    shown = " ".join(shown.split())
    return shown.encode("utf-8")[:NAME_LONGEST].decode("utf-8", "ignore").strip() or NAMELESS
