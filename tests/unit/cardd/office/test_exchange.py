"""New files of the office while the daemon runs: every way in, every word of refusal; the old file holds (S9, fault 94)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cardd.office.contents import Kind
from tests.fixtures.signed_office import (
    NOW,
    Badge,
    Person,
    authority,
    badge,
    block_list,
    policy,
    put,
    register,
    signature,
)
from tests.unit.cardd.office.scene import Town

NEW = policy(2)


async def test_nothing_new_is_nothing_told(place: Town) -> None:
    files = await place.start()
    assert await files.look() == ()
    assert await files.look(at_once=True) == ()
    assert files.checks() == (("office_files", "good", None), ("block_list", "good", None))


@pytest.mark.proves("S9")
async def test_a_policy_signed_by_two_administrators_is_put_in_force(place: Town) -> None:
    await place.start()
    old = place.in_force.policy.hash
    place.arrive("policy", NEW, *place.two)
    outcome = await place.look()
    assert (outcome.kind, outcome.outcome, outcome.version, outcome.problem) == (Kind.POLICY, "in_force", 2, None)
    assert place.in_force.policy.table.version == 2
    assert place.in_force.policy.hash != old
    assert place.version(Kind.POLICY) == 2
    assert (place.office / "policy.toml").read_bytes() == NEW
    assert (place.office / "policy.toml.p7s").stat().st_size > 0
    assert list(place.incoming.iterdir()) == []
    assert ("health", "office_file", {"file": "policy", "version": 2}) in place.told


@pytest.mark.proves("S9")
async def test_the_record_names_both_persons_and_the_hash(place: Town) -> None:
    await place.start()
    place.arrive("register", register(*place.people, version=2), *place.two)
    await place.look()
    record = place.journal.of("office.in_force")[-1]
    assert {record.operator, record.approver} == {"ann", "ben"}
    assert record.subject == "register:2"
    assert record.content == place.versions.highest("register")[1]  # type: ignore[index]
    assert record.policy == place.in_force.policy.hash


async def test_the_record_comes_before_the_file_is_in_force(place: Town) -> None:
    """Without a record nothing changes; the file waits, and is taken when the record can be written again."""
    files = await place.start()
    place.arrive("policy", NEW, *place.two)
    place.journal.fails = True
    assert (await place.look()).problem == "not_written"
    assert place.in_force.policy.table.version == 1
    assert place.version(Kind.POLICY) == 1
    assert files.checks()[0] == ("office_files", "bad", "not_written")
    place.journal.fails = False
    assert await files.look() == ()
    place.clock.pass_s(61)
    assert [outcome.outcome for outcome in await files.look()] == ["in_force"]
    assert files.checks()[0] == ("office_files", "good", None)


async def test_a_register_may_need_the_policy_that_comes_with_it(place: Town) -> None:
    """Both are judged by what was in force before; the register's roles by the policy that came with it."""
    await place.start()
    role = '[[roles]]\ncode = "deputy"\nja = "代理"\nen = "Deputy"\nrights = ["office_files"]'
    place.arrive("policy", policy(2, rights="", more=role), *place.two)
    people = [Person("ann", place.ann.badge, "deputy"), Person("ben", place.ben.badge, "deputy")]
    place.arrive("register", register(*people, version=2), *place.two)
    first, second = await place.files.look(at_once=True)
    assert (first.outcome, second.outcome) == ("in_force", "in_force")
    # For a moment, until the register follows, nobody has the right; the second file mends it.
    assert first.details == ("fewer than two persons have the right `office_files`: nobody could sign the next file",)
    assert second.details == ()
    assert place.in_force.register.by_id("cleo") is None


async def test_somebody_enrolled_here_and_missing_in_a_new_register_is_told(place: Town) -> None:
    await place.start()
    place.enrolled.append("dan")
    place.arrive("register", register(*place.people, version=2), *place.two)
    outcome = await place.look()
    assert outcome.outcome == "in_force"
    assert outcome.details == ("operator `dan` has a badge of this machine and is missing here",)


async def test_a_policy_that_leaves_nobody_to_sign_is_told(place: Town) -> None:
    await place.start()
    place.arrive("policy", policy(2, rights=""), *place.two)
    assert "nobody could sign the next file" in (await place.look()).details[0]


