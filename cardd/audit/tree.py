"""The Merkle tree of RFC 6962 over the log's records: leaf = SHA-256(00 ‖ record), node = SHA-256(01 ‖ left ‖ right).

A tree that grows is held as the roots of its full subtrees (its *peaks*), at most 64 hashes. Proofs are made from a function
that gives the root of any full subtree, and checked from the proof alone.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH = 32
NO_RECORDS = hashlib.sha256().digest()
"""Root of the empty tree (RFC 6962, 2.1)."""

Subtree = Callable[[int, int], bytes]
"""Root of the full subtree at (level, index): it covers the leaves from `index << level` on, `1 << level` of them."""


def leaf_hash(record: bytes) -> bytes:
    """Of a whole record, its length field included."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Peaks:
    """The full subtrees of a tree that grows, largest first."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """`hashes`: one of 32 bytes for each bit set in `size`, largest subtree first. Raises `ValueError`."""
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count() or any(len(each) != HASH for each in self.hashes):
            raise ValueError("these are not the peaks of a tree of this size")

    def append(self, leaf: bytes) -> None:
        """One more leaf, by its hash."""
        size = self.size
        while size & 1:
            leaf = node_hash(self.hashes.pop(), leaf)
            size >>= 1
        self.hashes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Of the whole tree."""
        if not self.hashes:
            return NO_RECORDS
        found = self.hashes[-1]
        for peak in reversed(self.hashes[:-1]):
            found = node_hash(peak, found)
        return found


def root_of(start: int, end: int, subtree: Subtree) -> bytes:
    """MTH(D[start:end]) of RFC 6962 for a range as its proofs use them; not empty."""
    count = end - start
    level = count.bit_length() - 1
    if count == 1 << level and start % count == 0:
        return subtree(level, start >> level)
    split = start + _split(count)
    return node_hash(root_of(start, split, subtree), root_of(split, end, subtree))


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962, 2.1.1. `index` from 0. Raises `ValueError` when it is not below `size`."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    start, end, path = 0, size, []
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(root_of(split, end, subtree))
            end = split
        else:
            path.append(root_of(start, split, subtree))
            start = split
    return path[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962, 2.1.2; empty for an empty or equal old tree. Raises `ValueError` when `old` > `new`."""
    if not 0 <= old <= new:
        raise ValueError("the old tree is the larger one")
    if old in (0, new):
        return []
    start, end, path, whole = 0, new, [], True
    while end - start > 1 and old < end:
        split = start + _split(end - start)
        if old <= split:
            path.append(root_of(split, end, subtree))
            end = split
        else:
            path.append(root_of(start, split, subtree))
            start, whole = split, False
    return ([] if whole else [root_of(start, end, subtree)]) + path[::-1]


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that `leaf` (its hash) stands at `index` in the tree of `size` with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(each, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, each)
        position, last = position >> 1, last >> 1
    return last == 0 and found == root


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the new tree only added leaves to the old one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and (old > 0 or old_root == NO_RECORDS) and (old != new or old_root == new_root)
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, each)
        position, last = position >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
