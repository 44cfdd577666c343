"""The verifier's own tree: against the published vectors, an implementation by others, and the one that writes the log."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from cardd.audit import tree as writer
from cardd.audit.verifier import Tree, consistent, included
from tests.unit.cardd.audit.test_tree import GROWTH, LEAVES, PATHS, ROOTS, subtrees

ROOT = {size: bytes.fromhex(root) for size, root in enumerate(ROOTS, start=1)}
OTHER = hashlib.sha256(b"another").digest()


def leaf(record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + record).digest()


def octets(proof: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in proof]


@pytest.mark.proves("A4")
def test_the_published_roots() -> None:
    tree = Tree()
    assert tree.root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, record in enumerate(LEAVES, start=1):
        tree.grow([leaf(record)])
        assert tree.root() == ROOT[size]


@pytest.mark.proves("A4")
@pytest.mark.parametrize(("index", "size"), PATHS)
def test_the_published_paths_and_nothing_near_them(index: int, size: int) -> None:
    path, mark = octets(PATHS[index, size]), leaf(LEAVES[index])
    assert included(mark, index, size, path, ROOT[size])
    assert not included(mark, index, size, [*path, OTHER], ROOT[size])
    assert not included(mark, index, size, [OTHER, *path], ROOT[size])
    assert not included(OTHER, index, size, path, ROOT[size])
    assert not included(mark, size, size, path, ROOT[size])
    assert not included(mark, -1, size, path, ROOT[size])
    assert not included(mark, index, 0, path, ROOT[size])
    for at in range(len(path)):
        assert not included(mark, index, size, path[:at] + path[at + 1 :], ROOT[size])
    others = [each for each in range(size) if each != index]
    assert not any(included(mark, each, size, path, ROOT[size]) for each in others)


@pytest.mark.proves("A4")
@pytest.mark.parametrize(("old", "new"), GROWTH)
def test_the_published_consistency_proofs_and_nothing_near_them(old: int, new: int) -> None:
    proof = octets(GROWTH[old, new])
    assert consistent(old, new, ROOT[old], ROOT[new], proof)
    assert not consistent(old, new, ROOT[old], ROOT[new], [*proof, OTHER])
    assert not consistent(old, new, OTHER, ROOT[new], proof)
    assert not consistent(old, new, ROOT[old], OTHER, proof)
    assert not consistent(new + 1, new, ROOT[old], ROOT[new], proof)
    for at in range(len(proof)):
        assert not consistent(old, new, ROOT[old], ROOT[new], proof[:at] + proof[at + 1 :])
        assert not consistent(old, new, ROOT[old], ROOT[new], [*proof[:at], OTHER, *proof[at + 1 :]])


def test_the_empty_tree_grows_into_any_with_an_empty_proof() -> None:
    empty = Tree().root()
    assert consistent(0, 0, empty, empty, [])
    assert consistent(0, 5, empty, ROOT[5], [])
    assert not consistent(0, 5, OTHER, ROOT[5], [])
    assert not consistent(0, 5, empty, ROOT[5], [OTHER])
    assert not consistent(0, 0, empty, OTHER, [])
    assert not consistent(0, -1, empty, OTHER, [])
    assert not consistent(-1, 5, empty, ROOT[5], [])


@pytest.mark.proves("A4")
def test_roots_are_those_of_an_implementation_by_others_however_the_tree_grew() -> None:
    records = [number.to_bytes(2, "big") * (1 + number % 5) for number in range(300)]
    theirs = InmemoryTree(algorithm="sha256")
    roots = [Tree().root()]
    for record in records:
        theirs.append_entry(record)
        roots.append(theirs.get_root())
    for step in (1, 2, 3, 7, 64, 100, 300):
        tree = Tree()
        for begin in range(0, len(records), step):
            part = records[begin : begin + step]
            tree.grow([leaf(each) for each in part])
            size = begin + len(part)
            assert tree.root() == roots[size]
            assert Tree(size, octets(tree.told())).root() == roots[size]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=9), min_size=1, max_size=40), st.data())
def test_proofs_of_the_writer_hold_and_both_refuse_the_same(records: list[bytes], data: st.DataObject) -> None:
    """Two programs that share nothing, on proofs that are right, and on proofs with one thing changed."""
    size, subtree = len(records), subtrees(records)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, old_root = writer.root_of(0, size, subtree), writer.root_of(0, old, subtree)
    path, growth = writer.inclusion_proof(index, size, subtree), writer.consistency_proof(old, size, subtree)
    mark = leaf(records[index])
    assert included(mark, index, size, path, root)
    assert consistent(old, size, old_root, root, growth)
    other_index, other_old, other_size = (data.draw(st.integers(-1, size + 2)) for _ in range(3))
    for near in (path, path[1:], [*path, OTHER], path[::-1], growth):
        asked = (mark, other_index, other_size, near, root)
        assert included(*asked) == writer.included(*asked)
    for near in (growth, growth[1:], [*growth, OTHER], growth[::-1], path):
        grown = (other_old, other_size, old_root, root, near)
        assert consistent(*grown) == writer.consistent(*grown)


@pytest.mark.parametrize(("size", "count"), [(1, 0), (2, 2), (0, 1), (5, 3)])
def test_hashes_that_no_tree_of_that_size_has(size: int, count: int) -> None:
    with pytest.raises(ValueError, match="zip"):
        Tree(size, [OTHER] * count)