async def test_the_file_in_force_again_is_no_change(place: Town) -> None:
    await place.start()
    before = len(place.journal.records)
    place.arrive("policy", policy(), *place.two)
    outcome = await place.look()
    assert (outcome.outcome, outcome.version) == ("unchanged", 1)
    assert list(place.incoming.iterdir()) == []
    assert len(place.journal.records) == before


# --- refusals --------------------------------------------------------------------------------------------------------


def _once(place: Town) -> None:
    path = place.arrive("policy", NEW)
    path.with_name("policy.toml.p7s").write_bytes(signature(NEW, place.ann.badge))


def _signed_by(*choose: Callable[[Town], Badge]) -> Callable[[Town], None]:
    return lambda place: put(place.incoming / "policy.toml", NEW, *(each(place) for each in choose))


def _changed(place: Town) -> None:
    place.arrive("policy", NEW, *place.two).write_bytes(NEW + b"# more\n")


def _writable(place: Town) -> None:
    place.arrive("policy", NEW, *place.two).chmod(0o664)


def _writable_signatures(place: Town) -> None:
    place.arrive("policy", NEW, *place.two).with_name("policy.toml.p7s").chmod(0o646)


def _link(place: Town) -> None:
    real = place.folder / "elsewhere.toml"
    put(real, NEW, *place.two)
    (place.incoming / "policy.toml").symlink_to(real)


def _folder(place: Town) -> None:
    (place.incoming / "policy.toml").mkdir()


def _other_issuer(place: Town) -> None:
    stranger = badge(authority("Other Town CA"), guid=place.ben.badge.guid)
    put(place.incoming / "policy.toml", NEW, place.ann.badge, stranger)


def _expired(place: Town) -> None:
    old = badge(guid=place.ben.badge.guid, ends=NOW - timedelta(days=1))
    put(place.incoming / "policy.toml", NEW, place.ann.badge, old, at=NOW - timedelta(days=2))


def _login_key(place: Town) -> None:
    login = badge(guid=place.ben.badge.guid, usage=("digital_signature",))
    put(place.incoming / "policy.toml", NEW, place.ann.badge, login)


REFUSALS: dict[str, tuple[Callable[[Town], object], str]] = {
    "broken": (lambda place: place.arrive("policy", b"version = 2\noffice =\n", *place.two), "broken"),
    "empty": (lambda place: place.arrive("policy", b"", *place.two), "broken"),
    "unsigned": (lambda place: place.arrive("policy", NEW), "unsigned"),
    "one signature": (_once, "one_signer"),
    "two certificates of one badge": (
        _signed_by(lambda place: place.ann.badge, lambda place: badge(guid=place.ann.badge.guid)),
        "same_person",
    ),
    "a clerk": (_signed_by(lambda place: place.ann.badge, lambda place: place.cleo.badge), "not_administrator"),
    "a stranger": (_signed_by(lambda place: place.ann.badge, lambda _: badge()), "not_administrator"),
    "changed after signing": (_changed, "bad_signature"),
    "another authority": (_other_issuer, "unknown_issuer"),
    "an expired badge": (_expired, "expired"),
    "the key for logins": (_login_key, "wrong_kind"),
    "an older version": (lambda place: place.arrive("policy", policy(2) + b"#", *place.two), "rolled_back"),
    "the same version": (lambda place: place.arrive("policy", policy(3) + b"#", *place.two), "same_version"),
    "a version out of range": (lambda place: place.arrive("policy", policy(2**53), *place.two), "version_too_high"),
    "others may write it": (_writable, "wrong_mode"),
    "others may write its signatures": (_writable_signatures, "wrong_mode"),
    "a link": (_link, "wrong_mode"),
    "a folder": (_folder, "wrong_mode"),
    "a role that is none": (
        lambda place: place.arrive(
            "register", register(*place.people, Person("dan", badge(), "boss"), version=2), *place.two
        ),
        "role_missing",
    ),
    "a block list of tomorrow": (
        lambda place: place.arrive("block_list", block_list(issued=NOW + timedelta(days=1)), *place.two),
        "issued_in_future",
    ),
    "a block list without its date": (
        lambda place: place.arrive("block_list", b"version = 1\nbadges = []\n", *place.two),
        "broken",
    ),
    "a block list with a text for its date": (
        lambda place: place.arrive("block_list", b'version = 1\nissued = "2026-01-01T00:00:00Z"\n', *place.two),
        "broken",
    ),
}
HIGHER_FIRST = {"an older version", "the same version"}


