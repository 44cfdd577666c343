"""What a witness signs, what it refuses, and what it keeps as evidence (c2sp.org/tlog-witness)."""

from __future__ import annotations

import base64
import dataclasses
import sqlite3
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cardd.audit.checkpoint import parse, signed_by
from cardd.witness.book import MOST_CONFLICTS, Book, BookBroken
from cardd.witness.judge import Answer, Judge
from cardd.witness.leaves import Leaves
from cardd.witness.protocol import LARGEST_BODY, SIZE_TYPE, NextKey, Submission, period_of
from tests.fixtures.made_log import STATE
from tests.unit.cardd.witness.growing import GrowingLog, Hall, asked


class Scene:
    def __init__(self, folder: Path) -> None:
        self.log = GrowingLog(folder / "log")
        self.leaves = Leaves(folder / "hashes.sqlite")
        self.hall = Hall(folder / "witness", [self.log.verifier_key])

    def ask(self, submission: Submission | bytes, *, with_key: bool = False) -> Answer:
        body = submission if isinstance(submission, bytes) else submission.encode()
        return self.hall.judge.answer(body, with_key=with_key)

    def next(self, period: str | None = None) -> Submission:
        return asked(self.leaves, self.log, self.hall.size, self.log.signed(), period)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.mark.proves("A5")
def test_proved_growth_is_signed_and_the_signature_is_the_one_of_c2sp(scene: Scene) -> None:
    """Checked here from the text of c2sp.org/tlog-cosignature, not with our own reader."""
    sizes = []
    for _ in range(5):
        scene.log.work(7)
        submission = scene.next()
        answer = scene.ask(submission)
        assert answer.status == 200
        dash, name, told = answer.body.decode().rstrip("\n").split(" ")
        octets = base64.b64decode(told)
        at_s = int.from_bytes(octets[4:12], "big")
        message = b"cosignature/v1\ntime %d\n" % at_s + submission.signed.head.text()
        Ed25519PublicKey.from_public_bytes(scene.hall.key.verifier_key.public).verify(octets[12:], message)
        assert (dash, name, at_s) == ("\u2014", "witness.example", int(scene.hall.now_s))
        sizes.append(scene.hall.size)
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == scene.log.sequence


def test_the_same_head_again_is_signed_again(scene: Scene) -> None:
    """An answer that got lost: the sender asks again."""
    scene.log.work()
    submission = scene.next()
    assert scene.ask(submission).status == 200
    again = dataclasses.replace(submission, old=submission.signed.head.size, proof=())
    assert scene.ask(again).status == 200


def test_another_old_size_is_answered_with_the_one_we_have(scene: Scene) -> None:
    scene.log.work(3)
    submission = scene.next()
    assert scene.ask(submission).status == 200
    had = scene.hall.size
    scene.log.work(3)
    for old in (0, had - 1, had + 1):
        answer = scene.ask(asked(scene.leaves, scene.log, old, scene.log.signed()))
        assert (answer.status, answer.body, answer.kind) == (409, b"%d\n" % had, SIZE_TYPE)
        assert answer.conflict is None
    assert scene.hall.size == had


@pytest.mark.proves("fault 109")
def test_an_older_head_is_never_stored(scene: Scene) -> None:
    scene.log.work(3)
    old = scene.next()
    scene.log.work(3)
    new = scene.next()
    assert scene.ask(new).status == 200
    had = scene.hall.size
    assert scene.ask(old).status == 409
    lied = dataclasses.replace(old, old=had, proof=())
    assert scene.ask(lied).status == 400
    assert scene.hall.size == had


@pytest.mark.proves("A7", "fault 108")
def test_a_forked_log_is_not_signed_and_both_heads_are_kept(scene: Scene, tmp_path: Path) -> None:
    """Same keys, same log id, another past: what somebody with the machine in their hands would make."""
    scene.log.work(10)
    assert scene.ask(scene.next()).status == 200
    before = scene.hall.book.logs()[0]
    fork = GrowingLog(tmp_path / "fork")
    fork.work(10, what="pension_status")
    leaves = Leaves(tmp_path / "fork.sqlite")
    same_size = asked(leaves, fork, scene.hall.size, fork.signed())
    assert same_size.signed.head.size == before.size
    answer = scene.ask(same_size)
    assert (answer.status, answer.conflict) == (409, "two_roots_of_one_size")
    assert answer.body == b"%d\n" % before.size
    fork.work(5)
    answer = scene.ask(asked(leaves, fork, scene.hall.size, fork.signed()))
    assert (answer.status, answer.conflict) == (422, "growth_not_proved")
    assert scene.hall.book.logs()[0] == before
    kept = scene.hall.book.conflicts(before.origin)
    assert [each.problem for each in kept] == ["two_roots_of_one_size", "growth_not_proved"]
    for each in kept:
        had, came = parse(each.had or b""), parse(each.came)
        assert signed_by(had, scene.log.verifier_key) == signed_by(came, scene.log.verifier_key) == 0
        assert had.head.root != came.head.root
    for _ in range(MOST_CONFLICTS):
        scene.ask(same_size)
    assert len(scene.hall.book.conflicts(before.origin)) == MOST_CONFLICTS


