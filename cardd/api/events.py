"""The hub of changes: numbers them, keeps the last ones for a replay, and hands them to whoever subscribed.

It never waits for a consumer: a subscriber's `deliver` answers False when its consumer is too slow, and is dropped.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, get_args

from cardd.wire.methods.events_subscribe import Changed, Topic

KEPT: Final = 1024
"""Changes kept for a replay: half an hour of a busy counter."""
PRIVATE_TOPICS: Final = frozenset({"session", "pin"})
"""Changes of these topics are for the uid named in their facts alone; without one, for nobody."""
OFFICE_TOPICS: Final = frozenset({"approval", "alarm"})
"""What happens between the people of the office: a client that is no public body hears of its own seat alone."""
PERSONS: Final = frozenset({"uid", "operator", "requester", "by", "subject"})
"""Facts that name somebody: not for a client that is no public body."""
WATCH: Final = "watch"
"""The change, in the topic `alarm`, that says that a rule over the record has spoken: not for a client that is no public body."""
OF_LISTS: Final = frozenset({"w8", "w9"})
"""Rules that tell that the card which is there now stands on a list: for whoever may ask the record, at no other seat."""
FOR_THE_RECORD: Final = frozenset({"badge"})
"""Facts that stand on the record and are told to nobody: the pseudonym of a found badge would tell whose it is."""
TOPICS: Final[tuple[Topic, ...]] = get_args(Topic)

Fact = str | int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One change, numbered. A private one is for the user `owner`; for nobody where its owner is not known."""

    number: int
    topic: Topic
    change: str
    facts: Mapping[str, Fact]
    private: bool
    owner: int | None

    @property
    def of_lists(self) -> bool:
        """Whether it tells that a card stands on a list."""
        return self.change == WATCH and self.facts.get("watch") in OF_LISTS


@dataclass(slots=True, eq=False)
class Subscriber:
    """One connection's wish. `deliver` must not wait; False from it ends the subscription."""

    uid: int
    topics: frozenset[str]
    deliver: Callable[[Changed], bool]
    seat: str = ""
    private_sector: bool = False
    """Whether the client is no public body."""
    sent: int = 0
    """Number of the last change that was sent, or from where on it listens."""

    def wants(self, change: Change) -> bool:
        """Whether this change is for this subscriber."""
        if change.topic not in self.topics or (change.private and change.owner != self.uid):
            return False
        outside = self.private_sector and change.topic in OFFICE_TOPICS
        return not outside or (change.facts.get("seat") == self.seat and change.change != WATCH)

    def told(self, change: Change) -> dict[str, Fact]:
        """The facts that this subscriber hears."""
        if not self.private_sector or change.private:
            return dict(change.facts)
        return {name: fact for name, fact in change.facts.items() if name not in PERSONS}


class EventHub:
    """Implements `cardd.ports.Publish` by its method `publish`. Lives on the event loop."""

    def __init__(
        self, boot_id: str, *, kept: int = KEPT, may_audit: Callable[[str, int], bool] = lambda _seat, _uid: False
    ) -> None:
        """`may_audit`: whether somebody with the right to ask the record is logged in at a seat, for a uid."""
        self._may_audit = may_audit
        self.boot_id = boot_id
        self.number = 0
        """Of the newest change; 0 = none since start."""
        self._ring: deque[Change] = deque(maxlen=kept)
        self._subscribers: list[Subscriber] = []

    def publish(self, topic: str, change: str, facts: Mapping[str, Fact]) -> None:
        """Number a change and hand it on. Private topics name their user in the fact `uid`, which is not told further.

        Raises `ValueError` for a topic that is not in the contract.
        """
        known = next((name for name in TOPICS if name == topic), None)
        if known is None:
            raise ValueError(f"no such topic: {topic}")
        private = known in PRIVATE_TOPICS
        owner = facts.get("uid") if private else None
        withheld = FOR_THE_RECORD | {"uid"} if private else FOR_THE_RECORD
        told = {name: fact for name, fact in facts.items() if name not in withheld}
        # Before this change has its number: the question may find a session that is over, which is told first.
        of_lists = change == WATCH and facts.get("watch") in OF_LISTS
        hearers = [each for each in self._subscribers if not of_lists or self._may_audit(each.seat, each.uid)]
        self.number += 1
        new = Change(
            self.number, known, change, MappingProxyType(told), private, owner if isinstance(owner, int) else None
        )
        self._ring.append(new)
        for subscriber in hearers:
            self._hand_over(subscriber, new)

    def can_replay(self, since: int, boot_id: str | None) -> bool:
        """Whether every change after number `since` (of the boot `boot_id`) is still kept."""
        oldest = self._ring[0].number if self._ring else self.number + 1
        return boot_id in (None, self.boot_id) and oldest - 1 <= since <= self.number

    def subscribe(self, subscriber: Subscriber, since: int) -> None:
        """Deliver what came after number `since` and is still kept, then everything new."""
        self.unsubscribe(subscriber)
        may_audit = self._may_audit(subscriber.seat, subscriber.uid)
        subscriber.sent = since
        self._subscribers.append(subscriber)
        for change in tuple(self._ring):
            if change.number > since and subscriber in self._subscribers and (may_audit or not change.of_lists):
                self._hand_over(subscriber, change)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Stop delivering. Harmless when it has ended already."""
        if subscriber in self._subscribers:
            self._subscribers.remove(subscriber)

    def _hand_over(self, subscriber: Subscriber, change: Change) -> None:
        if not subscriber.wants(change):
            return
        said = Changed(
            number=change.number,
            after=subscriber.sent,
            topic=change.topic,
            change=change.change,
            facts=subscriber.told(change),
        )
        if subscriber.deliver(said):
            subscriber.sent = change.number
        else:
            self.unsubscribe(subscriber)
