"""Proofs of single records (RFC 6962), and how the key of a head follows from the first one (docs/audit-log.md)."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cardd.audit.checkpoint import BadNote, SignedHead, parse
from cardd.audit.head_files import head_file, periods
from cardd.audit.tree import included, inclusion_proof
from cardd.errors import AuditUnavailable, AuditUnknown
from cardd.history.index import IndexDamaged, View
from cardd.history.questions import Records

FIRST_KEY = "first.key"
CUT = "cut.json"
TAIL = 16 * 1024
"""Bytes from the end of a file of heads that hold its last head for sure."""
HANDOVER = "key"


@dataclass(frozen=True, slots=True)
class Proof:
    """That a record stands under a head. `index` from 0; `inclusion`: 32 bytes each, nearest first."""

    log_id: str
    sequence: int
    record_hash: str
    record: bytes = field(repr=False)
    leaf: bytes
    index: int
    inclusion: tuple[bytes, ...]
    head: SignedHead


@dataclass(frozen=True, slots=True)
class Handover:
    """From the key of `period` to the next: the record that names it, and the head by the old key that ends in that record."""

    period: date
    record: bytes = field(repr=False)
    head: SignedHead


def prove(view: View, records: Records, sequence: int, record_hash: str | None, head: SignedHead) -> Proof:
    """The proof of one record under a head of the same log that covers it. Checked before it is given.

    Raises `AuditUnknown` (`sequence`: there is no such record yet; `cut_off`; `other_hash`: another record stands there),
    `IndexDamaged`, `AuditUnavailable`.
    """
    size = head.head.size
    if not 1 <= sequence <= size:
        raise AuditUnknown(problem="sequence")
    entry = records.entry(sequence)
    if record_hash is not None and entry.hash != record_hash:
        raise AuditUnknown(problem="other_hash")
    leaf = view.hashes.leaf(sequence - 1)
    inclusion = tuple(inclusion_proof(sequence - 1, size, view.hashes.subtree))
    if not included(leaf, sequence - 1, size, inclusion, head.head.root):
        raise IndexDamaged
    return Proof(view.log_id, sequence, entry.hash, entry.octets, leaf, sequence - 1, inclusion, head)


def first_key(log: Path) -> str | None:
    """The verifier key of the first day as it stands beside the log; None for a log without keys. Raises `OSError`."""
    path = log / FIRST_KEY
    return path.read_text("ascii").strip() if path.exists() else None


def handovers(log: Path, records: Records, after: date | None, most: int) -> tuple[list[Handover], bool]:
    """Up to `most` hand-overs of keys, of the days behind `after`, in order; and whether there are more.

    Raises `AuditUnavailable` (`heads_changed`), `Damaged`, `OSError`.
    """
    days = [day for day in periods(log) if after is None or day > after]
    cut = dict(_cut_keys(log))
    found: list[Handover] = []
    for day in days[:most]:
        head = last_head(log, day)
        if head is None or head.head.why != HANDOVER:
            break  # the key of this day still signs
        sequence = head.head.size
        record = cut[sequence] if sequence in cut else records.entry(sequence).octets
        found.append(Handover(day, record, head))
    return found, len(found) == most < len(days)


def last_head(log: Path, day: date) -> SignedHead | None:
    """The last whole head of one day's file, without reading all of it. Raises `AuditUnavailable` (`heads_changed`), `OSError`."""
    with head_file(log, day).open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        parts = file.read().split(b"\n\n")[:-1]  # what stands behind the last empty line is torn
    for text, tail in ((parts[at - 1], parts[at]) for at in range(len(parts) - 1, 0, -1)):
        if tail.startswith("\u2014".encode()):
            try:
                return parse(text + b"\n\n" + tail + b"\n")
            except BadNote as error:
                raise AuditUnavailable(problem="heads_changed") from error
    return None


def _cut_keys(log: Path) -> Iterator[tuple[int, bytes]]:
    """The records of hand-overs that were cut off, by their numbers, as the cut left them."""
    path = log / CUT
    if not path.exists():
        return
    try:
        for each in json.loads(path.read_bytes())["keys"]:
            yield int(each["sequence"]), base64.b64decode(each["record"], validate=True)
    except (ValueError, TypeError, KeyError) as error:
        raise AuditUnavailable(problem="heads_changed") from error