def test_who_is_not_registered_and_who_signs_with_another_key(scene: Scene, tmp_path: Path) -> None:
    stranger = GrowingLog(tmp_path / "stranger", seed=2)
    stranger.work()
    theirs = asked(Leaves(tmp_path / "stranger.sqlite"), stranger, 0, stranger.signed())
    assert scene.ask(theirs).status == 404
    scene.log.work()
    ours = scene.next()
    forged = dataclasses.replace(ours.signed, signatures=theirs.signed.signatures)
    assert scene.ask(dataclasses.replace(ours, signed=forged)).status == 403
    (line,) = ours.signed.signatures
    changed = dataclasses.replace(line, octets=bytes([line.octets[0] ^ 1]) + line.octets[1:])
    assert (
        scene.ask(dataclasses.replace(ours, signed=dataclasses.replace(ours.signed, signatures=(changed,)))).status
        == 403
    )
    assert scene.hall.size == 0
    assert scene.ask(ours).status == 200


def test_a_log_that_was_taken_off_the_list_is_not_served(scene: Scene) -> None:
    scene.log.work()
    submission = scene.next()
    judge = Judge(scene.hall.book, [], scene.hall.key.verifier_key, scene.hall.key.sign)
    assert judge.answer(submission.encode(), with_key=False).status == 404


@pytest.mark.proves("A4")
def test_the_next_days_key_comes_with_its_proof_and_the_old_one_signs_no_more(scene: Scene) -> None:
    scene.log.work(3)
    first = scene.log.key
    assert scene.ask(scene.next()).status == 200
    scene.log.days(1)
    assert scene.ask(scene.next()).status == 403, "the new key is not known yet"
    last = _last_of_first_day(scene)
    handed = asked(scene.leaves, scene.log, scene.hall.size, last, "2026-11-21")
    assert scene.ask(handed.encode(), with_key=True).status == 200
    assert period_of(scene.hall.book.logs()[0].key) == "2026-11-21"
    assert scene.ask(scene.next()).status == 200
    again = asked(scene.leaves, scene.log, scene.hall.size, scene.log.signed())
    by_first = dataclasses.replace(again.signed, signatures=parse(first.note(again.signed.head.text())).signatures)
    assert scene.ask(dataclasses.replace(again, signed=by_first)).status == 403, (
        "yesterday's key is worth nothing today"
    )


def _last_of_first_day(scene: Scene) -> object:
    notes = (scene.log.directory / "heads" / "2026-11-20.heads").read_bytes().split(b"\n\n")
    return parse(notes[-3] + b"\n\n" + notes[-2] + b"\n")


def test_a_key_without_proof_of_another_day_or_in_another_record_is_refused(scene: Scene) -> None:
    scene.log.work(3)
    assert scene.ask(scene.next()).status == 200
    had = scene.hall.book.logs()[0]
    forged = scene.log.put(
        scene.log.us + 1, STATE, {"event": "card.read", "key_period": "2026-11-21", "key_public": "ab" * 32}
    )
    skipping = scene.log.put(
        scene.log.us + 1, STATE, {"event": "log.key", "key_period": "2026-11-22", "key_public": "ab" * 32}
    )
    good = scene.log.put(
        scene.log.us + 1, STATE, {"event": "log.key", "key_period": "2026-11-21", "key_public": "ab" * 32}
    )
    submission = scene.next("2026-11-21")
    assert submission.key is not None
    assert submission.key.sequence == good
    octets = {entry.sequence: entry.octets for entry, _ in _entries(scene)}

    def with_key(key: NextKey) -> int:
        answer = scene.ask(dataclasses.replace(submission, key=key), with_key=True)
        assert scene.hall.book.logs()[0] == had
        return answer.status

    size = submission.signed.head.size
    assert with_key(NextKey(forged, octets[forged], scene.leaves.inclusion(forged, size))) == 400
    assert with_key(NextKey(skipping, octets[skipping], scene.leaves.inclusion(skipping, size))) == 422
    assert with_key(dataclasses.replace(submission.key, inclusion=submission.key.inclusion[:-1])) == 422
    assert with_key(dataclasses.replace(submission.key, sequence=skipping)) == 400
    assert with_key(dataclasses.replace(submission.key, record=octets[good][:-1])) == 400
    assert scene.ask(submission, with_key=True).status == 200


