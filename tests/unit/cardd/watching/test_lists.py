"""The lists of watched cards: pseudonyms only, readable by cardd alone, whole or not at all."""

from pathlib import Path

import pytest

from cardd.watching.lists import ListBroken, WatchList
from tests.unit.cardd.watching.made import card


@pytest.mark.proves("W8", "W9")
def test_a_card_is_found_in_each_of_its_years_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    known = WatchList(path)
    assert card(1) not in known
    assert known.add({2026: card(1), 2027: card(2)})
    assert not known.add({2027: card(2)}), "stands there"
    assert path.stat().st_mode & 0o777 == 0o600
    again = WatchList(path)
    assert card(1) in again
    assert card(2) in again
    assert card(3) not in again
    assert len(again) == 1
    assert again.remove({2027: card(2)})
    assert not again.remove({2027: card(2)})
    assert card(1) not in WatchList(path)
    assert card(1) not in repr(known)
    assert "1 cards" in repr(known)


@pytest.mark.proves("W8", "W9")
def test_a_card_that_is_put_on_the_list_again_gets_the_years_that_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    WatchList(path).add({2026: card(1), 2027: card(2)})
    assert WatchList(path).add({2027: card(2), 2028: card(3)})
    again = WatchList(path)
    assert len(again) == 1
    assert all(card(number) in again for number in (1, 2, 3))
    assert not again.add({2027: card(2), 2028: card(3)})


@pytest.mark.proves("W9", "P7")
@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"format": 2, "cards": []}',
        '{"format": 1, "cards": [{"2026": "山田太郎"}]}',
        '{"format": 1, "cards": [{"26": "0"}]}',
    ],
)
def test_a_list_that_cannot_be_read_is_no_empty_list(tmp_path: Path, content: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(content)
    with pytest.raises(ListBroken) as caught:
        WatchList(path)
    assert caught.value.problem == "content"
    assert "山田" not in str(caught.value)


def test_a_list_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "list.json"
    known = WatchList(path)
    with pytest.raises(OSError, match="gone"):
        known.add({2026: card(1)})
    assert card(1) not in known
