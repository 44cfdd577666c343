"""New lists are taken over for their signatures alone; what goes back, or is of another key, changes nothing (K3, K4, K6)."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cardd.revocation.child import Taken
from cardd.revocation.taking import RETRY_SECONDS
from tests.fixtures.octets import flipped
from tests.unit.cardd.revocation.list_house import DAY, HOUR, NOW, OLDER, OPERATOR, House, made, pem


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.proves("K3")
async def test_a_signed_list_counts_from_when_it_lies_still(house: House) -> None:
    assert house.health == ("bad", "list_missing")
    house.put(made(7, NOW - HOUR, 4711))
    await house.taking.look()
    assert house.revoked(4711) is None
    await house.taking.look()
    assert (house.revoked(4711), house.revoked(4712)) == (True, False)
    assert house.health == ("good", None)
    (record,) = house.records
    assert (record.event, record.list_name, record.count, record.list_age_s) == ("revocation.taken", "badges", 1, 3600)
    await house.taking.look()
    assert len(house.records) == 1
    assert house.told == []


@pytest.mark.proves("K3", "fault 156")
@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (made(6, NOW - HOUR / 2), "list_rolled_back"),
        (made(8, NOW - 2 * HOUR), "list_rolled_back"),
        (made(7, NOW - HOUR), "list_number_reused"),
    ],
    ids=["number", "time", "same number"],
)
async def test_a_list_that_goes_back_is_refused_and_told(house: House, second: bytes, problem: str) -> None:
    await house.take(made(7, NOW - HOUR, 4711))
    await house.take(second)
    assert house.problems == [problem]
    assert house.told == [("revocation_list_refused", {"problem": problem, "list_name": "badges"})]
    assert house.health == ("warning", problem)
    assert house.revoked(4711) is True
    await house.take(made(9, NOW - HOUR / 4))
    assert (house.health, house.revoked(4711)) == (("good", None), False)


@pytest.mark.proves("K3", "fault 157", "fault 165")
@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (made(9, NOW - HOUR / 2, row=OLDER), "list_wrong_issuer"),
        (flipped(made(9, NOW - HOUR / 2)), "list_bad_signature"),
        (b"<html>sorry</html>", "list_malformed"),
        (b"", "list_malformed"),
        (made(9, NOW + DAY), "list_from_future"),
    ],
    ids=["older generation of one name", "flipped bit", "a page", "empty", "from tomorrow"],
)
async def test_what_its_authority_did_not_sign_changes_nothing(house: House, octets: bytes, problem: str) -> None:
    await house.take(made(7, NOW - HOUR, 4711))
    await house.take(octets)
    assert house.problems == [problem]
    assert house.revoked(4711) is True


@pytest.mark.proves("fault 165")
async def test_after_a_change_of_key_both_generations_answer(tmp_path: Path) -> None:
    house = House(tmp_path, ca=pem(OPERATOR, OLDER))
    await house.take(made(70, NOW - 2 * HOUR, 1, row=OLDER))
    await house.take(made(1, NOW - HOUR, 2, row=OPERATOR))
    assert house.problems == []
    keys = {each.issuer_key for each in house.held.about(["operator_ca"])}
    assert len(keys) == 2
    assert house.held.about(["jpki_signature"]) == ()


@pytest.mark.proves("K3", "K4")
async def test_what_was_taken_over_outlives_a_restart(house: House) -> None:
    await house.take(made(7, NOW - HOUR, 4711))
    house.begin()
    await house.taking.begin()
    assert house.revoked(4711) is True
    await house.take(made(6, NOW - HOUR / 2))
    assert house.problems == ["list_rolled_back"]


@pytest.mark.proves("K3", "fault 156")
async def test_a_lost_file_is_no_way_back(house: House) -> None:
    """Number and time stand beside the file: without it the child sees nothing to compare with, and we do."""
    await house.take(made(7, NOW - HOUR, 4711))
    next(each for each in (house.state / "badges").iterdir() if not each.suffix).unlink()
    house.begin()
    await house.taking.begin()
    await house.take(made(6, NOW - HOUR / 2))
    assert house.problems == ["list_rolled_back"]
    assert house.revoked(4711) is None
    assert house.health == ("bad", "list_damaged")
    await house.take(made(8, NOW - HOUR / 4, 4711))
    assert (house.revoked(4711), house.health) == (True, ("good", None))


@pytest.mark.proves("K2")
async def test_a_damaged_file_answers_nothing_and_is_told(house: House) -> None:
    await house.take(made(7, NOW - HOUR, 4711))
    file = next(each for each in (house.state / "badges").iterdir() if not each.suffix)
    file.write_bytes(flipped(file.read_bytes()))
    house.begin()
    await house.taking.begin()
    assert house.revoked(4711) is None
    await house.taking.look()
    assert house.health == ("bad", "list_damaged")
    assert ("revocation_list_old", {"problem": "list_damaged", "list_name": "badges"}) in house.told


@pytest.mark.proves("K3")
async def test_a_note_beside_a_list_that_is_damaged_stops_nobody_and_is_no_way_back(house: House) -> None:
    """A time without its zone could be compared with no other. The file itself remembers number and date."""
    await house.take(made(7, NOW - HOUR, 4711))
    note = next((house.state / "badges").glob("*.json"))
    note.write_text(note.read_text().replace("+00:00", ""))
    house.begin()
    await house.taking.begin()
    assert not house.held.clock_behind
    assert (house.revoked(4711), house.health) == (None, ("bad", "list_missing"))
    await house.take(made(6, NOW - HOUR / 2))
    assert house.problems == ["list_rolled_back"]
    await house.take(made(8, NOW - HOUR / 4, 4711))
    assert (house.revoked(4711), house.health) == (True, ("good", None))


@pytest.mark.proves("K4", "fault 169")
async def test_a_dead_fetcher_is_a_warning_after_a_day_and_a_fault_after_three(house: House) -> None:
    await house.take(made(7, NOW - HOUR, ends=30 * DAY))
    seen = []
    for hours in (22, 24, 70, 72, 24 * 7):
        house.clock.at = NOW + hours * HOUR
        await house.taking.look()
        seen.append(house.health)
    assert seen == [
        ("good", None), ("warning", "list_old"), ("warning", "list_old"), ("bad", "list_too_old"), ("bad", "list_too_old"),
    ]  # fmt: skip
    assert [(change, facts["problem"]) for change, facts in house.told] == [
        ("revocation_list_old", "list_old"),
        ("revocation_list_old", "list_too_old"),
    ]


@pytest.mark.proves("K6", "fault 168")
async def test_a_clock_that_was_set_back_is_seen_by_the_newest_list(house: House) -> None:
    await house.take(made(7, NOW - HOUR))
    house.clock.at = NOW - HOUR - timedelta(minutes=4)
    assert not house.held.clock_behind
    house.clock.at = NOW - 730 * DAY
    assert house.held.clock_behind
    assert house.health == ("bad", "clock_behind_list")


@pytest.mark.proves("K3")
async def test_a_child_that_fails_is_asked_again_later_and_the_old_list_kept(tmp_path: Path) -> None:
    answers: list[Taken] = []

    def take(*_: object) -> Taken:
        answers.append(Taken("check_failed"))
        return answers[-1]

    house = House(tmp_path, take)
    await house.take(made(7))
    await house.taking.look()
    assert len(answers) == 1
    house.clock.boot_s += RETRY_SECONDS + 1
    await house.taking.look()
    assert len(answers) == 2
    assert house.health == ("bad", "list_missing")


@pytest.mark.proves("K5")
async def test_the_child_has_a_bound_on_its_memory(house: House) -> None:
    """A list that wants more than there is costs the child, not the daemon beside it."""
    (house.incoming / "badges.crl").write_bytes(made(7))
    command = (
        "import sys; from cardd.revocation import bounded; bounded.MOST_MEMORY = 1 << 20; "
        f"sys.argv[1:] = ['--list', '{house.incoming}/badges.crl', '--authority', '{house.folder}/ca.pem', '--into', '{house.folder}']; "
        "bounded.main()"
    )
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, check=False)
    assert done.returncode not in (0, 3)
    assert sorted(each.name for each in house.folder.iterdir()) == ["ca.pem", "incoming"]


async def test_a_link_or_folder_in_the_place_of_a_list_is_not_followed(house: House) -> None:
    (house.incoming / "real").write_bytes(made(7))
    (house.incoming / "badges.crl").symlink_to(house.incoming / "real")
    assert not await house.taking.look()
    assert not await house.taking.look()
    assert house.records == []


async def test_without_lists_there_is_nothing_to_say(tmp_path: Path) -> None:
    from cardd.revocation.kept import Kept
    from cardd.revocation.taking import ListTaking
    from cardd.revocation_settings import Revocation

    house = House(tmp_path)
    taking = ListTaking(Revocation(), Kept(tmp_path / "none"), house.held, house._record, house._tell)
    await taking.begin()
    assert not await taking.look()
    assert taking.checks() == ()
