"""The policy in force: who may do what under which purpose, and a question to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from cardd.client import RemoteError
from terminal.console.console import Screen
from terminal.console.page import Page, screen_route
from terminal.console.problem import of_remote

KEY: Final = "policy"
FLAGS: Final = ("number_law", "high_risk", "resident_code", "emergency")
OPERATIONS: Final = (
    "read", "certificate", "sign", "grant", "certificate_check", "pin_status", "token_info", "change_pin",
    "badge_enrol", "badge_renew", "badge_unblock", "disclose", "watch_list",
)  # fmt: skip
"""What rows allow (docs/policy.md)."""
KEYS: Final = ("authentication", "signature", "key_management", "card_authentication")
CARDS: Final = ("my_number", "juki", "badge")


@dataclass(frozen=True, slots=True)
class Allowed:
    """One operation in one cell. `objects`: items or keys; `cards`: kinds, where not every resident's card is meant."""

    operation: str
    objects: tuple[str, ...]
    cards: tuple[str, ...]
    clients: tuple[str, ...]
    second_person: bool
    emergency_only: bool


def cells(policy: Mapping[str, Any]) -> dict[tuple[str, str], tuple[Allowed, ...]]:
    """What each role may do under each purpose (codes), rows that say the same but for their items joined. Empty cells are left out."""
    found: dict[tuple[str, str], dict[tuple[Any, ...], list[str]]] = {}
    for row in policy.get("rows", ()):
        for place in _places(row):
            cell = found.setdefault(place, {})
            for operation in row["operations"]:
                alike = (operation, _cards(row["cards"]), _clients(row), row["second_person"], row["emergency_only"])
                objects = cell.setdefault(alike, [])
                objects += [each for each in _objects(row, operation) if each not in objects]
    return {place: tuple(_allowed(alike, objects) for alike, objects in cell.items()) for place, cell in found.items()}


def _places(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for purpose in row["purposes"]:
        for role in row["roles"]:
            yield purpose, role


def _objects(row: Mapping[str, Any], operation: str) -> tuple[str, ...]:
    if operation == "read":
        return tuple(f"item.{item}" for item in row["items"])
    return tuple(f"key.{key}" for key in row["keys"]) if operation in {"sign", "certificate", "grant"} else ()


def _cards(cards: Iterable[str]) -> tuple[str, ...]:
    """Nothing to say where both kinds of residents' cards are meant, or badges alone."""
    kinds = tuple(cards)
    return () if {"my_number", "juki"} <= set(kinds) or kinds == ("badge",) else kinds


def _clients(row: Mapping[str, Any]) -> tuple[str, ...]:
    return () if "*" in row["clients"] else tuple(row["clients"])


def _allowed(alike: tuple[Any, ...], objects: list[str]) -> Allowed:
    operation, cards, clients, second_person, emergency_only = alike
    return Allowed(operation, tuple(objects), cards, clients, second_person, emergency_only)


async def show(page: Page) -> Response:
    """The table, and the answer where something was asked."""
    desk, asked = page.desk, page.request.query_params
    policy = desk.policy
    answer, problem = None, None
    if asked.get("operation") in OPERATIONS:
        try:
            answer = await page.console.call("policy.explain", **_question(page))
        except RemoteError as error:
            problem = of_remote(error).told(desk.locale)
    return page.show(
        "policy.html",
        policy=policy,
        cells=cells(policy),
        rights=_union(policy, "rights"),
        approved=_union(policy, "approves"),
        row_ids=frozenset(row["id"] for row in policy.get("rows", ())),
        flags=FLAGS,
        operations=OPERATIONS,
        keys=KEYS,
        cards=CARDS,
        items=_items(policy),
        asked={name: asked.get(name, "") for name in ("role", "operation", "purpose", "card_kind", "key")},
        asked_items=asked.getlist("item"),
        answer=answer,
        problem=problem,
    )


def _question(page: Page) -> dict[str, Any]:
    asked = page.request.query_params
    words = {name: asked[name] for name in ("role", "purpose", "key", "card_kind") if asked.get(name)}
    operation = asked["operation"]
    items = tuple(asked.getlist("item")) if operation == "read" else ()
    if operation not in {"sign", "certificate", "grant"}:
        words.pop("key", None)
    return {"operation": operation, "items": items, **words}


def _union(policy: Mapping[str, Any], what: str) -> list[str]:
    return list(dict.fromkeys(word for role in policy.get("roles", ()) for word in role[what]))


def _items(policy: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(item for row in policy.get("rows", ()) for item in row["items"]))


SCREEN = Screen(KEY, "/policy", "manage", (screen_route("/policy", KEY, show),), lambda desk: bool(desk.rights))
