"""A difference between two policies in sentences, and as plain JSON values."""

from collections.abc import Mapping, Sequence

from cardd.policy import words
from cardd.policy.diff import FLAGS, REQUIRED, Block, Difference, Moved, Renamed
from cardd.policy.plain import Plain
from cardd.policy.rules import Policy
from cardd.policy.screen import visible, wrapped
from cardd.policy.show import WIDTH
from cardd.policy.words import Locale, Two

WAYS: Mapping[tuple[str, str], Two] = {
    ("no", "yes"): Two("新たに認める", "Newly allowed"),
    ("no", "second_person"): Two("もう1人の承認があれば、新たに認める", "Newly allowed with a second person"),
    ("no", "emergency_only"): Two("緊急時の特例でだけ、新たに認める", "Newly allowed, under the override only"),
    ("yes", "no"): Two("認めなくなる", "Not allowed any more"),
    ("second_person", "no"): Two("承認があっても認めなくなる", "Not allowed any more, not even with a second person"),
    ("emergency_only", "no"): Two("緊急時にも認めなくなる", "Not allowed any more, not even under the override"),
    ("yes", "second_person"): Two("もう1人の承認が必要になる", "Needs a second person now"),
    ("second_person", "yes"): Two("もう1人の承認が不要になる", "Needs no second person any more"),
    ("yes", "emergency_only"): Two("緊急時の特例でだけ認める", "Allowed under the override only now"),
    ("emergency_only", "yes"): Two("緊急時でなくても認める", "Allowed without the override now"),
    ("second_person", "emergency_only"): Two(
        "承認では足りず、緊急時の特例でだけ認める", "A second person is not enough any more: the override only"
    ),
    ("emergency_only", "second_person"): Two(
        "緊急時でなくても、もう1人の承認があれば認める", "Allowed without the override now, with a second person"
    ),
}
_TEXTS: Mapping[str, Two] = {
    "title": Two("規則 第{old}版 → 第{new}版", "Policy version {old} -> {new}"),
    "nothing": Two("判断は何も変わらない。", "Nothing is decided otherwise."),
    "older": Two("注意: 新しい規則の版が上がっていない。", "Note: the new policy's version is not higher."),
    "count": Two("{what} ({n} 通り)", "{what} ({n} cells)"),
    "roles": Two("役割", "roles"),
    "purposes": Two("利用目的", "purposes"),
    "cards": Two("カード", "cards"),
    "clients": Two("業務", "clients"),
    "others": Two("その他すべて", "all others"),
    "new": Two("新しい{table}: {name}", "New {table}: {name}"),
    "gone": Two("なくなる{table}: {name}", "{table} gone: {name}"),
    "role": Two("役割", "role"),
    "purpose": Two("利用目的", "purpose"),
    "gains": Two("{name}: 「{what}」が加わる", "{name}: gains `{what}`"),
    "loses": Two("{name}: 「{what}」がなくなる", "{name}: loses `{what}`"),
    "text": Two("{name}: {key} 「{before}」→「{after}」", "{name}: {key} `{before}` -> `{after}`"),
}


def plain_difference(difference: Difference) -> Plain:
    """For `--json`."""
    keys = ("roles", "purposes", "operations", "objects", "cards", "clients")
    return {
        "versions": list(difference.versions),
        "same": difference.nothing,
        "gone": [{"table": table, "code": code} for table, code in difference.gone],
        "new": [{"table": table, "code": code} for table, code in difference.new],
        "changed": [
            {"table": each.table, "code": each.code, "key": each.key, "before": each.before, "after": each.after}
            for each in difference.changed
        ],
        "moved": [
            {
                "before": moved.before,
                "after": moved.after,
                "cells": moved.cells,
                "blocks": [{key: list(part) for key, part in zip(keys, block, strict=True)} for block in moved.blocks],
            }
            for moved in difference.moved
        ],
    }


def told(difference: Difference, old: Policy, new: Policy, locale: Locale, width: int = WIDTH) -> list[str]:
    """Lines of at most `width` columns."""
    names = _Names(old, new, locale)
    before, after = difference.versions
    lines = [names.say("title", old=before, new=after)]
    if difference.nothing:
        return [*lines, names.say("nothing")]
    if after <= before:
        lines.append(names.say("older"))
    lines += [names.say("gone", table=names.say(table), name=names.of(table, code)) for table, code in difference.gone]
    lines += [names.say("new", table=names.say(table), name=names.of(table, code)) for table, code in difference.new]
    lines += [names.changed(each) for each in difference.changed]
    wide = [part for line in lines for part in wrapped(line, width, "    ")]
    for moved in difference.moved:
        wide += ["", *names.moved(moved, difference.clients, width)]
    return wide


_OBJECTS = {**words.ITEMS, **words.KEYS}


class _Names:
    """Codes as people know them."""

    def __init__(self, old: Policy, new: Policy, locale: Locale) -> None:
        self._locale = locale
        self._tables: dict[str, dict[str, Two]] = {
            "role": {code: Two(role.ja, role.en) for code, role in (*old.roles.items(), *new.roles.items())},
            "purpose": {code: Two(each.ja, each.en) for code, each in (*old.purposes.items(), *new.purposes.items())},
        }

    def say(self, text: str, **values: object) -> str:
        return _TEXTS[text].to(self._locale).format(**values)

    def of(self, table: str, code: str) -> str:
        return f"{visible(self._tables[table][code].to(self._locale))} ({code})"

    def changed(self, each: Renamed) -> str:
        name = self.of(each.table, each.code)
        what = self._word(each.key)
        if what is None:
            before, after = visible(each.before), visible(each.after)
            return self.say("text", name=name, key=each.key, before=before, after=after)
        return self.say("gains" if each.after else "loses", name=name, what=what)

    def _word(self, key: str) -> str | None:
        kind, _, code = key.partition(":")
        if kind == "right":
            return words.RIGHTS[code].to(self._locale)
        if kind == "approves":
            return words.say("approves", self._locale, name=words.OPERATIONS[code].name.to(self._locale))
        if key == "may_spend_last_try":
            return words.LAST_TRY.to(self._locale)
        return words.PURPOSE_FLAGS[key].name.to(self._locale) if key in (*FLAGS, REQUIRED) else None

    def moved(self, moved: Moved, everybody: frozenset[str], width: int) -> list[str]:
        what = WAYS[(moved.before, moved.after)].to(self._locale)
        lines = wrapped(self.say("count", what=what, n=moved.cells), width)
        for block in moved.blocks:
            lines += self._block(block, everybody, width)
        return lines

    def _block(self, block: Block, everybody: frozenset[str], width: int) -> list[str]:
        roles, purposes, operations, objects, cards, clients = block
        what = self._list([words.OPERATIONS[code].name.to(self._locale) for code in operations])
        if objects != ("",):
            what += f": {self._list([_OBJECTS[code].name.to(self._locale) for code in objects])}"
        pairs = [
            ("roles", [self.of("role", code) for code in roles]),
            ("purposes", [self.of("purpose", code) for code in purposes]),
            ("cards", [words.CARDS[code].to(self._locale) for code in cards]),
        ]
        lines = wrapped(f"  - {what}", width, "    ")
        for key, names in pairs:
            lines += wrapped(f"    {self.say(key)}: {self._list(names)}", width, "      ")
        if set(clients) != everybody:
            of = self._list([self.say("others") if code == "*" else code for code in clients])
            lines += wrapped(f"    {self.say('clients')}: {of}", width, "      ")
        return lines

    def _list(self, names: Sequence[str]) -> str:
        return ("、" if self._locale == "ja" else ", ").join(names)
