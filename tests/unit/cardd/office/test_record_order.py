"""A new record takes the place of a damaged one only by an order that two administrators signed; everything less is refused by its word."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cardd.audit import continuing
from cardd.audit.chain import Damaged
from cardd.audit.continuing import Continues
from cardd.audit.startup import check_log
from cardd.office import record_order
from cardd.office.record_order import ORDER, SIGNED, Office
from cardd.setup import order
from cardd.setup.place import Account
from tests.fixtures.signed_office import Badge, Person, badge, signed
from tests.unit.cardd.audit.head_rules import records_of
from tests.unit.cardd.audit.journals import HandClock, filled, key_of, opened, segment_files
from tests.unit.cardd.office.scene import Town, check_here, town_in

ACCOUNT = Account(os.getuid(), os.getgid(), os.getuid())
LATER = HandClock().us + 3_600_000_000


class House:
    """A town whose record is damaged; `close` does what `cardctl record close` does once the badges have signed."""

    def __init__(self, place: Town) -> None:
        self.town, self.log = place, place.folder / "log"
        self.log.mkdir()
        filled(self.log)
        newest = segment_files(self.log)[0]
        octets = bytearray(newest.read_bytes())
        octets[len(octets) // 2] ^= 1
        newest.write_bytes(octets)

    def close(self, *badges: Badge, change: Callable[[bytes], bytes] = lambda text: text) -> Continues:
        """`badges`: who signs; none: nobody does. `change`: what is done to the order before it is signed."""
        damage = order.damage_of(self.log)
        assert damage is not None
        text = change(order.order_of(self.log, damage, self.town.settings.terminal, order._ANY_TIME))
        p7s = signed(text, *badges) if badges else b""
        order.put_aside(self.log, text, p7s, ACCOUNT)
        digest = hashlib.sha256(text).hexdigest()
        told = Continues(
            damage.log_id, damage.last_sequence, damage.last_hash, "damaged", digest, operator="ann", approver="ben"
        )
        order.finish(self.log, told, ACCOUNT)
        return told

    @property
    def office(self) -> Office:
        start = self.town.read()
        return Office(self.town.settings, self.town.folder / "cardd.toml", start.policy, start.register)

    def problem(self) -> str | None:
        told = continuing.read(self.log)
        assert told is not None
        return self.office.judge(told)

    def closed(self) -> Path:
        (found,) = (self.log / "closed").iterdir()
        return found


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(record_order, "check", check_here)
    with town_in(tmp_path, monkeypatch, more=f'[audit]\ndirectory = "{tmp_path / "log"}"') as place:
        place.seed(*place.two)
        yield House(place)


@pytest.mark.proves("fault 133", "S9")
def test_what_two_administrators_signed_begins_a_new_record(house: House) -> None:
    told = house.close(*house.town.two)
    assert house.problem() is None
    log = opened(house.log, HandClock(LATER), continues=house.office.judge)
    log.close()
    first = records_of(house.log)[0].content
    assert (first["event"], first["previous_log"], first["content"]) == ("log.continued", told.previous_log, told.order)
    opened(
        house.log, HandClock(LATER + 1_000_000)
    ).close()  # later nobody is asked: who signed may have left the office
    check_log(house.log)


def _changed(**more: object) -> Callable[[House], None]:
    def change(house: House) -> None:
        told = continuing.read(house.log)
        assert told is not None
        continuing.write(house.log, replace(told, **more))  # type: ignore[arg-type]

    return change


def _gone(name: str) -> Callable[[House], None]:
    return lambda house: (house.closed() / name).unlink()


def _other_order(house: House) -> None:
    with (house.closed() / ORDER).open("ab") as file:
        file.write(b"# more\n")


def _a_pipe(house: House) -> None:
    (house.closed() / SIGNED).unlink()
    os.mkfifo(house.closed() / SIGNED)


def _changed_record(house: House) -> None:
    path = segment_files(house.closed())[-1]
    octets = bytearray(path.read_bytes())
    octets[-20] ^= 1
    path.write_bytes(octets)


def _head_gone(house: House) -> None:
    next((house.closed() / "heads").iterdir()).unlink()


def _no_closed_log(house: House) -> None:
    house.closed().rename(house.log.with_name("away"))


def _no_authority(house: House) -> None:
    (house.town.folder / "ca.pem").unlink()


CHANGES: dict[str, tuple[Callable[[House], object], str]] = {
    "no order": (_gone(ORDER), "unsigned"),
    "no signatures": (_gone(SIGNED), "unsigned"),
    "a pipe for the signatures": (_a_pipe, "unsigned"),
    "another order": (_other_order, "order"),
    "another end": (_changed(last_sequence=1), "order"),
    "another hash": (_changed(last_hash="0" * 64), "order"),
    "another digest": (_changed(order="0" * 64), "order"),
    "no digest": (_changed(order=None), "order"),
    "another approver": (_changed(approver="cleo"), "signers"),
    "no approver": (_changed(approver=None), "signers"),
    "another reason": (_changed(reason="restored"), "unsigned"),
    "another log": (_changed(previous_log="0" * 32), "unsigned"),
    "a record changed since": (_changed_record, "closed"),
    "heads removed since": (_head_gone, "closed"),
    "the closed log gone": (_no_closed_log, "unsigned"),
}


@pytest.mark.proves("fault 133", "S9", "A7")
@pytest.mark.parametrize("name", CHANGES)
def test_less_than_that_begins_none(house: House, name: str) -> None:
    change, problem = CHANGES[name]
    house.close(*house.town.two)
    change(house)
    assert house.problem() == problem
    with pytest.raises(Damaged) as caught:
        opened(house.log, HandClock(LATER), continues=house.office.judge)
    assert caught.value.problem == f"continues_{problem}"
    assert not segment_files(house.log)
    assert not (house.log / "first.key").exists()


@pytest.mark.proves("S9")
def test_whom_the_register_in_force_does_not_know_signs_nothing(house: House) -> None:
    house.close(*house.town.two)
    office = house.office
    without_ben = replace(
        office.register, operators=tuple(each for each in office.register.operators if each.id != "ben")
    )
    told = continuing.read(house.log)
    assert told is not None
    assert replace(office, register=without_ben).judge(told) == "signers"
    blocked = replace(office.register, blocked=frozenset({house.town.ben.badge.guid}))
    assert replace(office, register=blocked).judge(told) == "signers"


@pytest.mark.proves("S9")
@pytest.mark.parametrize("who", ["nobody", "one", "twice one", "a clerk", "a stranger"])
def test_signatures_of_fewer_than_two_administrators_begin_none(house: House, who: str) -> None:
    ann, _, cleo = (each.badge for each in house.town.people)
    badges = {
        "nobody": (),
        "one": (ann,),
        "twice one": (ann, badge(guid=ann.guid)),
        "a clerk": (ann, cleo),
        "a stranger": (ann, Person("zoe", badge()).badge),
    }
    house.close(*badges[who])
    assert house.problem() == "signers"


@pytest.mark.parametrize(
    ("old", "new"), [(b'"t"', b'"u"'), (b"record_close", b"record_keep"), (b"version = 1", b"version = 2")]
)
def test_a_signed_order_of_another_terminal_or_form_begins_none(house: House, old: bytes, new: bytes) -> None:
    house.close(*house.town.two, change=lambda text: text.replace(old, new))
    assert house.problem() == "order"


def test_an_authority_that_cannot_be_read_is_told_apart(house: House) -> None:
    house.close(*house.town.two)
    office = house.office
    _no_authority(house)
    told = continuing.read(house.log)
    assert told is not None
    assert office.judge(told) == "not_judged"


def test_the_key_of_a_closed_log_is_not_in_the_way_whatever_it_is(house: House) -> None:
    """`cardctl record close` gives it up: a key that is none, or of another log, would stop the new record too."""
    from cardd.audit.disk import Disk
    from cardd.audit.log_key import KeyFile

    key_of(house.log).write_bytes(b"no key\n")
    told = house.close(*house.town.two)
    with pytest.raises(Damaged) as caught:
        opened(house.log, HandClock(LATER), continues=house.office.judge)
    assert caught.value.problem == "log_key_form"
    for _ in range(2):
        KeyFile(key_of(house.log), Disk()).give_up(told.previous_log)
    kept = key_of(house.log).with_name(f"{key_of(house.log).name}.head.{told.previous_log}")
    assert kept.read_bytes().startswith(b"cardd log head 1\n")
    opened(house.log, HandClock(LATER), continues=house.office.judge).close()
