"""Two policies compared by what they decide: who may do more, who less, where a second person comes in. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cardd.model import Operation
from cardd.policy.rules import Allowing, Policy
from cardd.policy.table import ANY_CLIENT, BADGE_CARE, Purpose, Role

Way = Literal["no", "yes", "second_person", "emergency_only"]
"""How one cell is decided."""
Cell = tuple[str, str, str, str, str, str]
"""role, purpose, operation, item or key (empty where there is none), kind of card, client (`*`: each that is not named)."""
Block = tuple[tuple[str, ...], ...]
"""The same six, each with one word or more: all combinations of them."""
_ORDERS = ((5, 4, 3, 0, 1, 2), (5, 4, 0, 1, 3, 2), (5, 4, 1, 3, 0, 2), (3, 4, 0, 1, 5, 2))
"""Of places in a cell."""
FLAGS = ("number_law", "high_risk", "emergency", "resident_code")
REQUIRED = "certificate_status"


@dataclass(frozen=True, slots=True)
class Moved:
    """Cells that went from one way to another."""

    before: Way
    after: Way
    cells: int
    blocks: tuple[Block, ...]
    """The same cells, put together so that few lines say it."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A word of a role or purpose that changed, or a flag."""

    table: Literal["role", "purpose"]
    code: str
    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new policy changes."""

    versions: tuple[int, int]
    clients: frozenset[str]
    """All that either policy names, and `*` for the others."""
    gone: tuple[tuple[str, str], ...]
    """Table (`role`, `purpose`) and code of what the new one does not know any more."""
    new: tuple[tuple[str, str], ...]
    changed: tuple[Renamed, ...]
    moved: tuple[Moved, ...]

    @property
    def nothing(self) -> bool:
        """Whether both decide all questions alike and say the same in words."""
        return not (self.gone or self.new or self.changed or self.moved)


def compare(old: Policy, new: Policy) -> Difference:
    """What is decided otherwise under `new`."""
    gone, added, changed = _tables(old, new)
    clients = frozenset(client for policy in (old, new) for _, _, client in policy.cells) | {ANY_CLIENT}
    versions = (old.table.version, new.table.version)
    return Difference(versions, clients, gone, added, changed, _moved(old, new, clients))


# --- roles and purposes ----------------------------------------------------------------------------------------------


def _tables(
    old: Policy, new: Policy
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], tuple[Renamed, ...]]:
    gone: list[tuple[str, str]] = []
    added: list[tuple[str, str]] = []
    changed: list[Renamed] = []
    gone += [("role", code) for code in old.roles if code not in new.roles]
    gone += [("purpose", code) for code in old.purposes if code not in new.purposes]
    added += [("role", code) for code in new.roles if code not in old.roles]
    added += [("purpose", code) for code in new.purposes if code not in old.purposes]
    for code in new.roles:
        was = _of_role(old.roles[code]) if code in old.roles else {}
        changed += [Renamed("role", code, *pair) for pair in _pairs(was, _of_role(new.roles[code]))]
    for code in new.purposes:
        was = _of_purpose(old.purposes[code]) if code in old.purposes else {}
        changed += [Renamed("purpose", code, *pair) for pair in _pairs(was, _of_purpose(new.purposes[code]))]
    return tuple(gone), tuple(added), tuple(changed)


def _of_role(role: Role) -> dict[str, str]:
    said = {"ja": role.ja, "en": role.en, "may_spend_last_try": "yes" if role.may_spend_last_try else ""}
    said |= {f"right:{right}": "yes" for right in role.rights}
    return said | {f"approves:{operation}": "yes" for operation in role.approves}


def _of_purpose(purpose: Purpose) -> dict[str, str]:
    said = {"ja": purpose.ja, "en": purpose.en, "legal_basis": purpose.legal_basis}
    said |= {flag: "yes" if getattr(purpose, flag) else "" for flag in FLAGS}
    return said | {REQUIRED: "yes" if purpose.certificate_status == "require" else ""}


def _pairs(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    """Key, before, after. Of what is new as a whole, the names need not be told again."""
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key, ""), after.get(key, "")
        if was != now and (before or key not in ("ja", "en", "legal_basis")):
            yield key, was, now


# --- cells -----------------------------------------------------------------------------------------------------------


def _moved(old: Policy, new: Policy, clients: frozenset[str]) -> tuple[Moved, ...]:
    before, after = _ways(old, sorted(clients)), _ways(new, sorted(clients))
    groups: dict[tuple[Way, Way], list[Cell]] = {}
    for cell in dict.fromkeys((*before, *after)):
        pair = (before.get(cell, "no"), after.get(cell, "no"))
        if pair[0] != pair[1]:
            groups.setdefault(pair, []).append(cell)
    return tuple(Moved(*pair, len(groups[pair]), _blocks(groups[pair])) for pair in sorted(groups, key=_order))


def _order(pair: tuple[Way, Way]) -> tuple[bool, bool, tuple[Way, Way]]:
    """What becomes possible first, then what is not any more, then the rest."""
    return (pair[0] != "no", pair[1] != "no", pair)


def _ways(policy: Policy, clients: Iterable[str]) -> dict[Cell, Way]:
    """How each cell is decided, for each client by name and for those that are not named."""
    found: dict[Cell, Way] = {}
    for client in clients:
        for role, purpose, of in policy.cells:
            if of not in (client, ANY_CLIENT):
                continue
            for (operation, what, card), allowing in policy.cells[(role, purpose, of)].items():
                cell = (role, purpose, operation.value, what.value if what else "", card.value, client)
                found[cell] = _stricter(found.get(cell), _way(operation, allowing))
    return found


def _way(operation: Operation, allowing: Allowing) -> Way:
    if allowing.second_person or (operation in BADGE_CARE and allowing.plain):
        return "second_person"
    return "yes" if allowing.plain else "emergency_only"


def _stricter(one: Way | None, other: Way) -> Way:
    """Of two rows that allow the same, the one that counts."""
    order: tuple[Way, ...] = ("second_person", "yes", "emergency_only")
    return other if one is None else min(one, other, key=order.index)


def _blocks(cells: Iterable[Cell]) -> tuple[Block, ...]:
    """Put cells together: what differs in one place only becomes one. Which place comes first decides how many are left;
    the order with the fewest is taken."""
    single: list[Block] = [tuple((word,) for word in cell) for cell in cells]
    return min((_joined(single, order) for order in _ORDERS), key=len)


def _joined(blocks: list[Block], order: Iterable[int]) -> tuple[Block, ...]:
    while True:
        before = len(blocks)
        for place in order:
            blocks = _merged(blocks, place)
        if len(blocks) == before:
            return tuple(blocks)


def _merged(blocks: Iterable[Block], place: int) -> list[Block]:
    groups: dict[Block, list[str]] = {}
    for block in blocks:
        groups.setdefault((*block[:place], *block[place + 1 :]), []).extend(block[place])
    return [(*rest[:place], tuple(dict.fromkeys(words)), *rest[place:]) for rest, words in groups.items()]
