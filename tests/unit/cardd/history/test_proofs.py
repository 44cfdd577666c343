"""Proofs from the kept hashes: of every record, over borders of stored subtrees, behind a cut; and of logs that were closed."""

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pytest

from cardd.audit.chain import segments
from cardd.audit.checkpoint import Head, SignedHead, VerifierKey, signed_by
from cardd.audit.continuing import CLOSED
from cardd.audit.entries import entries
from cardd.audit.tree import Peaks, included, leaf_hash, root_of
from cardd.errors import AuditUnknown
from cardd.history.along import Along
from cardd.history.hashes import Ground, HashReader, HashWriter
from cardd.history.index import IndexDamaged, View
from cardd.history.proofs import Handover, handovers, prove
from cardd.history.questions import Filters, Records
from tests.fixtures.made_log import made_log
from tests.unit.cardd.history.logs import following, indexed, journal, write_day

SIZES = (1, 2, 255, 256, 257, 700, 65_535, 65_536, 65_537, 70_001)
LEAVES = [leaf_hash(b"%d" % number) for number in range(SIZES[-1])]


def signed(log_id: str, size: int, root: bytes) -> SignedHead:
    return SignedHead(Head(log_id, size, root, 0, bytes(32), "time"), ())


@pytest.mark.proves("A4")
@pytest.mark.parametrize("base", [0, 1, 5, 256, 300, 65_536, 65_600])
def test_stored_subtrees_give_the_roots_that_all_leaves_give(tmp_path: Path, base: int) -> None:
    plain = Peaks()
    roots: dict[int, tuple[bytes, tuple[bytes, ...]]] = {0: (plain.root(), ())}
    for number, leaf in enumerate(LEAVES, 1):
        plain.append(leaf)
        if number in (*SIZES, base):
            roots[number] = plain.root(), tuple(plain.hashes)
    ground = Ground(base, roots[base][1])
    writer = HashWriter(tmp_path, ground, base)
    for size in (size for size in SIZES if size > base):
        more = LEAVES[writer.size : size]
        writer.append(more, list(range(len(more))))
        with writer.reader() as reader:
            assert reader.peaks().root() == roots[size][0]
            assert root_of(0, size, reader.subtree) == roots[size][0]
            assert reader.leaf(size - 1) == LEAVES[size - 1]
    writer.close()
    with HashReader(tmp_path, ground, SIZES[-1]) as again:
        if base > 1:
            with pytest.raises(AuditUnknown):
                again.leaf(0)
        with pytest.raises(AuditUnknown):
            again.place(base if base else SIZES[-1] + 1)


@pytest.mark.proves("A4")
def test_every_record_is_proved_under_every_later_size(tmp_path: Path) -> None:
    with journal(tmp_path / "log") as log:
        write_day(log, 60)
        log_id = log.log_id
    indexed(tmp_path / "log", tmp_path / "index", log_id).drop()
    plain, hashes = Peaks(), []
    with View(tmp_path / "index") as view:
        records = Records(tmp_path / "log", view)
        for entry, _ in entries(tmp_path / "log"):
            plain.append(leaf_hash(entry.octets))
            hashes.append(entry.hash)
            for sequence in {1, entry.sequence // 2 or 1, entry.sequence}:
                proof = prove(view, records, sequence, hashes[sequence - 1], signed(log_id, plain.size, plain.root()))
                assert included(proof.leaf, proof.index, plain.size, proof.inclusion, plain.root())
                assert hashlib.sha256(proof.record).hexdigest() == proof.record_hash
        with pytest.raises(IndexDamaged):
            prove(view, records, 1, None, signed(log_id, plain.size, bytes(32)))
        with pytest.raises(AuditUnknown, match=r"audit\.unknown"):
            prove(view, records, plain.size + 1, None, signed(log_id, plain.size, plain.root()))


@pytest.mark.proves("A8", "A4")
@pytest.mark.parametrize("rebuilt", [False, True])
def test_behind_a_cut_records_are_still_found_and_proved(tmp_path: Path, rebuilt: bool) -> None:
    made = made_log(tmp_path / "log", records=3_000, days=5, segment_bytes=60_000)
    plain = Peaks()
    for entry, _ in entries(tmp_path / "log"):
        plain.append(leaf_hash(entry.octets))
    along = Along(tmp_path / "log", tmp_path / "index", made.log_id)
    assert along.read(lambda _: True)
    files = segments(tmp_path / "log")
    for path in files[:7]:
        path.unlink()
    first = int(files[7].stem)
    along.drop()
    if rebuilt:
        shutil.rmtree(tmp_path / "index")
    assert along.read(lambda _: True)
    along.drop()
    with View(tmp_path / "index") as view:
        assert view.rows("SELECT min(sequence) FROM uses")[0][0] >= first
        records = Records(tmp_path / "log", view)
        for sequence in (first, first + 1, plain.size):
            proof = prove(view, records, sequence, None, signed(made.log_id, plain.size, plain.root()))
            assert included(proof.leaf, proof.index, plain.size, proof.inclusion, plain.root())
        with pytest.raises(AuditUnknown):
            prove(view, records, 1, None, signed(made.log_id, plain.size, plain.root()))


@pytest.mark.proves("A4")
def test_the_key_of_a_head_follows_from_the_first_one(tmp_path: Path) -> None:
    made = made_log(tmp_path / "log", records=2_000, days=6)
    indexed(tmp_path / "log", tmp_path / "index", made.log_id).drop()
    found: list[Handover] = []
    with View(tmp_path / "index") as view:
        records, after, more = Records(tmp_path / "log", view), None, True
        while more:
            page, more = handovers(tmp_path / "log", records, after, 2)
            found += page
            after = page[-1].period if page else date.max
    assert len(found) >= 5
    key = VerifierKey.parse(made.first_key)
    for each in found:
        assert signed_by(each.head, key) == 0
        assert each.head.head.chain == hashlib.sha256(each.record).digest()
        named = next(entry for entry, _ in entries(tmp_path / "log") if entry.octets == each.record)
        period, public = named.text("key_period"), named.text("key_public")
        assert period is not None
        assert public is not None
        key = VerifierKey(f"cardd/{made.log_id}/{period}", 1, bytes.fromhex(public))


def test_a_question_reaches_the_logs_that_this_one_goes_on_from(tmp_path: Path) -> None:
    with journal(tmp_path / "old") as old:
        write_day(old, 30, seed=1)
        old_id = old.log_id
    with journal(tmp_path / "log") as log:
        write_day(log, 30, seed=2)
        log_id = log.log_id
    (tmp_path / "log" / CLOSED).mkdir()
    shutil.move(tmp_path / "old", tmp_path / "log" / CLOSED / old_id)
    with following(tmp_path / "log", tmp_path / "index", log_id) as book:
        assert book.follower.catch_up(20)
        for order, expected in (("newest", [log_id, old_id]), ("oldest", [old_id, log_id])):
            seen: list[str] = []
            numbers, cursor, more = [], None, True
            while more:
                page = book.page(Filters(operator="tanaka"), order=order, cursor=cursor, limit=7)  # type: ignore[arg-type]
                seen += [use.entry.log_id for use in page.uses]
                numbers += [(use.entry.log_id, use.entry.sequence) for use in page.uses]
                cursor, more = page.cursor, page.cursor is not None
            assert list(dict.fromkeys(seen)) == expected
            assert len(set(numbers)) == len(numbers) > 10
        with pytest.raises(AuditUnknown):
            book.proof(1, None, None, "0" * 32)
