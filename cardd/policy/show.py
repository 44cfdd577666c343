"""A policy as people draw it: roles across, purposes down, marks for what is allowed. Drawn from its plain values."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from cardd.policy import words
from cardd.policy.matrix import cell_lines, is_empty, marks_used, numbered_clients
from cardd.policy.plain import Plain
from cardd.policy.screen import GAP, columns, grid, longest_word, padded, shared_out, visible, wrapped
from cardd.policy.words import Locale, say

WIDTH = 100
"""Columns."""
NARROWEST = 8
NARROWEST_FILLED = 11
"""A column of the tables whose cells are marks."""
PURPOSE_WIDTH = (16, 28)
"""Narrowest and widest first column."""
RESIDENTS = ("my_number", "juki")
BADGES = ("badge",)


def show(policy: Plain, locale: Locale, width: int = WIDTH) -> list[str]:
    """Lines of at most `width` columns. `policy`: as `plain_policy` gives it."""
    title = say("title", locale, office=policy["office"], version=policy["version"])
    lines = [*wrapped(visible(title), width), *wrapped(f"SHA-256 {policy['hash']}", width), ""]
    clients = numbered_clients(policy)
    for name, cards in (("residents", RESIDENTS), ("badges", BADGES)):
        purposes = [each for each in policy["purposes"] if _rows(policy, each["code"], cards)]
        if purposes:
            lines += [_heading(name, locale), ""]
            lines += _matrix(policy, purposes, cards, clients, locale, width)
    lines += [_heading("rights", locale), "", *_rights(policy, locale, width)]
    lines += [_heading("legend", locale), "", *_legend(policy, clients, locale, width), ""]
    lines += [_heading("bases", locale), "", *_bases(policy, locale, width), ""]
    lines += _unused(policy, locale, width)
    return [*lines, *wrapped(say("default", locale), width)]


def _heading(key: str, locale: Locale) -> str:
    return f"== {say(key, locale)} =="


def _rows(policy: Plain, purpose: str, cards: Sequence[str]) -> list[Plain]:
    return [row for row in policy["rows"] if purpose in row["purposes"] and set(cards) & set(row["cards"])]


def _name(table: Mapping[str, Any], locale: Locale) -> str:
    return visible(str(table[locale]))


def _flags(purpose: Plain, locale: Locale) -> str:
    return "".join(mark.mark.to(locale) for flag, mark in words.PURPOSE_FLAGS.items() if words.flagged(purpose, flag))


# --- the tables ------------------------------------------------------------------------------------------------------


def _matrix(
    policy: Plain,
    purposes: Sequence[Plain],
    cards: Sequence[str],
    clients: Mapping[tuple[str, ...], int],
    locale: Locale,
    width: int,
) -> list[str]:
    heads = [f"{_name(each, locale)} {_flags(each, locale)}".rstrip() for each in purposes]
    codes = [f"({each['code']})" for each in purposes]
    first = _first_width([*heads, *codes])
    filled = {role["code"]: not is_empty(policy, role["code"], cards) for role in policy["roles"]}
    lines: list[str] = []
    for roles, widths in _tables(policy["roles"], filled, first, locale, width):
        rows = [
            [
                [*wrapped(head, first), *wrapped(code, first)],
                *(
                    cell_lines(policy, purpose["code"], role["code"], cards, clients, locale, role_width)
                    for role, role_width in zip(roles, widths, strict=True)
                ),
            ]
            for head, code, purpose in zip(heads, codes, purposes, strict=True)
        ]
        titles = [say("purpose", locale), *(_name(role, locale) for role in roles)]
        lines += [*grid(titles, rows, [first, *widths]), ""]
    return lines


def _rights(policy: Plain, locale: Locale, width: int) -> list[str]:
    approved = [code for code in words.OPERATIONS if any(code in role["approves"] for role in policy["roles"])]
    kinds = [(word.to(locale), "rights", code) for code, word in words.RIGHTS.items()]
    kinds += [
        (say("approves", locale, name=words.OPERATIONS[code].name.to(locale)), "approves", code) for code in approved
    ]
    first = _first_width([name for name, _, _ in kinds])
    kinds.append((words.LAST_TRY.to(locale), "may_spend_last_try", ""))
    lines: list[str] = []
    for roles, widths in _tables(policy["roles"], {}, first, locale, width):
        rows = [
            [wrapped(name, first), *([say("yes", locale) if _has(role, key, code) else ""] for role in roles)]
            for name, key, code in kinds
        ]
        titles = [say("right", locale), *(_name(role, locale) for role in roles)]
        lines += [*_without_rules(grid(titles, rows, [first, *widths])), ""]
    return lines


def _has(role: Plain, key: str, code: str) -> bool:
    return code in role[key] if code else bool(role[key])


def _without_rules(lines: list[str]) -> list[str]:
    """Only the line under the heads: rows of one word each need none between them."""
    rule = lines[-1]
    first = lines.index(rule)
    return [*lines[: first + 1], *(line for line in lines[first + 1 :] if line != rule)]


def _first_width(names: Sequence[str]) -> int:
    narrowest, widest = PURPOSE_WIDTH
    return max(narrowest, min(widest, max(map(columns, names))))


def _tables(
    roles: Sequence[Plain], filled: Mapping[str, bool], first: int, locale: Locale, width: int
) -> list[tuple[Sequence[Plain], list[int]]]:
    """As many roles beside each other as fit, the others in tables below; with the widths of their columns.

    `filled`: whether a role's column has anything in it; one that has not takes no more room than its name.
    """
    room = width - first - len(GAP)
    least = [
        min(room, max(longest_word(_name(role, locale)), NARROWEST_FILLED if filled.get(role["code"]) else NARROWEST))
        for role in roles
    ]
    tables: list[list[int]] = [[]]
    for place in range(len(roles)):
        if tables[-1] and sum(least[each] + len(GAP) for each in [*tables[-1], place]) - len(GAP) > room:
            tables.append([])
        tables[-1].append(place)
    return [
        (
            [roles[place] for place in places],
            shared_out(
                room - len(GAP) * (len(places) - 1),
                [least[place] for place in places],
                [filled.get(roles[place]["code"], True) for place in places],
            ),
        )
        for places in tables
    ]


# --- below the tables ------------------------------------------------------------------------------------------------


def _legend(policy: Plain, clients: Mapping[tuple[str, ...], int], locale: Locale, width: int) -> list[str]:
    """Only the marks that stand above."""
    used = marks_used(policy)
    lines: list[str] = []
    for table in (words.OPERATIONS, words.ITEMS, words.KEYS):
        entries = [f"{mark.mark.to(locale)} {mark.name.to(locale)}" for code, mark in table.items() if code in used]
        lines += _entries(entries, width)
    more = []
    if used & {words.SECOND_PERSON}:
        more.append(f"{words.SECOND_PERSON} {say('second_person', locale)}")
    if used & {words.EMERGENCY_ONLY}:
        more.append(f"{words.EMERGENCY_ONLY} {say('emergency_only', locale)}")
    more += [
        f"{mark} {say('only_card', locale, name=words.CARDS[card].to(locale))}"
        for card, mark in words.ONLY_CARD.items()
        if mark in used
    ]
    more += [f"[{number}] {say('only_clients', locale, names=', '.join(names))}" for names, number in clients.items()]
    flags = [
        f"{mark.mark.to(locale)} {mark.name.to(locale)}"
        for flag, mark in words.PURPOSE_FLAGS.items()
        if any(words.flagged(purpose, flag) for purpose in policy["purposes"])
    ]
    return lines + _entries(more, width) + _entries(flags, width)


def _entries(entries: Sequence[str], width: int) -> list[str]:
    """Entries one behind the other, three blanks between them, none broken where that can be avoided."""
    lines: list[str] = []
    for entry in entries:
        if lines and columns(lines[-1]) + 3 + columns(entry) <= width:
            lines[-1] += f"   {entry}"
        else:
            lines += wrapped(entry, width, "   ")
    return lines


def _bases(policy: Plain, locale: Locale, width: int) -> list[str]:
    first = _first_width([_name(purpose, locale) for purpose in policy["purposes"]])
    lines: list[str] = []
    for purpose in policy["purposes"]:
        names = wrapped(_name(purpose, locale), first)
        bases = wrapped(visible(purpose["legal_basis"]), width - first - len(GAP))
        both = zip_longest(names, bases, fillvalue="")
        lines += [(padded(name, first) + " " * len(GAP) + basis).rstrip() for name, basis in both]
    return lines


def _unused(policy: Plain, locale: Locale, width: int) -> list[str]:
    unused = [_name(each, locale) for each in policy["purposes"] if not _rows(policy, each["code"], RESIDENTS + BADGES)]
    return [*wrapped(say("unused", locale, names=", ".join(unused)), width, "   "), ""] if unused else []
