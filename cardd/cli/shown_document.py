"""A document as a person sees it before agreeing to sign it: name, size, pages, digest, and under which purpose and key."""

from collections.abc import Mapping
from typing import Any

from cardd.cli import screen
from cardd.cli.texts import Speech

GROUP = 4
"""Hex digits of a digest that stand together, as people compare them."""
GROUPS_A_LINE = 8
UNITS = ("B", "KB", "MB", "GB", "TB")
STEP = 1000
"""As the units of SI count, and file managers with them."""


def lines(say: Speech, asked: Mapping[str, Any]) -> list[str]:
    """The question `document` of `agent.confirm`, aligned for a terminal, two lines of them for the digest."""
    document = asked["document"]
    first, *more = digest_lines(document["sha256"])
    rows = [
        (say("document.name"), document["name"]),
        (say("document.size"), size(say, document["size"])),
        (say("document.pages"), say("document.page_count", n=document["pages"]) if document.get("pages") else None),
        (say("document.purpose"), asked.get("purpose")),
        (say("document.case"), asked.get("case")),
        (say("document.key"), say(f"key.{asked['key']}") if asked.get("key") else None),
        (say("document.digest"), first),
    ]
    told = [row for row in rows if row[1] is not None]
    indent = " " * (max(screen.columns(label) for label, _ in told) + len(screen.GAP))
    return [*screen.table(told), *(indent + line for line in more)]


def size(say: Speech, octets: int) -> str:
    """Bytes in the unit that a person reads, and exactly behind it."""
    exact = say("document.bytes", n=f"{octets:,}")
    return exact if octets < STEP else say("document.about", n=in_units(octets), exact=exact)


def in_units(octets: int) -> str:
    """Bytes in the unit that a person reads."""
    value, unit = float(octets), 0
    while value >= STEP and unit < len(UNITS) - 1:
        value, unit = value / STEP, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else f"{octets} B"


def digest_lines(digest: str) -> list[str]:
    """A digest in groups of four, so many in a line."""
    groups = [digest[place : place + GROUP] for place in range(0, len(digest), GROUP)]
    return [" ".join(groups[place : place + GROUPS_A_LINE]) for place in range(0, len(groups), GROUPS_A_LINE)]
