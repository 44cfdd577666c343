"""Every word for which a new file of the office is refused; the old file holds (S9, fault 94)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest

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
@pytest.mark.parametrize("name", ["policy.toml", "policy.toml.p7s"])
async def test_a_file_of_another_user_is_refused(place: Town, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.start()
    path = place.arrive("policy", NEW, *place.two).with_name(name)
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
    else:  # who may not give a file away is somebody else than its owner
        mine = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    outcomes = await place.files.look(at_once=True)
    (outcome,) = [each for each in outcomes if str(place.incoming) in each.details[0]]
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
