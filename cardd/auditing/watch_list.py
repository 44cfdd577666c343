"""`audit.watch_list`: the resident's card that lies in the reader goes on a list of those that are watched, or off it (W8, W9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from cardd.auditing.known_card import CardLook, look
from cardd.errors import AuditUnavailable, CardUnsupported
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.request import Receipt, Request
from cardd.model import CardHandle, Operation
from cardd.ports import Call

ListName = Literal["staff", "protected"]
Act = Literal["add", "remove"]
YEARS_AHEAD = 10
"""As `cardd.watching.lists` says: so long a card can be valid."""


class List(Protocol):
    """A list on disk; both raise `OSError`."""

    def add(self, card: Mapping[int, str]) -> bool: ...

    def remove(self, card: Mapping[int, str]) -> bool: ...


@dataclass(frozen=True, slots=True)
class Put:
    """What is wanted."""

    card: CardHandle
    list: ListName
    act: Act
    purpose: str
    case: str
    approval: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """`changed`: whether the list is another one now. `known_until_us`: when the certificate ends by which the list knows the card
    (microseconds since 1970), where that could be read; with the next one, which may come earlier, it is another card.
    """

    changed: bool
    known_until_us: int | None
    receipt: Receipt


class WatchLists:
    """Needs a row of the policy for `watch_list`; asks for no PIN of the resident."""

    def __init__(self, gate: Gate, find: Callable[[ListName], List | None]) -> None:
        """`find`: None for a list that cannot be read."""
        self._gate, self._find = gate, find

    async def put(self, call: Call, wanted: Put) -> Done:
        """Whether the list changed: a card may stand there already, or not. On record before it does.

        Raises `AuditUnavailable` (`watch_list_broken`, `watch_list_not_written`), `CardUnsupported`, and what the gate raises.
        """
        known = self._find(wanted.list)
        if known is None:
            raise AuditUnavailable(problem="watch_list_broken")
        request = Request(
            call,
            Operation.WATCH_LIST,
            wanted.card,
            wanted.purpose,
            wanted.case,
            approval=wanted.approval,
            content=(("list", wanted.list), ("act", wanted.act)),
        )

        async def plan(door: Door) -> tuple[dict[int, str], CardLook]:
            seen = await look(door)  # the card shows that it is the one that was put in
            if door.identity is None:
                raise CardUnsupported(problem="no_identity")
            return self._gate.names_by_year(door.kind, door.identity, YEARS_AHEAD), seen

        names, seen = (await self._gate.perform(request, plan)).result
        this_year = min(names)
        receipt = await self._gate.note(
            call,
            self._gate.session(call),
            operation=Operation.WATCH_LIST,
            purpose=wanted.purpose,
            case=wanted.case,
            card=names[this_year],
            problem=wanted.act,
            reason=wanted.list,
        )
        try:
            changed = known.add(names) if wanted.act == "add" else known.remove(names)
        except OSError as error:
            raise AuditUnavailable(problem="watch_list_not_written") from error
        return Done(changed, seen.validity.until_us if seen.validity is not None else None, receipt)
