"""The tree against the published vectors of RFC 6962, against an implementation by others, and against itself."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from cardd.audit.tree import (
    NO_RECORDS,
    Peaks,
    consistency_proof,
    consistent,
    included,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
)

LEAVES = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
"""The inputs of certificate-transparency's merkletree tests (cpp/merkletree/merkle_tree_test.cc)."""
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    # (leaf, from 0; size): its path
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
GROWTH = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def subtrees(records: list[bytes]):
    """The root of a full subtree, straight from the definition of RFC 6962, 2.1."""

    def subtree(level: int, index: int) -> bytes:
        if level == 0:
            return leaf_hash(records[index])
        return node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))

    return subtree


def grown(records: list[bytes]) -> Peaks:
    peaks = Peaks()
    for record in records:
        peaks.append(leaf_hash(record))
    return peaks


def in_hex(proof: list[bytes]) -> list[str]:
    return [each.hex() for each in proof]


@pytest.mark.proves("A4")
def test_the_published_roots() -> None:
    assert NO_RECORDS.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert [grown(LEAVES[:size]).root().hex() for size in range(1, 9)] == ROOTS
    assert [root_of(0, size, subtrees(LEAVES)).hex() for size in range(1, 9)] == ROOTS


@pytest.mark.proves("A4")
@pytest.mark.parametrize(("leaf", "size"), PATHS)
def test_the_published_paths(leaf: int, size: int) -> None:
    assert in_hex(inclusion_proof(leaf, size, subtrees(LEAVES))) == PATHS[leaf, size]


@pytest.mark.proves("A4")
@pytest.mark.parametrize(("old", "new"), GROWTH)
def test_the_published_consistency_proofs(old: int, new: int) -> None:
    assert in_hex(consistency_proof(old, new, subtrees(LEAVES))) == GROWTH[old, new]


@pytest.mark.proves("A4")
def test_roots_and_proofs_are_those_of_an_implementation_by_others() -> None:
    """pymerkle is written by somebody else, from the same RFC."""
    records = [number.to_bytes(2, "big") * (1 + number % 5) for number in range(70)]
    theirs, peaks = InmemoryTree(algorithm="sha256"), Peaks()
    for record in records:
        theirs.append_entry(record)
        peaks.append(leaf_hash(record))
        assert peaks.root() == theirs.get_root()
    subtree = subtrees(records)
    for size in (1, 2, 7, 8, 33, 64, 70):
        for leaf in range(size):
            path = theirs.prove_inclusion(leaf + 1, size).path  # with the leaf itself among its first two
            path.remove(leaf_hash(records[leaf]))
            assert inclusion_proof(leaf, size, subtree) == path


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=9), min_size=1, max_size=40), st.data())
def test_every_proof_holds_and_no_other_one(records: list[bytes], data: st.DataObject) -> None:
    size = len(records)
    old, leaf = data.draw(st.integers(0, size)), data.draw(st.integers(0, size - 1))
    subtree, root = subtrees(records), grown(records).root()
    path, growth = inclusion_proof(leaf, size, subtree), consistency_proof(old, size, subtree)
    old_root = grown(records[:old]).root()
    mark = leaf_hash(records[leaf])
    assert included(mark, leaf, size, path, root)
    assert consistent(old, size, old_root, root, growth)
    other = hashlib.sha256(root).digest()
    assert not included(mark, leaf, size, path, other)
    assert not included(other, leaf, size, path, root)
    assert not included(mark, leaf, size, [*path, other], root)
    assert not consistent(old, size, old_root, root, [*growth, other])
    assert not consistent(old, size, old_root, other, growth) or old == 0
    for at in range(len(path)):
        assert not included(mark, leaf, size, [*path[:at], other, *path[at + 1 :]], root)
    for at in range(len(growth)):
        assert not consistent(old, size, old_root, root, [*growth[:at], other, *growth[at + 1 :]])


@pytest.mark.parametrize(("size", "hashes"), [(1, []), (2, [b"\0" * 32] * 2), (1, [b"\0" * 31]), (-1, [])])
def test_peaks_that_cannot_be_of_that_size(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match="not the peaks"):
        Peaks(size, hashes)


@pytest.mark.parametrize(("leaf", "size"), [(0, 0), (-1, 4), (4, 4)])
def test_no_path_for_a_leaf_that_is_not_there(leaf: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(leaf, size, subtrees(LEAVES))
    assert not included(b"\0" * 32, leaf, size, [], b"\0" * 32)


def test_a_log_does_not_shrink() -> None:
    with pytest.raises(ValueError, match="larger"):
        consistency_proof(5, 4, subtrees(LEAVES))
    assert not consistent(5, 4, b"\0" * 32, b"\0" * 32, [])
