"""One cell of the table: what one role may do under one purpose, as lines of marks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from cardd.policy import words
from cardd.policy.plain import Plain
from cardd.policy.screen import columns, wrapped
from cardd.policy.words import Locale

Way = Literal["plain", "second_person", "emergency_only"]
Clients = tuple[str, ...]
ANYONE: Clients = ("*",)
_READ = "read"
_KEYED = ("certificate", "sign", "grant")
_ALWAYS_TWO = ("badge_enrol", "badge_renew", "badge_unblock")
_MARK_OF_WAY: Mapping[Way, str] = {
    "plain": "",
    "second_person": words.SECOND_PERSON,
    "emergency_only": words.EMERGENCY_ONLY,
}


def numbered_clients(policy: Plain) -> dict[Clients, int]:
    """Lists of clients that are named in rows, with the number by which the table names them."""
    numbers: dict[Clients, int] = {}
    for row in policy["rows"]:
        if "*" not in row["clients"]:
            numbers.setdefault(tuple(sorted(row["clients"])), len(numbers) + 1)
    return numbers


def cell_lines(
    policy: Plain,
    purpose: str,
    role: str,
    cards: Sequence[str],
    clients: Mapping[Clients, int],
    locale: Locale,
    width: int,
) -> list[str]:
    """Lines of at most `width` columns. `cards`: the kinds of card that the table is about."""
    groups: dict[tuple[str, str], list[str]] = {}
    for (operation, what, named, way), kinds in _allowed(policy, purpose, role, cards).items():
        head = words.OPERATIONS[operation].mark.to(locale) + _MARK_OF_WAY[way] + _mark_of_cards(kinds, cards)
        head += f"[{clients[named]}]" if named != ANYONE else ""
        groups.setdefault((operation, head), []).extend([] if what is None else [what])
    lines: list[str] = []
    bare: list[str] = []
    for operation in words.OPERATIONS:
        for (of, head), objects in groups.items():
            if of == operation and objects:
                lines += _objects(head, operation, objects, locale, width)
            elif of == operation:
                bare.append(head)
    return [*lines, *(wrapped(" ".join(bare), width) if bare else [])] or [""]


def is_empty(policy: Plain, role: str, cards: Sequence[str]) -> bool:
    """Whether nothing at all is allowed to this role with these kinds of card."""
    return not any(_allowed(policy, purpose["code"], role, cards) for purpose in policy["purposes"])


def marks_used(policy: Plain) -> set[str]:
    """Codes of operations, items and keys, and marks of ways and cards, that stand in the tables."""
    used: set[str] = set()
    for row in policy["rows"]:
        used |= {*row["operations"], *row["items"], *row["keys"]}
        used |= {words.SECOND_PERSON} if row["second_person"] or set(_ALWAYS_TWO) & set(row["operations"]) else set()
        used |= {words.EMERGENCY_ONLY} if row["emergency_only"] else set()
    for purpose in policy["purposes"]:
        for role in policy["roles"]:
            for kinds in _allowed(policy, purpose["code"], role["code"], ("my_number", "juki")).values():
                used.add(_mark_of_cards(kinds, ("my_number", "juki")))
    return used


_BEFORE: Mapping[Way, Sequence[Way]] = {
    "second_person": (),
    "plain": ("second_person",),
    "emergency_only": ("second_person", "plain"),
}
Allowed = tuple[str, str | None, Clients, Way]
"""operation, item or key, clients, way"""


def _allowed(policy: Plain, purpose: str, role: str, cards: Sequence[str]) -> dict[Allowed, set[str]]:
    """What the role may do under the purpose, and with which of `cards`. Of two ways, the one that counts."""
    found: dict[Allowed, set[str]] = {}
    for row in policy["rows"]:
        kinds = set(cards) & set(row["cards"])
        if role in row["roles"] and purpose in row["purposes"] and kinds:
            named = ANYONE if "*" in row["clients"] else tuple(sorted(row["clients"]))
            for operation, what in _done(row):
                found.setdefault((operation, what, named, _way(row, operation)), set()).update(kinds)
    return {key: kinds for key in found if (kinds := _counting(key, found))}


def _counting(key: Allowed, found: Mapping[Allowed, set[str]]) -> set[str]:
    """The kinds of card for which this way counts: where the same is allowed in a stricter or plainer way, that one does."""
    operation, what, named, way = key
    kinds = set(found[key])
    for before in _BEFORE[way]:
        for by in (named, ANYONE):
            kinds -= found.get((operation, what, by, before), set())
    return kinds


def _done(row: Plain) -> Iterator[tuple[str, str | None]]:
    for operation in row["operations"]:
        objects = row["items"] if operation == _READ else row["keys"] if operation in _KEYED else (None,)
        for what in objects:
            yield operation, what


def _way(row: Plain, operation: str) -> Way:
    if row["second_person"] or operation in _ALWAYS_TWO:
        return "second_person"
    return "emergency_only" if row["emergency_only"] else "plain"


def _mark_of_cards(kinds: set[str], cards: Sequence[str]) -> str:
    return "" if kinds == set(cards) else "".join(words.ONLY_CARD[card] for card in cards if card in kinds)


def _objects(head: str, operation: str, objects: list[str], locale: Locale, width: int) -> list[str]:
    table = words.ITEMS if operation == _READ else words.KEYS
    indent = " " * (columns(head) + 1 if columns(head) < width // 2 else 1)
    lines, before = [head], " "
    for mark in (table[code].mark.to(locale) for code in table if code in objects):
        # Wide marks of one character need no blank between them.
        added = mark if len(before) == len(mark) == 1 and before != " " else f" {mark}"
        if columns(lines[-1]) + columns(added) > width:
            lines.append(indent + mark)
        else:
            lines[-1] += added
        before = mark
    return lines
