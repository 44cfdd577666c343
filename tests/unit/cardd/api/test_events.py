"""Events: numbered without a hole, replayed or owned up to as lost, private where they are somebody's, and never in the way."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.api.events import EventHub, Subscriber
from cardd.api.limits import Limits
from cardd.wire.methods.events_subscribe import Changed
from tests.unit.cardd.api.house import running

ALL = frozenset({"reader", "card", "session", "pin", "queue", "health", "alarm"})


class Listener:
    """A subscriber that can be told to be slow."""

    def __init__(self, uid: int = 1, topics: frozenset[str] = ALL) -> None:
        self.heard: list[Changed] = []
        self.slow = False
        self.subscriber = Subscriber(uid, topics, self.deliver)

    def deliver(self, change: Changed) -> bool:
        if not self.slow:
            self.heard.append(change)
        return not self.slow

    @property
    def numbers(self) -> list[int]:
        return [change.number for change in self.heard]


def insert(hub: EventHub, times: int = 1) -> None:
    for _ in range(times):
        hub.publish("card", "inserted", {"card": "c-0000-1"})


def test_numbers_are_consecutive() -> None:
    hub, listener = EventHub("b"), Listener()
    hub.subscribe(listener.subscriber, 0)
    insert(hub, 3)
    assert listener.numbers == [1, 2, 3]


@given(st.integers(0, 20), st.integers(0, 25))
def test_a_replay_gives_exactly_what_came_after_or_says_that_it_cannot(published: int, since: int) -> None:
    hub, listener = EventHub("b", kept=8), Listener()
    insert(hub, published)
    possible = published - 8 <= since <= published
    assert hub.can_replay(since, "b") is possible
    if possible:
        hub.subscribe(listener.subscriber, since)
        insert(hub)
        assert listener.numbers == list(range(since + 1, published + 2))


@pytest.mark.parametrize(("boot", "possible"), [("b", True), (None, True), ("another", False)])
def test_a_number_of_another_boot_is_a_gap(boot: str | None, possible: bool) -> None:
    hub = EventHub("b")
    insert(hub, 3)
    assert hub.can_replay(1, boot) is possible


@pytest.mark.parametrize("topic", ["session", "pin"])
def test_what_happens_in_a_session_is_told_to_its_own_user_alone(topic: str) -> None:
    hub, mine, others = EventHub("b"), Listener(uid=1), Listener(uid=2)
    hub.subscribe(mine.subscriber, 0)
    hub.subscribe(others.subscriber, 0)
    hub.publish(topic, "started", {"uid": 1, "seat": "s1"})
    hub.publish(topic, "started", {"seat": "s1"})
    insert(hub)
    assert [(change.number, change.after) for change in mine.heard] == [(1, 0), (3, 1)]
    assert [(change.number, change.after) for change in others.heard] == [(3, 0)]
    assert mine.heard[0].facts == {"seat": "s1"}


def test_a_public_change_that_names_a_user_is_told_to_everybody() -> None:
    hub, listener = EventHub("b"), Listener(uid=2)
    hub.subscribe(listener.subscriber, 0)
    hub.publish("alarm", "foreign_session", {"seat": "s1", "uid": 1})
    assert listener.heard[0].facts == {"seat": "s1", "uid": 1}


def test_the_badge_of_an_alarm_is_for_the_record_alone() -> None:
    """Who found a badge would else learn with three wrong PINs which one of the record it is."""
    hub, listener = EventHub("b"), Listener()
    hub.subscribe(listener.subscriber, 0)
    hub.publish("alarm", "login_locked", {"badge": "5" * 32, "seconds": 900})
    assert listener.heard[0].facts == {"seconds": 900}


@pytest.mark.proves("fault 123", "W8", "W9")
@pytest.mark.parametrize("watch", ["w8", "w9"])
def test_that_a_card_is_on_a_list_is_told_where_somebody_may_ask_the_record_alone(watch: str) -> None:
    """A clerk, or a program at the counter, would else learn of each protected resident who comes."""
    auditing = {("office", 1)}
    hub = EventHub("b", may_audit=lambda seat, uid: (seat, uid) in auditing)
    counter, office, other_user = Listener(), Listener(), Listener(uid=2)
    counter.subscriber = Subscriber(1, ALL, counter.deliver, "counter")
    office.subscriber = Subscriber(1, ALL, office.deliver, "office")
    other_user.subscriber = Subscriber(2, ALL, other_user.deliver, "office")
    for each in (counter, office, other_user):
        hub.subscribe(each.subscriber, 0)
    hub.publish("alarm", "watch", {"watch": watch, "seat": "counter", "operator": "sato", "alarm": 9})
    assert [change.number for change in office.heard] == [1]
    assert counter.heard == other_user.heard == []
    again = Listener()
    again.subscriber = Subscriber(1, ALL, again.deliver, "counter")
    hub.subscribe(again.subscriber, 0)
    assert again.heard == [], "nor when it is asked for again"
    auditing.clear()
    hub.publish("alarm", "watch", {"watch": watch, "alarm": 12})
    assert len(office.heard) == 1, "logged out"
    hub.publish("alarm", "watch", {"watch": "w1", "alarm": 15})
    assert [len(each.heard) for each in (counter, office, other_user)] == [1, 2, 1]


@pytest.mark.proves("fault 123")
def test_a_private_client_hears_no_rule() -> None:
    hub, shop = EventHub("b", may_audit=lambda _seat, _uid: True), Listener()
    shop.subscriber = Subscriber(1, ALL, shop.deliver, "shop", private_sector=True)
    hub.subscribe(shop.subscriber, 0)
    hub.publish("alarm", "watch", {"watch": "w9", "seat": "shop", "alarm": 9})
    hub.publish("alarm", "watch", {"watch": "w1", "seat": "shop", "alarm": 10})
    assert shop.heard == []


@pytest.mark.parametrize("topic", ["approval", "alarm"])
def test_a_private_client_hears_of_the_office_what_happens_at_its_own_seat_and_of_nobody(topic: str) -> None:
    hub, shop, office = EventHub("b"), Listener(), Listener(topics=ALL | {"approval"})
    shop.subscriber = Subscriber(1, ALL | {"approval"}, shop.deliver, "shop", private_sector=True)
    for each in (shop, office):
        hub.subscribe(each.subscriber, 0)
    for seat in ("counter", "shop"):
        hub.publish(topic, "asked", {"seat": seat, "requester": "sato", "operator": "kato", "uid": 7})
    assert [change.facts for change in shop.heard] == [{"seat": "shop"}]
    assert [change.facts["requester"] for change in office.heard] == ["sato", "sato"]


def test_a_private_client_hears_its_own_session_and_that_everything_stands_still() -> None:
    hub, shop = EventHub("b"), Listener()
    topics = ALL | {"lockdown"}
    shop.subscriber = Subscriber(1, topics, shop.deliver, "shop", private_sector=True)
    hub.subscribe(shop.subscriber, 0)
    hub.publish("session", "started", {"uid": 1, "seat": "shop", "operator": "ito"})
    hub.publish("lockdown", "engaged", {"operator": "sato", "reason": "theft"})
    assert [change.facts for change in shop.heard] == [{"seat": "shop", "operator": "ito"}, {"reason": "theft"}]


def test_who_leaves_topics_out_sees_from_after_that_nothing_is_missing() -> None:
    hub, listener = EventHub("b"), Listener(topics=frozenset({"reader"}))
    hub.subscribe(listener.subscriber, 0)
    hub.publish("reader", "appeared", {})
    insert(hub, 2)
    hub.publish("reader", "vanished", {})
    assert [(change.number, change.after) for change in listener.heard] == [(1, 0), (4, 1)]


def test_a_slow_subscriber_is_dropped_and_the_others_hear_on() -> None:
    hub, slow, quick = EventHub("b"), Listener(), Listener()
    hub.subscribe(slow.subscriber, 0)
    hub.subscribe(quick.subscriber, 0)
    insert(hub)
    slow.slow = True
    insert(hub, 2)
    slow.slow = False
    insert(hub)
    assert slow.numbers == [1]
    assert quick.numbers == [1, 2, 3, 4]


def test_a_topic_that_is_not_in_the_contract_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no such topic"):
        EventHub("b").publish("weather", "changed", {})


async def test_a_subscription_is_answered_first_and_then_told_what_happens(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        insert(house.events, 2)
        snapshot = await raw.result("events.subscribe")
        assert (snapshot["number"], snapshot["gap"], snapshot["boot_id"]) == (2, False, "b00t")
        assert snapshot["sessions"] == [{"seat": "s1", "logged_in": True, "locked": False}]
        insert(house.events)
        change = await raw.line()
        assert change["method"] == "events.changed"
        assert (change["params"]["number"], change["params"]["after"]) == (3, 2)


async def test_since_replays_after_the_answer(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        insert(house.events, 4)
        snapshot = await raw.result("events.subscribe", since=2, boot_id="b00t")
        assert (snapshot["number"], snapshot["gap"]) == (4, False)
        assert [(await raw.line())["params"]["number"] for _ in range(2)] == [3, 4]


@pytest.mark.parametrize("since", [{"since": 1}, {"since": 99}, {"since": 19, "boot_id": "other"}])
async def test_what_is_not_kept_any_more_is_a_gap(tmp_path: Path, since: dict[str, object]) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        insert(house.events, 20)
        snapshot = await raw.result("events.subscribe", **since)
        assert (snapshot["number"], snapshot["gap"]) == (20, True)
        insert(house.events)
        assert (await raw.line())["params"]["number"] == 21


async def test_subscribing_again_replaces_the_first_wish(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        await raw.result("events.subscribe")
        await raw.result("events.subscribe", topics=["reader"])
        insert(house.events)
        house.events.publish("reader", "appeared", {"reader": "x"})
        assert (await raw.line())["params"]["topic"] == "reader"


@pytest.mark.proves("I3")
async def test_a_consumer_that_does_not_read_is_told_and_unsubscribed_and_nobody_waits(tmp_path: Path) -> None:
    limits = Limits(requests_per_second=1000, output_queue_bytes=64 * 1024)
    async with running(tmp_path, limits) as house, house.ready() as raw, house.ready() as other:
        await raw.result("events.subscribe")
        for _ in range(20_000):
            insert(house.events)
        assert not house.events._subscribers
        last = 0
        while (notice := await raw.line())["method"] == "events.changed":
            last = notice["params"]["number"]
        assert (notice["method"], notice["params"]) == ("events.lagged", {"number": last})
        assert 0 < last < 20_000
        assert (await raw.result("events.subscribe", since=last))["gap"] is True
        assert (await other.result("whoami"))["uid"] == os.getuid()


async def test_who_hangs_up_is_unsubscribed(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        async with house.ready() as raw:
            await raw.result("events.subscribe")
            (connection,) = house.server._live
        await connection.closed
        assert not house.events._subscribers
