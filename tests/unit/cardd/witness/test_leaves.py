"""The hashes beside the log: every proof agrees with one made from the records themselves, also when the log was cut."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from pymerkle import InmemoryTree

from cardd.audit.entries import entries
from cardd.audit.tree import consistent, included, leaf_hash
from cardd.witness.leaves import TILE, Leaves, Unfit
from tests.unit.cardd.witness.growing import GrowingLog


def octets_of(log: GrowingLog) -> list[bytes]:
    return [entry.octets for entry, _ in entries(log.directory)]


def roots_of(octets: list[bytes]) -> list[bytes]:
    """By another implementation of RFC 6962."""
    tree = InmemoryTree(algorithm="sha256")
    found = [tree.get_root()]
    for each in octets:
        tree.append_entry(each)
        found.append(tree.get_root())
    return found


def test_roots_and_proofs_hold_at_every_edge_of_a_tile(tmp_path: Path) -> None:
    log = GrowingLog(tmp_path / "log", segment_bytes=100_000)
    log.work(400)
    octets = octets_of(log)
    roots, leaves = roots_of(octets), Leaves(tmp_path / "hashes.sqlite")
    leaves.follow(log.directory)
    assert leaves.size == len(octets) > 3 * TILE
    edges = [1, 2, 3, TILE - 1, TILE, TILE + 1, 2 * TILE, 3 * TILE - 1, 3 * TILE, 3 * TILE + 1, len(octets)]
    for new in edges:
        assert leaves.root(new) == roots[new], new
        for old in (size for size in edges if size <= new):
            assert consistent(old, new, roots[old], roots[new], leaves.consistency(old, new)), (old, new)
            proof = leaves.inclusion(old, new)
            assert included(leaf_hash(octets[old - 1]), old - 1, new, proof, roots[new]), (old, new)


def test_two_levels_of_tiles(tmp_path: Path) -> None:
    """65,536 records fill a tile of tiles; the records themselves are left out here, their hashes are what counts."""
    log = GrowingLog(tmp_path / "log")
    log.work()
    leaves = Leaves(tmp_path / "hashes.sqlite")
    leaves.follow(log.directory)
    hashes = [leaf_hash(each) for each in octets_of(log)]
    with leaves._transaction():
        for number in range(len(hashes), TILE * TILE + 300):
            hashes.append(leaf_hash(b"%d" % number))
            leaves._append(0, number, hashes[-1])
        leaves._keep()
    tree = InmemoryTree(algorithm="sha256")
    levels = [hashes[: TILE * TILE]]
    while len(levels[-1]) > 1:
        pairs = zip(levels[-1][::2], levels[-1][1::2], strict=True)
        levels.append([tree.hash_raw(b"\x01" + left + right) for left, right in pairs])
    assert leaves.subtree(16, 0) == levels[-1][0]
    assert leaves.subtree(13, 5) == levels[13][5]
    new = TILE * TILE + 300
    for old in (1, 255, 256, 257, 4_097, 65_535, 65_536, 65_537):
        assert consistent(old, new, leaves.root(old), leaves.root(new), leaves.consistency(old, new)), old
    assert len(leaves.inclusion(12_345, new)) == 17


def test_it_goes_on_where_it_was_also_after_a_new_start(tmp_path: Path) -> None:
    log = GrowingLog(tmp_path / "log", segment_bytes=30_000)
    leaves = Leaves(tmp_path / "hashes.sqlite")
    for _ in range(12):
        log.work(random.Random(len(list(log.directory.glob("*.seg")))).randint(1, 90))
        leaves.follow(log.directory)
        assert (leaves.size, leaves.root(leaves.size)) == (log.sequence, log.root())
        leaves.close()
        leaves = Leaves(tmp_path / "hashes.sqlite")
    log.days(2)
    leaves.follow(log.directory)
    key = leaves.key("2026-11-22", log.sequence)
    assert key is not None
    assert octets_of(log)[key.sequence - 1] == key.record
    assert leaves.key("2026-11-23", log.sequence) is None
    assert leaves.public_key("2026-11-22") == log.key.public


@pytest.mark.proves("A8")
@pytest.mark.parametrize("first_kept", [1, 2, 3, 4])
def test_a_cut_log_proves_all_growth_from_the_cut_on(tmp_path: Path, first_kept: int) -> None:
    log = GrowingLog(tmp_path / "log", segment_bytes=40_000)
    log.work(500)
    octets = octets_of(log)
    roots = roots_of(octets)
    files = sorted(log.directory.glob("*.seg"))
    for path in files[:first_kept]:
        path.unlink()
    base = int(files[first_kept].stem) - 1
    leaves = Leaves(tmp_path / "hashes.sqlite")
    leaves.follow(log.directory)
    new = leaves.size
    assert (leaves.base, leaves.root(new)) == (base, roots[new])
    for old in {
        base,
        base + 1,
        (base // TILE + 1) * TILE,
        new - 1,
        new,
        *random.Random(1).sample(range(base, new), 40),
    }:
        assert consistent(old, new, roots[old], roots[new], leaves.consistency(old, new)), old
    with pytest.raises(Unfit, match="cut_away"):
        leaves.consistency(1, new)


def test_what_was_known_before_a_cut_is_still_known(tmp_path: Path) -> None:
    log = GrowingLog(tmp_path / "log", segment_bytes=40_000)
    log.work(300)
    leaves = Leaves(tmp_path / "hashes.sqlite")
    leaves.follow(log.directory)
    sorted(log.directory.glob("*.seg"))[0].unlink()
    log.work(50)
    leaves.follow(log.directory)
    assert leaves.base == 0
    assert leaves.root(leaves.size) == log.root()


def test_a_cut_log_of_the_old_form_says_nothing_of_what_is_gone(tmp_path: Path) -> None:
    log = GrowingLog(tmp_path / "log", segment_bytes=20_000, format=1)
    log.work(200)
    log.close()
    sorted(log.directory.glob("*.seg"))[0].unlink()
    leaves = Leaves(tmp_path / "hashes.sqlite")
    for _ in range(2):
        with pytest.raises(Unfit, match="tree_unknown"):
            leaves.follow(log.directory)


def test_another_log_in_the_same_place_is_noticed(tmp_path: Path) -> None:
    log = GrowingLog(tmp_path / "log")
    log.work(10)
    leaves = Leaves(tmp_path / "hashes.sqlite")
    leaves.follow(log.directory)
    size, root = leaves.size, leaves.root(leaves.size)
    other = GrowingLog(tmp_path / "other", seed=2)
    other.work(20)
    shutil.rmtree(log.directory)
    shutil.copytree(other.directory, log.directory)
    with pytest.raises(Exception, match=r"other_log|sequence|length"):
        leaves.follow(log.directory)
    assert (leaves.size, leaves.root(size)) == (size, root)
    leaves.throw_away()
    leaves.follow(log.directory)
    assert leaves.root(leaves.size) == other.root()


def test_a_file_of_another_version_is_made_anew(tmp_path: Path) -> None:
    log = GrowingLog(tmp_path / "log")
    leaves = Leaves(tmp_path / "hashes.sqlite")
    leaves.follow(log.directory)
    leaves._db.execute("PRAGMA user_version = 9")
    leaves.close()
    leaves = Leaves(tmp_path / "hashes.sqlite")
    assert leaves.size == 0
    leaves.follow(log.directory)
    assert leaves.root(leaves.size) == log.root()