def _entries(scene: Scene) -> object:
    from cardd.audit.entries import entries

    return entries(scene.log.directory)


def test_requests_that_are_none(scene: Scene) -> None:
    scene.log.work(3)
    good = scene.next().encode()
    bad = [
        b"",
        good[:-1],
        good.replace(b"old 0", b"old 00", 1),
        good.replace(b"old 0", b"old -1", 1),
        good.replace(b"old 0", b"new 0", 1),
        good.replace(b"old 0\n", b"old 0\nAAAA\n", 1),
        good.replace(
            b"old 0\n",
            b"old 0\n" + base64.b64encode(bytes(32)) + b"\n" * 1 + (base64.b64encode(bytes(32)) + b"\n") * 63,
            1,
        ),
        good.replace(b"old 0\n", b"old 0\r\n", 1),
        good + b"x" * LARGEST_BODY,
    ]
    for body in bad:
        assert scene.ask(body).status == 400, body[:60]
        assert scene.ask(body, with_key=True).status == 400
    assert scene.ask(good, with_key=True).status == 400, "a key belongs into add-key"
    too_much = good.replace(b"old 0\n", b"old 0\n" + base64.b64encode(bytes(32)) + b"\n", 1)
    assert scene.ask(too_much).status == 422, "a first head has nothing to prove"
    assert scene.hall.size == 0
    assert scene.ask(good).status == 200


@pytest.mark.proves("A5", "fault 118")
def test_of_two_senders_with_the_same_idea_one_is_told_to_begin_again(scene: Scene, tmp_path: Path) -> None:
    """Two programs on one book: each looks and stores in one step, so nothing goes back."""
    scene.log.work(3)
    small = scene.next()
    scene.log.work(3)
    large = asked(scene.leaves, scene.log, 0, scene.log.signed())
    other = Book(scene.hall.path)
    second = Judge(other, scene.hall.origins, scene.hall.key.verifier_key, scene.hall.key.sign)
    statuses = [second.answer(large.encode(), with_key=False).status, scene.ask(small).status]
    other.close()
    assert statuses == [200, 409]
    assert scene.hall.size == large.signed.head.size


def test_while_somebody_else_stores_nothing_is_looked_at(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardd.witness.book.BUSY_SECONDS", 0.05)
    other = Book(scene.hall.path)
    judge = Judge(other, scene.hall.origins, scene.hall.key.verifier_key, scene.hall.key.sign)
    scene.log.work()
    submission = scene.next()
    with scene.hall.book.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        judge.answer(submission.encode(), with_key=False)
    assert judge.answer(submission.encode(), with_key=False).status == 200
    other.close()


def test_a_book_is_never_begun_anew_by_itself(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(BookBroken, match="no such file"):
        Book(tmp_path / "lost.db")
    with pytest.raises(BookBroken, match="is there already"):
        Book(scene.hall.path, create=True)
    (tmp_path / "other.db").touch()
    with pytest.raises(BookBroken, match="no book of a witness"):
        Book(tmp_path / "other.db")
    (tmp_path / "text.db").write_text("x" * 5000)
    with pytest.raises(BookBroken):
        Book(tmp_path / "text.db")


def test_a_log_cannot_be_registered_again_with_another_first_key(scene: Scene) -> None:
    key = scene.log.verifier_key
    scene.hall.book.register([key])
    other = dataclasses.replace(key, public=bytes(32))
    with pytest.raises(BookBroken, match="another first key"):
        scene.hall.book.register([other])
    assert scene.hall.book.logs()[0].first_key == key


def test_what_was_answered_is_on_the_disk_in_full_sync(scene: Scene) -> None:
    scene.log.work()
    assert scene.ask(scene.next()).status == 200
    size = scene.hall.size
    assert scene.hall.book._open.execute("PRAGMA synchronous").fetchone() == (2,)
    assert scene.hall.book._open.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    scene.hall.book.close()
    again = Book(scene.hall.path)
    assert again.logs()[0].size == size
    note = parse(again.logs()[0].note or b"")
    assert signed_by(note, scene.hall.key.verifier_key) == int(scene.hall.now_s)
    again.close()
