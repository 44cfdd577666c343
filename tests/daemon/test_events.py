"""What subscribers are told by the running daemon: snapshot, numbers, replay, gaps, and whose events are whose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.daemon.tools import PATIENT_S, Lines, Stage, Typist, staged
from tests.fixtures.counter import BADGE_SLOT, CONTEXT, RESIDENT_SLOT, ROOMY, until

OTHER_UID = 12345
WATCH = """
import json, os, sys
from cardd.client import connect
if os.geteuid() == 0:
    os.setuid(int(sys.argv[2]))
with connect(sys.argv[1], client="other") as client:
    snapshot, changes = client.events()
    print(json.dumps(snapshot), flush=True)
    for change in changes:
        print(json.dumps(change), flush=True)
        if change["topic"] == "card" and change["change"] == "removed":
            break
"""


def changes(lines: Lines) -> list[dict[str, Any]]:
    """The changes that have been sent so far: an answer comes behind them."""
    lines.told.clear()
    lines.result("health")
    told = [json.loads(line) for line in lines.told]
    return [dict(line["params"]) for line in told if line["method"] == "events.changed"]


def settled(stage: Stage) -> None:
    """Wait until both readers are known, so that what comes next are the test's own changes."""
    until(lambda: len(stage.call("readers.list")["readers"]) == 2, PATIENT_S)


def told(seen: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(change["topic"], change["change"]) for change in seen]


@pytest.mark.proves("S2")
def test_snapshot_then_consecutive_numbers() -> None:
    with staged() as stage, Lines(stage.socket) as lines:
        settled(stage)
        snapshot = lines.result("events.subscribe")
        assert [reader["state"] for reader in snapshot["readers"]] == ["empty", "empty"]
        assert (snapshot["cards"], snapshot["gap"]) == ([], False)
        handle = stage.log_in(stage.office.people[0])
        stage.pull(BADGE_SLOT)
        until(lambda: not stage.cards(), PATIENT_S)
        seen = changes(lines)
        assert [change["number"] for change in seen] == [
            *range(snapshot["number"] + 1, snapshot["number"] + 1 + len(seen))
        ]
        assert [change["after"] for change in seen] == [change["number"] - 1 for change in seen]
        words = told(seen)
        expected = [("card", "inserted"), ("card", "identified"), ("pin", "asked"), ("pin", "accepted")]
        expected += [("session", "started"), ("session", "ended"), ("card", "removed")]
        places = [words.index(word) for word in expected]
        assert places[:5] == sorted(places[:5]), words
        assert all(change["facts"].get("uid") is None for change in seen if change["topic"] in ("session", "pin"))
        assert handle in {change["facts"].get("card") for change in seen}


def test_replay_brings_exactly_what_was_missed() -> None:
    with staged() as stage:
        settled(stage)
        with Lines(stage.socket) as lines:
            before = lines.result("events.subscribe")
        stage.insert(stage.office.people[0].badge, BADGE_SLOT, kind="badge")
        with Lines(stage.socket) as first, Lines(stage.socket) as second:
            whole = first.result("events.subscribe", since=before["number"], boot_id=before["boot_id"])
            missed = changes(first)
            assert not whole["gap"]
            assert missed[0]["number"] == before["number"] + 1
            assert missed[-1]["number"] == whole["number"]
            second.result("events.subscribe", since=missed[1]["number"])
            assert changes(second) == missed[2:]


@pytest.mark.parametrize("case", ["too old", "of another boot", "of the future"])
def test_what_cannot_be_replayed_is_a_gap(case: str) -> None:
    with staged(config=ROOMY + "event_ring = 16\n") as stage, Lines(stage.socket) as lines:
        now = lines.result("events.subscribe")
        for _ in range(8):
            stage.insert(stage.office.people[0].badge, BADGE_SLOT, kind="badge")
            stage.pull(BADGE_SLOT)
            until(lambda: not stage.cards(), PATIENT_S)
        number = lines.result("events.subscribe")["number"]
        since: dict[str, Any] = {
            "too old": {"since": now["number"]},
            "of another boot": {"since": number, "boot_id": "00000000"},
            "of the future": {"since": number + 1000},
        }[case]
        changes(lines)
        answer = lines.result("events.subscribe", **since)
        assert answer["gap"]
        assert len(answer["readers"]) == 2
        assert changes(lines) == []


def test_two_subscribers_see_the_same_and_topics_are_filtered() -> None:
    with staged() as stage, Lines(stage.socket) as one, Lines(stage.socket) as two, Lines(stage.socket) as cards:
        settled(stage)
        for lines, topics in ((one, None), (two, None), (cards, ["card"])):
            lines.result("events.subscribe", topics=topics)
        stage.log_in(stage.office.people[0])
        seen = changes(one)
        assert changes(two)[: len(seen)] == seen  # of what comes later the second one may have heard already
        only = changes(cards)
        assert told(only) == [pair for pair in told(seen) if pair[0] == "card"] != []
        # The chain of `after` has no hole, though numbers are left out.
        assert [change["after"] for change in only[1:]] == [change["number"] for change in only[:-1]]


@pytest.mark.proves("S2", "P7")
def test_session_and_pin_are_for_the_own_user_alone() -> None:
    """As root, another user listens too; else the daemon's own user is the only one that can be had."""
    users = (os.getuid(), OTHER_UID)
    with staged(start=False) as stage:
        stage.office.write(stage.socket, extra_config=ROOMY, users=users)
        stage.start()
        with Lines(stage.socket) as own:
            own.result("events.subscribe")
            with other_user(stage) as other:
                assert other.stdout is not None
                snapshot = json.loads(other.stdout.readline())
                work(stage)
                stage.pull(BADGE_SLOT)
                foreign = [json.loads(line) for line in other.stdout]
                assert other.wait(PATIENT_S) == 0
        if os.geteuid() != 0:
            return
        topics = {change["topic"] for change in foreign}
        assert "card" in topics
        assert topics.isdisjoint({"session", "pin"})
        assert [row["logged_in"] for row in snapshot["sessions"]] == [False]
        with Lines(stage.socket) as late:
            late.result("events.subscribe", since=0)
            assert {"session", "pin", "card"} <= {change["topic"] for change in changes(late)}


def work(stage: Stage) -> None:
    """Log in and read, with a PIN each."""
    person, resident = stage.office.people[0], stage.office.resident()
    stage.insert(person.badge, BADGE_SLOT, kind="badge")
    card = stage.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    with stage.client(person=Typist({"badge": person.pin, "card_info": resident.holder.pins.card_info})) as client:
        client.call("session.login")
        client.call("card.read", card=card, items=["name"], **CONTEXT)


def other_user(stage: Stage) -> subprocess.Popen[str]:
    """A subscriber of another user, as far as we may make one; it ends with the first card that is pulled."""
    stage.folder.chmod(0o711)
    stage.socket.chmod(0o666)
    return subprocess.Popen(
        [sys.executable, "-c", WATCH, str(stage.socket), str(OTHER_UID)],
        env=stage.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
