"""The rules in the running daemon: alarms on record and on the events feed, once each, also over restarts; then their review."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.entries import Entry, entries
from cardd.client import RemoteError
from demo.office import Office
from tests.daemon.tools import PATIENT_S, Lines, Stage, staged
from tests.fixtures.counter import BADGE_SLOT, CONTEXT, RESIDENT_SLOT, ROOMY, until
from tests.fixtures.pcscd import StandInBox

LIST = {"purpose": "watch_list", "case": "R8-0001"}
DEADLINE_US = 60_000_000
"""An alarm is out within 60 s of what it is about (A9)."""


SECOND_SLOT = 2


def three_readers(folder: Path) -> StandInBox:
    return StandInBox(folder, readers=3)


def two_supervisors(office: Office) -> None:
    office.hire()
    office.hire("kato", "加藤 次郎", name_on_badge="KATO JIRO")


def listed_by_two(stage: Stage, card: str, which: str) -> bool:
    """Put on this list by whoever is logged in, with the agreement of `kato`; whether the list changed."""
    asked = {"card": card, "list": which, **LIST}
    with pytest.raises(RemoteError, match=r"approval\.required") as refused:
        stage.call("audit.watch_list", **asked)
    number = refused.value.data["approval"]
    second = next(person for person in stage.office.people if person.id == "kato")
    badge = stage.insert(second.badge, SECOND_SLOT, kind="badge")
    (row,) = [row for row in stage.call("approval.list")["approvals"] if row["approval"] == number]
    assert (row["content"]["list"], row["content"]["act"]) == (which, "add"), "what is agreed to"
    stage.call("approval.give", second.pin, approval=number, content_hash=row["content_hash"], badge=badge)
    stage.pull(SECOND_SLOT)
    return bool(stage.call("audit.watch_list", approval=number, **asked)["changed"])


def alarms(stage: Stage) -> list[Entry]:
    """The alarms on record."""
    return [entry for entry, _ in entries(stage.office.audit) if entry.event == "watch.alarm"]


def of(stage: Stage, watch: str, problem: str | None = None) -> list[Entry]:
    return [each for each in alarms(stage) if each.text("watch") == watch and problem in (None, each.text("problem"))]


def caught_up(stage: Stage) -> bool:
    """Whether the rules look at the newest record."""
    return {row["name"]: row["state"] for row in stage.call("health")["checks"]}["watching"] == "good"


def told(lines: Lines, watch: str) -> list[dict[str, Any]]:
    """What the feed said of this rule so far."""
    lines.result("health")
    changes = [json.loads(line)["params"] for line in lines.told if "events.changed" in str(line)]
    return [each["facts"] for each in changes if each["topic"] == "alarm" and each["facts"].get("watch") == watch]


@pytest.mark.proves("W1", "W9", "W15", "A9")
def test_three_rules_raise_their_alarm_in_time_and_once() -> None:
    with staged(three_readers, config=ROOMY, prepare=two_supervisors) as stage:
        sato = stage.office.people[0]
        stage.log_in(sato)
        resident = stage.office.resident()
        card = stage.insert(resident.card, RESIDENT_SLOT, kind="my_number")
        with Lines(stage.socket) as lines:
            lines.result("events.subscribe", topics=["alarm"])
            until(lambda: caught_up(stage), PATIENT_S)
            assert listed_by_two(stage, card, "protected")
            assert not listed_by_two(stage, card, "protected")
            for wrong in ("0000", "1111"):
                with pytest.raises(RemoteError, match=r"pin\.rejected"):
                    stage.call("card.read", wrong, card=card, items=["name"], **CONTEXT)
            until(lambda: of(stage, "w1") and of(stage, "w9"), PATIENT_S)
            until(lambda: told(lines, "w1") and told(lines, "w9"), PATIENT_S)
            (fact,) = told(lines, "w9")
        (w1,), (w9,) = of(stage, "w1"), of(stage, "w9")
        assert fact["alarm"] == w9.sequence
        assert fact["operator"] == w9.text("operator") == sato.id
        assert "card" not in fact, "a pseudonym stands on the record alone"
        by_number = {entry.sequence: entry for entry, _ in entries(stage.office.audit)}
        for alarm in (w1, w9):
            newest = by_number[alarm.content["evidence"][-1]]
            assert 0 <= alarm.utc_us - newest.utc_us <= DEADLINE_US
        assert by_number[w9.content["evidence"][0]].text("card") == w9.text("card")
        stage.stop(signal.SIGKILL)
        stage.start()
        until(lambda: of(stage, "w15", "no_last_word"), PATIENT_S)
        until(lambda: caught_up(stage), PATIENT_S)
        assert (len(of(stage, "w1")), len(of(stage, "w9"))) == (1, 1), "what stands on record is not raised again"
        known = [each.sequence for each in alarms(stage)]
        stage.stop()
        stage.start()
        until(lambda: caught_up(stage), PATIENT_S)
        after = [each for each in alarms(stage) if each.sequence not in known]
        # The office of the tests is always open; only at midnight in Japan a restart is none within a day's hours.
        assert {(each.text("watch"), each.text("problem")) for each in after} <= {("w15", "restart")}
        assert of(stage, "w5") == []


CLOSED = (
    ROOMY
    + "\n[watching.hours]\n"
    + "".join(f'{day} = ""\n' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
)
"""An office that is never open: every act of a person is outside its hours."""


@pytest.mark.proves("W5", "fault 123")
def test_an_alarm_is_on_the_feed_of_those_who_may_hear_it_and_w9_on_nobody_elses() -> None:
    def hire(office: Office) -> None:
        two_supervisors(office)
        office.hire("clerk", "木村 五郎", "counter", name_on_badge="KIMURA GORO")

    with staged(three_readers, config=CLOSED, prepare=hire) as stage:
        sato, _, clerk = stage.office.people
        resident = stage.office.resident()
        card = stage.insert(resident.card, RESIDENT_SLOT, kind="my_number")
        stage.log_in(sato)
        until(lambda: caught_up(stage), PATIENT_S)
        assert listed_by_two(stage, card, "protected")
        stage.call("session.logout")
        stage.pull(BADGE_SLOT)
        with Lines(stage.socket) as lines:
            lines.result("events.subscribe", topics=["alarm"])
            stage.log_in(clerk)
            stage.call("card.pin_status", card=card, **CONTEXT)
            until(
                lambda: of(stage, "w9") and any(each.text("operator") == "clerk" for each in of(stage, "w5")), PATIENT_S
            )
            until(lambda: [each for each in told(lines, "w5") if each.get("operator") == "clerk"], PATIENT_S)
            assert told(lines, "w9") == [], "a clerk does not learn whose card is watched"
        stage.stop()


@pytest.mark.proves("A9", "W15")
def test_alarms_are_listed_reviewed_and_counted() -> None:
    with staged(three_readers, config=ROOMY, prepare=two_supervisors) as stage:
        stage.stop(signal.SIGKILL)
        stage.start()
        sato = stage.office.people[0]
        stage.log_in(sato)
        card = stage.insert(stage.office.resident().card, RESIDENT_SLOT, kind="my_number")
        assert listed_by_two(stage, card, "staff")
        stage.call("card.pin_status", card=card, **CONTEXT)
        until(lambda: of(stage, "w15", "no_last_word") and of(stage, "w8"), PATIENT_S)

        def listed(**more: Any) -> list[dict[str, Any]]:
            return list(stage.call("audit.alarms", **more)["alarms"])

        (mine,) = listed(watch="w8")
        assert mine["about"]["operator"] == sato.id
        assert not mine["overdue"]
        with pytest.raises(RemoteError, match=r"policy\.denied"):
            stage.call("audit.review", alarm=mine["alarm"], verdict="explained", reason="work")
        with pytest.raises(RemoteError, match=r"audit\.unknown"):
            stage.call("audit.review", alarm=mine["evidence"][0], verdict="explained", reason="work")
        gap = next(each for each in listed(watch="w15") if each["about"]["problem"] == "no_last_word")
        stage.call("audit.review", alarm=gap["alarm"], verdict="unexplained", reason="under_inquiry")
        stage.call("audit.review", alarm=gap["alarm"], verdict="explained", reason="maintenance")
        assert gap["alarm"] not in {each["alarm"] for each in listed()}
        (reviewed,) = listed(state="reviewed")
        assert (reviewed["review"]["verdict"], reviewed["review"]["operator"]) == ("explained", sato.id)
        first = stage.call("audit.alarms", state="all", limit=1, shares=True)
        second = stage.call("audit.alarms", state="all", limit=200, cursor=first["cursor"])
        every = [each["alarm"] for each in (*first["alarms"], *second["alarms"])]
        assert every == sorted({each.sequence for each in alarms(stage)}, reverse=True)
        share = next(each for each in first["shares"] if each["watch"] == "w15")
        assert share["explained"] == 1
        assert share["alarms"] == share["explained"] + share["unexplained"] + share["misuse"] + share["open"]
        shown = stage.cardctl("--locale", "en", "audit", "alarms", "--state", "reviewed")
        assert "reviewed: explained (maintenance" in shown.stdout, shown.stderr
        refused = stage.cardctl("--locale", "ja", "audit", "review", str(mine["alarm"]), "misuse", "curiosity")
        assert "自分についての警告" in refused.stderr


@pytest.mark.proves("W14", "W12")
def test_a_card_that_is_pulled_after_reading_and_a_closed_case_are_on_record() -> None:
    with staged(config=ROOMY) as stage:
        stage.log_in(stage.office.people[0])
        resident = stage.office.resident()
        card = stage.insert(resident.card, RESIDENT_SLOT, kind="my_number")
        stage.call("card.read", resident.holder.pins.card_info, card=card, items=["name"], **CONTEXT)
        stage.pull(RESIDENT_SLOT)

        def soon() -> list[Entry]:
            return [entry for entry, _ in entries(stage.office.audit) if entry.event == "card.removed_soon"]

        until(soon, PATIENT_S)
        (pulled,) = soon()
        assert pulled.text("operator") == stage.office.people[0].id
        assert pulled.text("case") == CONTEXT["case"]
        assert 0 <= (pulled.number("after_ms") or 0) <= 2000
        sequence = stage.call("case.close", case=CONTEXT["case"])["receipt"]["sequence"]
        closed = next(entry for entry, _ in entries(stage.office.audit) if entry.sequence == sequence)
        assert (closed.event, closed.text("case")) == ("case.close", CONTEXT["case"])
        assert closed.text("client") == pulled.text("client")


@pytest.mark.proves("W9")
def test_a_broken_watch_list_stops_nobody_and_is_loud() -> None:
    with staged(three_readers, config=ROOMY, prepare=two_supervisors, start=False) as stage:
        (stage.folder / "state").mkdir(exist_ok=True)
        for place in {stage.office.config_file.parent, stage.folder, stage.folder / "state"}:
            (place / "watch-protected.json").write_text("{")
        stage.start()
        until(lambda: of(stage, "w15", "watch_list_broken"), PATIENT_S)
        problems = {row["name"]: row.get("problem") for row in stage.call("health")["checks"]}
        assert problems["watching"] == "list_broken"
        stage.log_in(stage.office.people[0])
        card = stage.insert(stage.office.resident().card, RESIDENT_SLOT, kind="my_number")
        with pytest.raises(RemoteError, match=r"audit\.unavailable"):
            stage.call("audit.watch_list", card=card, list="protected", **LIST)
        assert listed_by_two(stage, card, "staff")
        stage.stop()
