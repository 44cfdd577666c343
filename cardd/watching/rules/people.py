"""W16, W17: emergencies, and second persons who do not look."""

from collections.abc import Iterator

from cardd.watch_settings import W16, W17
from cardd.watching.memory import Bounded, Mark, Once, Window, evidence
from cardd.watching.seen import DAY, SECOND, Hit, Seen, hit


class Overridden:
    """W16: each emergency override. Its review is due within the working days that the settings say."""

    def __init__(self, _: W16) -> None:
        pass

    def see(self, seen: Seen) -> Iterator[Hit]:
        if seen.text("operation") == "override" and seen.facts.get("emergency") is True and seen.text("code") is None:
            about = {name: seen.text(name) for name in ("operator", "seat", "purpose")}
            yield hit("w16", seen, about)


class RubberStamp:
    """W17: so many approvals in the days that came faster than anybody reads; or all of one person's by the same second person,
    though another one approves here too. In an office of two there is nobody else to ask: that alone is no pattern."""

    def __init__(self, values: W17) -> None:
        self._values = values
        self._asked: Bounded[tuple[int, ...]] = Bounded(tuple, 1000)
        self._fast, self._given = Window(values.days * DAY), Window(values.days * DAY)
        self._approvers = Window(30 * DAY, most=1000)
        self._once = Once(values.days)

    def see(self, seen: Seen) -> Iterator[Hit]:
        approval = seen.text("approval")
        if seen.text("code") == "approval.required" and approval is not None:
            self._asked[approval] = (seen.at_us, seen.sequence)
        elif seen.text("operation") == "approve" and seen.done and approval is not None:
            yield from self._approved(seen, self._asked.pop(approval) or ())

    def _approved(self, seen: Seen, asked: tuple[int, ...]) -> Iterator[Hit]:
        requester, approver = seen.text("subject"), seen.text("operator")
        about = {"operator": requester, "approver": approver}
        numbers = (*asked[1:], *seen.evidence)
        if asked and seen.at_us - asked[0] < self._values.fast_seconds * SECOND:
            # The pair, whoever of them asks: two who take turns would else have twice as many.
            pair = frozenset({requester, approver})
            fast = self._fast.add(pair, Mark(seen.at_us, numbers))
            if len(fast) >= self._values.times and self._once.first((pair, "fast"), seen.day):
                yield hit("w17", seen, about | {"problem": "fast"}, evidence(fast), count=len(fast))
        others = self._approvers.add(seen.log, Mark(seen.at_us, (), approver or ""))
        given = self._given.add(requester, Mark(seen.at_us, numbers, approver or ""))
        same = len(given) >= self._values.times and len({mark.what for mark in given}) == 1
        choice = any(mark.what != approver for mark in others)
        if same and choice and self._once.first((requester, approver, "same_pair"), seen.day):
            yield hit("w17", seen, about | {"problem": "same_pair"}, evidence(given), count=len(given))
