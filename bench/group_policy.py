"""What one decision costs, with the shipped policy and with one of a hundred times as many lines; and what loading that costs."""

import gc
import random
import re
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.place import Place
from bench.rows import DECISION_GROWTH_LIMIT, DECISION_LIMIT_US
from bench.scope import Say, Scope
from cardd.model import Item, KeyRole, Operation
from cardd.policy.decide import decide
from cardd.policy.facts import Question
from cardd.policy.load import from_bytes
from cardd.policy.rules import Policy, cells_of

SHIPPED = Path(__file__).parent.parent / "cardd" / "policy" / "example.toml"
TIMES = 100
QUESTIONS = 2000
FEW = 200
"""Where each takes long."""
MIB = 1024 * 1024
Ask = Callable[[Question, Policy], object]


def measure(_place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """Needs neither readers nor a daemon: a decision is a function."""
    say(f"policy: {scope.decisions} rounds of {QUESTIONS} decisions, shipped and {TIMES} times as long")
    text = SHIPPED.read_text(encoding="utf-8")
    small, long = from_bytes(text.encode()), multiplied(text)
    large, load_s, memory = _loaded(long)
    asked = questions(small, [""])
    asked_large = questions(small, [suffix(number) for number in range(TIMES)])
    single = [_round(decide, small, asked) for _ in range(scope.decisions)]
    grown = [_round(decide, large, asked_large) for _ in range(scope.decisions)]
    read = [_round(by_reading, small, asked) for _ in range(scope.decisions)]
    read_large = [_round(by_reading, large, asked_large[:FEW]) for _ in range(scope.decisions)]
    how = f"each of {QUESTIONS} questions timed alone, half of them allowed; the median of each round"
    lines, many = text.count("\n"), long.count("\n")
    again = "the medians of round and round, taken in the same run"
    findings.figures += [
        Figure("decision", f"one decision, shipped policy ({lines} lines)", Spread.of(single), "us", how, DECISION_LIMIT_US),
        Figure("decision_large", f"one decision, {many} lines", Spread.of(grown), "us", how, DECISION_LIMIT_US),
        Figure("decision_growth", f"the same, {TIMES} times the lines / shipped", _ratio(grown, single), "x", again, DECISION_GROWTH_LIMIT),
        Figure("decision_read", "one decision / reading through the rows, shipped", _ratio(single, read), "x", again),
        Figure("decision_read_large", f"the same, {many} lines", _ratio(grown, read_large), "x", again),
        Figure("policy_load", f"loading {many} lines", Spread.of([load_s]), "s", f"once, at start; {len(large.lines)} tables"),
        Figure("policy_memory", f"memory of {many} lines", Spread.of([memory]), "MiB", "by tracemalloc, after loading"),
    ]  # fmt: skip


def suffix(number: int) -> str:
    return f"_{number}"


def multiplied(text: str) -> str:
    """The policy a hundred times, each with roles, purposes and rows of its own."""
    head, body = text[: text.index("[[roles]]")], text[text.index("[[roles]]") :]
    return head + "".join(_renamed(body, suffix(number)) for number in range(TIMES))


def _renamed(body: str, ending: str) -> str:
    def each(line: re.Match[str]) -> str:
        return line[1] + re.sub(r'"(\w+)"', rf'"\1{ending}"', line[2])

    return re.sub(r"(?m)^((?:code|id|roles|purposes) = )(.*)$", each, body)


def questions(policy: Policy, endings: Sequence[str]) -> list[Question]:
    """About what the rows allow, and as many that differ from it in the role."""
    chance = random.Random("questions")
    cells = [cell for row in policy.table.rows if not row.emergency_only for cell in cells_of(row)]
    found = []
    for place in range(QUESTIONS):
        role, purpose, operation, what, card, _ = chance.choice(cells)
        ending = chance.choice(endings)
        items = (what,) if isinstance(what, Item) else ()
        key = what if isinstance(what, KeyRole) else None
        asked = Question(operation, "counter-app", card, role + ending, purpose + ending, "1", items, key)
        found.append(asked if place % 2 else replace(asked, role="auditor" + ending))
    return found


def by_reading(question: Question, policy: Policy) -> bool:
    """Whether some row allows it, found by reading one after the other: what an index is to be compared with."""
    wanted = question.items or (question.key,)
    return any(
        question.role in row.roles
        and question.purpose in row.purposes
        and question.operation in row.operations
        and question.card_kind in row.cards
        and (not question.items or set(wanted) <= set(row.items))
        and (question.operation not in (Operation.SIGN, Operation.CERTIFICATE) or question.key in row.keys)
        for row in policy.table.rows
    )


def _loaded(text: str) -> tuple[Policy, float, float]:
    """The policy, the seconds of loading it, the MiB it holds."""
    content = text.encode()
    began = time.perf_counter()
    from_bytes(content)
    seconds = time.perf_counter() - began
    gc.collect()
    tracemalloc.start()
    policy = from_bytes(content)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return policy, seconds, held / MIB


def _round(ask: Ask, policy: Policy, asked: Sequence[Question]) -> float:
    """Microseconds of the median question."""
    clock = time.perf_counter_ns
    taken = []
    for question in asked:
        began = clock()
        ask(question, policy)
        taken.append(clock() - began)
    return median(taken) / 1000


def _ratio(upper: Sequence[float], lower: Sequence[float]) -> Spread:
    return Spread.of(one / other for one, other in zip(upper, lower, strict=True))
