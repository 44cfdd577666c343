"""Every cell of the shipped policy and of 1,000 random ones is decided as an oracle decides it that shares no code with cardd."""

import random
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import pytest

from cardd.model import CardKind, Item, KeyRole, Operation, PinKind
from cardd.policy import decide as deciding
from cardd.policy import rules
from cardd.policy.facts import Question
from cardd.policy.load import from_bytes
from cardd.policy.rules import Allowing, Policy
from tests.unit.cardd.policy import random_policy
from tests.unit.cardd.policy.oracle import BY_TWO, CARE, KEYED, PLAIN, PROOFS, RIGHTS, Asked, Tree, Verdict, verdict

EXAMPLE = (Path(__file__).parents[4] / "cardd/policy/example.toml").read_bytes()
ROLES = [role["code"] for role in tomllib.loads(EXAMPLE.decode())["roles"]]
SEEDS = range(1_000)
PARTS = 4

Shape = tuple[str, tuple[str, ...], str | None, str | None]
"""operation, items, key, PIN"""


def by_cardd(policy: Policy, asked: Asked) -> Verdict:
    question = Question(
        Operation(asked.operation),
        asked.client,
        CardKind(asked.card),
        asked.role,
        asked.purpose,
        asked.case,
        tuple(Item(item) for item in asked.items),
        None if asked.key is None else KeyRole(asked.key),
        None if asked.pin is None else PinKind(asked.pin),
        asked.private,
        asked.emergency,
    )
    decision = deciding.decide(question, policy)
    assert decision.allowed is not bool(decision.reason), decision
    return (decision.allowed, decision.second_person, decision.pin_again)


def shapes(items: Iterable[str], keys: Iterable[str], pins: Iterable[str | None]) -> list[Shape]:
    """All that can be asked for by one word."""
    pins = list(pins)
    found: list[Shape] = [("read", (item,), None, pin) for item in items for pin in (None, "verification_a")]
    found += [(operation, (), key, None) for operation in KEYED for key in keys]
    found += [(operation, (), None, pin) for operation in PLAIN for pin in pins]
    found += [(operation, (), None, None) for operation in (*PROOFS, *RIGHTS, *BY_TWO, *CARE)]
    return found


def cells(
    tree: Tree, found: Iterable[Shape], cards: Iterable[str], clients: Iterable[str], roles: Iterable[str | None]
) -> Iterator[Asked]:
    purposes = [each["code"] for each in tree["purposes"]]
    for role, purpose, shape, card, client, private, emergency in product(
        roles, [*purposes, "unknown"], found, cards, clients, (False, True), (False, True)
    ):
        operation, items, key, pin = shape
        yield Asked(operation, card, role, purpose, items, key, pin, client, private, emergency)


def differences(tree: Tree, policy: Policy, asked: Iterable[Asked]) -> list[tuple[Asked, Verdict]]:
    return [(each, expected) for each in asked if by_cardd(policy, each) != (expected := verdict(tree, each))]


def shipped_cells(tree: Tree, role: str | None) -> Iterator[Asked]:
    found = shapes([item.value for item in Item], [key.value for key in KeyRole], [None, *PinKind])
    return cells(tree, found, [kind.value for kind in CardKind], ["counter-app", "other"], [role])


@pytest.mark.proves("S7", "S8", "fault 91", "fault 93")
@pytest.mark.parametrize("role", [*ROLES, "unknown", None])
def test_every_cell_of_the_shipped_policy_is_decided_as_the_oracle_decides_it(role: str | None) -> None:
    tree, policy = tomllib.loads(EXAMPLE.decode()), from_bytes(EXAMPLE)
    seen: Counter[Verdict] = Counter()
    for asked in shipped_cells(tree, role):
        expected = verdict(tree, asked)
        assert by_cardd(policy, asked) == expected, asked
        if asked.operation not in PROOFS:
            seen[expected] += 1
    assert (sum(seen.values()) > seen[(False, False, False)]) is (role in ROLES)
    assert ((True, True, True) in seen) is (role in {"card_issuing", "supervisor"})
    assert ((True, True, False) in seen) is (role in {"administrator", "card_issuing", "supervisor", "auditor"})