@pytest.mark.proves("S9", "fault 94")
@pytest.mark.parametrize("name", REFUSALS)
async def test_a_bad_file_leaves_the_old_one_in_force(name: str, place: Town) -> None:
    harm, problem = REFUSALS[name]
    files = await place.start()
    if name in HIGHER_FIRST:
        place.arrive("policy", policy(3), *place.two)
        assert (await place.look()).outcome == "in_force"
    before = (place.in_force.policy, place.in_force.signed_register, (place.office / "policy.toml").read_bytes())
    harm(place)
    (arrived,) = [path for path in place.incoming.iterdir() if path.name.endswith(".toml")]
    outcome = await place.look()
    assert (outcome.outcome, outcome.problem) == ("refused", problem), outcome
    assert before == (
        place.in_force.policy,
        place.in_force.signed_register,
        (place.office / "policy.toml").read_bytes(),
    )
    assert place.block_list.age_s() is None
    # Put aside with the reason, told, on record, and in health until somebody mends it.
    assert not arrived.exists()
    assert arrived.with_name(arrived.name + ".refused").exists()
    assert arrived.name in arrived.with_name(arrived.name + ".why").read_text()
    assert place.alarms()[-1]["problem"] == problem
    record = place.journal.of("office.refused")[-1]
    assert (record.code, record.problem) == ("office.refused", problem)
    assert files.checks()[0] == ("office_files", "warning", "file_refused")
    assert await files.look() == ()
    assert files.checks()[0] == ("office_files", "warning", "file_refused")


@pytest.mark.proves("fault 94")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_a_file_of_another_user_is_refused(place: Town) -> None:
    await place.start()
    for name in ("policy.toml", "policy.toml.p7s"):
        path = place.arrive("policy", NEW, *place.two).with_name(name)
        os.chown(path, 12345, -1)
        outcome = await place.look()
        assert (outcome.problem, "chown root" in outcome.details[0]) == ("wrong_owner", True)


async def test_a_mended_file_ends_the_warning(place: Town) -> None:
    files = await place.start()
    place.arrive("policy", b"version = ", *place.two)
    assert (await place.look()).problem == "broken"
    assert "policy.toml:1:11" in (place.incoming / "policy.toml.why").read_text()
    place.arrive("policy", NEW, *place.two)
    assert (await place.look()).outcome == "in_force"
    assert list(place.incoming.iterdir()) == []
    assert files.checks()[0] == ("office_files", "good", None)


async def test_one_person_with_two_entries_is_one_person(place: Town) -> None:
    """A day badge is no second person (fault 96)."""
    day = Person("ann-day", badge(), more='person = "ann"')
    place.people.append(day)
    place.seed(*place.two)
    await place.start()
    place.arrive("policy", NEW, place.ann.badge, day.badge)
    assert (await place.look()).problem == "same_person"


@pytest.mark.parametrize("more", ['status = "blocked"', f"until = {(NOW - timedelta(days=2)).date()}"])
async def test_somebody_who_counts_no_more_signs_nothing(place: Town, more: str) -> None:
    gone = Person("dan", badge(), more=more)
    place.people.append(gone)
    place.seed(*place.two)
    await place.start()
    place.arrive("policy", NEW, place.ann.badge, gone.badge)
    assert (await place.look()).problem == "not_administrator"


@pytest.mark.parametrize("mark", ["guid", "fingerprint"])
async def test_a_blocked_badge_signs_nothing_new(place: Town, mark: str) -> None:
    """By the office's list; and what it signed before stays in force."""
    dora = Person("dora", badge())
    place.people.append(dora)
    place.seed(*place.two)
    await place.start()
    guids = (dora.badge.guid,) if mark == "guid" else ()
    prints = (dora.badge.fingerprint,) if mark == "fingerprint" else ()
    place.arrive("policy", NEW, place.ann.badge, dora.badge)
    assert (await place.look()).outcome == "in_force"
    place.arrive("block_list", block_list(*guids, certificates=prints), *place.two)
    assert (await place.look()).outcome == "in_force"
    place.arrive("policy", policy(3), place.ann.badge, dora.badge)
    assert (await place.look()).problem == "badge_blocked"
    await place.start()
    assert place.in_force.policy.table.version == 2


