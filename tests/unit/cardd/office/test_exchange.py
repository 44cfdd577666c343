"""New files of the office while the daemon runs: how they come in, and what is told of it (S9, fault 94)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cardd.errors import AuditUnavailable
from cardd.office.contents import Kind
from tests.fixtures.signed_office import (
    Person,
    policy,
    put,
    register,
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


async def test_a_state_that_cannot_be_read_ends_nothing(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file waits; whoever asks is told."""
    files = await place.start()
    place.arrive("policy", NEW, *place.two)

    def unreadable(_kind: str) -> None:
        raise AuditUnavailable(problem="state_unreadable")

    with monkeypatch.context() as patch:
        patch.setattr(place.versions, "highest", unreadable)
        assert await files.look() == ()
        with pytest.raises(AuditUnavailable):
            await files.look(at_once=True)
    assert files.checks()[0] == ("office_files", "bad", "not_written")
    place.clock.pass_s(61)
    assert [outcome.outcome for outcome in await files.look()] == ["in_force"]


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