def questions(chance: random.Random, tree: Tree) -> Iterator[Asked]:
    """Requests for several items at once, and with words that the policy does not use."""
    roles = [None, "unknown", *(each["code"] for each in tree["roles"] * 3)]
    purposes = [None, "unknown", *(each["code"] for each in tree["purposes"] * 4)]
    for _ in range(100):
        several = tuple(chance.sample(random_policy.ITEMS, chance.randint(0, 3)))
        items = several if chance.random() < 0.8 else tuple(chance.sample([*Item], chance.randint(1, 4)))
        operation = chance.choice(["read"] * 8 + [operation.value for operation in Operation])
        key = chance.choice([None, "authentication", *(key.value for key in KeyRole)]) if operation in KEYED else None
        yield Asked(
            operation,
            chance.choice(["my_number", "badge", *(kind.value for kind in CardKind)]),
            chance.choice(roles),
            chance.choice(purposes),
            items if operation == "read" else (),
            key if operation not in KEYED or key is not None else "signature",
            chance.choice([None, None, "verification_a"]),
            chance.choice(["counter-app", "other", "third"]),
            chance.random() < 0.3,
            chance.random() < 0.3,
            chance.choice(["1", "1", "1", "", None]),
        )


def random_cells(tree: Tree) -> Iterator[Asked]:
    found = shapes(random_policy.ITEMS, random_policy.KEYS, [None])
    return cells(tree, found, random_policy.CARDS, ["counter-app", "other"], [each["code"] for each in tree["roles"]])


@pytest.mark.proves("S7", "fault 93")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_cell_of_random_policies_is_decided_as_the_oracle_decides_it(part: int) -> None:
    seen: Counter[Verdict] = Counter()
    for seed in SEEDS[part::PARTS]:
        chance = random.Random(f"policy {seed}")
        text = random_policy.policy_text(chance)
        tree, policy = tomllib.loads(text), from_bytes(text.encode())
        for asked in (*random_cells(tree), *questions(chance, tree)):
            expected = verdict(tree, asked)
            assert by_cardd(policy, asked) == expected, (seed, asked, text)
            seen[expected] += 1
    assert len(seen) == 5  # all that can be said, and often
    assert min(seen.values()) > 1_000, seen


def without_second_person(*_asked: object, **_how: object) -> tuple[str, bool]:
    return "row", False


def first_row_wins(
    question: Question, what: Item | KeyRole | None, policy: Policy, *, emergency: bool
) -> tuple[str, bool] | None:
    """As the index could have been asked wrongly: the row without a second person before the one with."""
    shape = (question.operation, what, question.card_kind)
    for client in (question.client, "*"):
        found = policy.cells.get((question.role or "", question.purpose or "", client), {}).get(shape, Allowing())
        if found.plain or (emergency and found.emergency_only):
            return found.plain or found.emergency_only or "", False
        if found.second_person:
            return found.second_person, not emergency
    return None


@pytest.mark.parametrize(
    "wrong",
    [*(rule.__name__ for rule in rules.RULES), "without_second_person", "first_row_wins", "badge care alone"],
)
def test_the_oracle_finds_a_wrong_decision(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take one rule away, or bend one: somewhere in the shipped policy or a few random ones the answers must differ."""
    policies = [EXAMPLE] + [random_policy.policy_text(random.Random(f"policy {seed}")).encode() for seed in range(30)]
    if wrong == "badge care alone":
        monkeypatch.setattr(rules, "BADGE_CARE", frozenset())
    elif wrong in ("without_second_person", "first_row_wins"):
        monkeypatch.setattr(rules, "_row", {"first_row_wins": first_row_wins}.get(wrong, without_second_person))
    else:
        kept = tuple(rule for rule in rules.RULES if rule.__name__ != wrong)
        monkeypatch.setattr(deciding, "RULES", kept)
    assert any(found_out(text) for text in policies)


def found_out(text: bytes) -> bool:
    tree, policy = tomllib.loads(text.decode()), from_bytes(text)
    chance = random.Random("questions")
    asked = list(
        cells(
            tree,
            shapes(["name", "my_number"], ["signature"], [None]),
            ["badge", "my_number"],
            ["x"],
            ["counter", "role_0", None],
        )
    )
    try:
        return bool(differences(tree, policy, [*asked, *questions(chance, tree)]))
    except LookupError:
        return True  # a later rule relies on the one that was taken away