async def test_a_file_that_is_still_being_copied_is_left_alone(place: Town) -> None:
    files = await place.start()
    place.clock.set_utc(by_s=(place.folder.stat().st_ctime - place.clock.us / 1e6))
    path = place.arrive("policy", NEW, *place.two)
    place.clock.us = round(path.stat().st_ctime * 1e6) + 1_000_000
    assert await files.look() == ()
    place.clock.us += 1_500_000
    assert [outcome.outcome for outcome in await files.look()] == ["in_force"]


async def test_a_file_waits_for_its_signatures(place: Town) -> None:
    files = await place.start()
    path = place.arrive("policy", NEW)
    place.clock.us = round(path.stat().st_ctime * 1e6) + 20_000_000
    assert await files.look() == ()
    place.clock.us += 11_000_000
    assert [outcome.problem for outcome in await files.look()] == ["unsigned"]


async def test_other_names_are_left_alone(place: Town) -> None:
    files = await place.start()
    put(place.incoming / "policy-2.toml", NEW, *place.two)
    assert await files.look(at_once=True) == ()
    assert (place.incoming / "policy-2.toml").exists()


# --- mode test -------------------------------------------------------------------------------------------------------


@pytest.mark.proves("fault 94")
async def test_mode_test_takes_unsigned_files_and_says_so(trial: Town) -> None:
    files = await trial.start()
    assert files.checks()[0] == ("office_files", "warning", "unsigned")
    trial.arrive("policy", NEW)
    assert (await trial.look()).outcome == "in_force"
    assert trial.journal.of("office.in_force")[-1].problem == "unsigned"
    trial.arrive("policy", policy())
    assert (await trial.look()).problem == "rolled_back"


async def test_mode_test_does_not_take_wrong_signatures(trial: Town) -> None:
    await trial.start()
    trial.arrive("policy", NEW, trial.ann.badge, trial.cleo.badge)
    assert (await trial.look()).problem == "not_administrator"
    trial.arrive("policy", NEW, *trial.two).write_bytes(NEW + b"#")
    assert (await trial.look()).problem == "bad_signature"


# --- the files that the settings name --------------------------------------------------------------------------------


async def test_a_file_of_the_settings_with_a_higher_version_is_a_new_file(place: Town) -> None:
    await place.start()
    put(place.folder / "policy.toml", policy(2), *place.two)
    outcome = await place.look()
    assert (outcome.outcome, outcome.version) == ("in_force", 2)
    assert (place.folder / "policy.toml").exists()
    assert await place.files.look(at_once=True) == ()


async def test_a_file_of_the_settings_that_is_older_is_what_it_was(place: Town) -> None:
    """It was the beginning; nobody has to keep it up."""
    await place.start()
    place.arrive("policy", policy(2), *place.two)
    await place.look()
    files = await place.start()
    assert place.in_force.policy.table.version == 2
    assert files.checks()[0] == ("office_files", "good", None)
    assert await files.look(at_once=True) == ()


@pytest.mark.proves("fault 94")
@pytest.mark.parametrize("content", [policy() + b"# changed", b"version = "])
async def test_a_file_of_the_settings_that_is_bad_leaves_the_old_one_in_force(place: Town, content: bytes) -> None:
    await place.start()
    old = place.in_force.policy.hash
    put(place.folder / "policy.toml", content, *place.two)
    files = await place.start()
    assert place.in_force.policy.hash == old
    assert files.checks()[0] == ("office_files", "warning", "file_refused")
    assert (place.folder / "policy.toml").read_bytes() == content
    put(place.folder / "policy.toml", policy(2), *place.two)
    assert (await place.look()).outcome == "in_force"
    assert files.checks()[0] == ("office_files", "good", None)


def test_looking_costs_one_look_at_a_folder(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every five seconds, for years."""
    import asyncio

    async def scene() -> int:
        files = await place.start()
        asked: list[Path] = []
        real = os.listdir
        monkeypatch.setattr(os, "listdir", lambda path: asked.append(path) or real(path))
        monkeypatch.setattr(asyncio, "to_thread", None)
        await files.look()
        return len(asked)

    assert asyncio.run(scene()) == 1
