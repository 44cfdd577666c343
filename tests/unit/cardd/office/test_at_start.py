"""What the daemon finds at its start: the beginning, what was put in force, and what does not fit what it remembers (fault 94)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cardd.japan_time import utc
from cardd.office import at_start, signature_check
from cardd.office.beginning import StartRefused
from cardd.office.contents import Kind
from tests.fixtures.signed_office import (
    NOW,
    Person,
    authority,
    badge,
    block_list,
    policy,
    put,
    register,
    signed,
)
from tests.unit.cardd.office.scene import Town, town_in

# --- the beginning ---------------------------------------------------------------------------------------------------


@pytest.mark.proves("S9")
async def test_the_first_files_are_judged_under_themselves_and_the_record_says_so(place: Town) -> None:
    await place.start()
    first, second = place.journal.of("office.in_force")
    assert (first.subject, second.subject) == ("policy:1", "register:1")
    for record in (first, second):
        assert record.problem == "beginning"
        assert {record.operator, record.approver} == {"ann", "ben"}
        assert record.policy == place.in_force.policy.hash
    assert sorted(path.name for path in place.office.iterdir()) == [
        "policy.toml",
        "policy.toml.p7s",
        "register.toml",
        "register.toml.p7s",
    ]


async def test_a_second_start_tells_nothing_new(place: Town) -> None:
    await place.start()
    told = len(place.journal.records)
    await place.start()
    assert len(place.journal.records) == told


def _only(place: Town, name: str) -> Path:
    return place.folder / name


def _drop(name: str) -> Callable[[Town], object]:
    return lambda place: _only(place, name).unlink()


def _write(name: str, content: bytes) -> Callable[[Town], object]:
    return lambda place: _only(place, name).write_bytes(content)


def _mode(name: str, mode: int) -> Callable[[Town], object]:
    return lambda place: _only(place, name).chmod(mode)


def _resigned(name: str, content: Callable[[Town], bytes], *who: str) -> Callable[[Town], object]:
    return lambda place: put(place.folder / name, content(place), *(getattr(place, each).badge for each in who))


def _own_content(place: Town) -> bytes:
    return (place.folder / "policy.toml").read_bytes()


def _one_signature(place: Town) -> None:
    (place.folder / "policy.toml.p7s").write_bytes(signed(_own_content(place), place.ann.badge))


def _other_authority(place: Town) -> None:
    (place.folder / "ca.pem").write_bytes(authority("Another Town CA").pem)


def _test_authority(place: Town) -> None:
    (place.folder / "ca.pem").write_bytes(authority("TEST Operator CA").pem)


BEGINNINGS: dict[str, tuple[Callable[[Town], object], list[str]]] = {
    "no policy": (_drop("policy.toml"), ["policy.toml", "cannot be read"]),
    "no register": (_drop("register.toml"), ["register.toml", "cannot be read"]),
    "an unsigned policy": (_drop("policy.toml.p7s"), ["policy.toml is not signed", "cardctl policy sign"]),
    "an unsigned register": (_drop("register.toml.p7s"), ["register.toml is not signed"]),
    "one signature": (_one_signature, ["policy.toml is signed by one person only"]),
    "a changed policy": (_write("policy.toml", policy() + b"#"), ["policy.toml does not fit its signatures"]),
    "an empty policy": (
        _resigned("policy.toml", lambda _: b"", "ann", "ben"),
        ["policy.toml", "version", "is missing"],
    ),
    "signed by a clerk": (
        _resigned("policy.toml", _own_content, "ann", "cleo"),
        ["policy.toml is signed by somebody who may not", "`cleo`"],
    ),
    "a register without its administrators": (
        _resigned("register.toml", lambda place: register(place.cleo), "ann", "ben"),
        ["nobody in the register holds the badge", "guid"],
    ),
    "a role that is none": (
        _resigned(
            "register.toml", lambda place: register(place.ann, place.ben, Person("d", badge(), "boss")), "ann", "ben"
        ),
        ["register.toml: operator `d` has a role that the policy does not know: boss"],
    ),
    "signatures of another authority": (_other_authority, ["policy.toml is signed with a badge of another authority"]),
    "a test authority": (_test_authority, ["policy.toml cannot be checked", "operator_ca", "test_anchor"]),
    "a policy for everybody to write": (_mode("policy.toml", 0o666), ["policy.toml", "chmod go-w"]),
    "signatures for everybody to write": (_mode("policy.toml.p7s", 0o666), ["policy.toml.p7s", "chmod go-w"]),
}


@pytest.mark.proves("H6", "S9", "fault 94")
@pytest.mark.parametrize("name", BEGINNINGS)
def test_production_does_not_begin_with_bad_files(name: str, place: Town) -> None:
    harm, words = BEGINNINGS[name]
    harm(place)
    told = "\n".join(place.read().problems)
    assert all(word in told for word in words), told


def test_a_block_list_that_the_settings_name_must_be_there(place: Town) -> None:
    path = place.folder / "blocks.toml"
    place.more = f'block_list = "{path}"'
    assert "cannot be read" in place.read().problems[0]
    put(path, block_list(), *place.two)
    assert place.read().problems == ()
    put(path, block_list(issued=NOW + timedelta(days=1)), *place.two)
    assert "issued" in place.read().problems[0]


async def test_the_block_list_of_the_settings_counts_from_the_start(place: Town) -> None:
    put(place.folder / "blocks.toml", block_list(place.cleo.badge.guid), *place.two)
    place.more = f'block_list = "{place.folder / "blocks.toml"}"'
    await place.start()
    assert place.in_force.register.blocks("0" * 64, place.cleo.badge.guid)
    assert place.block_list.age_s() is not None
    await place.start()
    assert place.in_force.register.blocks("0" * 64, place.cleo.badge.guid)


# --- later starts ----------------------------------------------------------------------------------------------------


async def test_an_expired_badge_does_not_void_what_it_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with town_in(tmp_path, monkeypatch) as place:
        place.ann = Person("ann", badge(ends=NOW + timedelta(days=30)))
        place.people = [place.ann, place.ben]
        place.seed(*place.two)
        await place.start()
        place.clock.pass_s(60 * 24 * 3600)
        await place.start()
        assert place.in_force.policy.table.version == 1
        place.arrive("policy", policy(2), *place.two)
        assert (await place.look()).problem == "expired"


async def test_who_signed_may_leave_afterwards(place: Town) -> None:
    """The register in force was signed by somebody whom it no longer names: it was judged on the day it came."""
    await place.start()
    dan = Person("dan", badge())
    place.arrive("register", register(place.ann, dan, place.cleo, version=2), *place.two)
    assert (await place.look()).outcome == "in_force"
    await place.start()
    assert place.in_force.register.by_id("ben") is None
    place.arrive("policy", policy(2), *place.two)
    assert (await place.look()).problem == "not_administrator"
    place.arrive("policy", policy(2), place.ann.badge, dan.badge)
    assert (await place.look()).outcome == "in_force"


async def _second_version(place: Town) -> None:
    await place.start()
    place.arrive("policy", policy(2), *place.two)
    assert (await place.look()).outcome == "in_force"
    place.stop()


LATER: dict[str, tuple[Callable[[Town], object], list[str]]] = {
    "an older file": (
        lambda place: put(place.office / "policy.toml", policy(1), *place.two),
        ["is older than the version in force", "version 1 lies there, version 2 was in force"],
    ),
    "another file of the version": (
        lambda place: put(place.office / "policy.toml", policy(2) + b"#", *place.two),
        ["is not the file that was put in force with this version"],
    ),
    "no file": (lambda place: (place.office / "policy.toml").unlink(), ["is gone", "version 2"]),
}


@pytest.mark.proves("fault 94")
@pytest.mark.parametrize("name", LATER)
async def test_a_file_that_was_exchanged_behind_our_back_stops_the_start(name: str, place: Town) -> None:
    harm, words = LATER[name]
    await _second_version(place)
    harm(place)
    with pytest.raises(StartRefused) as refused:
        await place.start()
    assert all(word in str(refused.value) for word in words), refused.value


@pytest.mark.parametrize("part", ["policy.toml", "policy.toml.p7s"])
async def test_a_changed_byte_of_a_file_in_force_stops_the_start(place: Town, part: str) -> None:
    await _second_version(place)
    path = place.office / part
    octets = bytearray(path.read_bytes())
    octets[-1] ^= 1
    path.write_bytes(octets)
    assert "does not fit its signatures" in place.read().problems[0]


async def test_an_unsigned_file_in_force_stops_a_start_in_production(trial: Town) -> None:
    """State of mode test is nothing for production."""
    await trial.start()
    trial.mode = "production"
    assert [word for word in trial.read().problems if "is not signed" in word]


async def test_the_first_file_put_back_is_enough_where_nothing_came_since(place: Town) -> None:
    await place.start()
    (place.office / "policy.toml").unlink()
    (place.office / "policy.toml.p7s").unlink()
    await place.start()
    assert (place.office / "policy.toml").read_bytes() == policy()


async def test_a_machine_that_forgot_begins_again_and_says_so(place: Town) -> None:
    """Without state.db nothing is known of versions: what lies there is remembered anew, on record."""
    await _second_version(place)
    for path in place.state.glob("state.db*"):
        path.unlink()
    before = len(place.journal.records)
    await place.start()
    assert place.version(Kind.POLICY) == 2
    assert [record.subject for record in place.journal.records[before:]] == ["policy:2", "register:1"]


async def test_what_lies_in_incoming_at_start_is_taken(place: Town) -> None:
    await place.start()
    place.arrive("policy", policy(2), *place.two)
    await place.start()
    assert place.in_force.policy.table.version == 2


# --- the child -------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S9", "fault 94")
def test_the_signatures_are_checked_in_a_child(tmp_path: Path) -> None:
    place = Town(tmp_path)
    place.seed(*place.two)
    start = at_start.load(place.settings, utc(place.clock.utc_us()))
    assert start.problems == ()
    assert {operator.id for operator in start.persons[Kind.POLICY]} == {"ann", "ben"}
    _write("policy.toml", policy() + b"#")(place)
    assert "does not fit its signatures" in place.read().problems[0]


def test_a_child_that_fails_is_no_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Town(tmp_path)
    place.seed(*place.two)
    monkeypatch.setattr(signature_check.sys, "executable", "/bin/false")
    assert "could not be checked" in place.read().problems[0]
    monkeypatch.setattr(signature_check.sys, "executable", "/bin/echo")
    assert "could not be checked" in place.read().problems[0]


def test_the_daemon_itself_loads_no_certificate_code() -> None:
    """16 MB and 0.2 s that a start and an idle daemon do not have. What signs the record's heads is there from the start."""
    import subprocess
    import sys

    code = (
        "import sys, cardd.office.at_start, cardd.office.exchange, cardd.office.beginning\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('asn1crypto', 'certs', 'pyhanko_certvalidator')"
        " or name.startswith(('cryptography.x509', 'cryptography.hazmat.primitives.serialization'))])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"
