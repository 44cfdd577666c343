"""How a sender brings a witness to the newest head, whatever was missed, lost or lied in between."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardd.audit.checkpoint import COSIGNATURE, SignedHead, VerifierKey, cosign, parse, signed_by
from cardd.witness.cosigned import Cosigned, Standing
from cardd.witness.handing import Handing, HandingFailed
from cardd.witness.leaves import Leaves
from cardd.witness.post import NoAnswer, Reply
from cardd.witness.protocol import ADD_CHECKPOINT, ADD_KEY, decode, period_of
from cardd.witness.send import Sender, Source
from cardd.witness.settings import WitnessKey
from tests.unit.cardd.witness.growing import GrowingLog, Hall


class Office:
    """A log, its sender and a witness."""

    def __init__(self, folder: Path, *, segment_bytes: int = 40_000) -> None:
        self.folder = folder
        self.log = GrowingLog(folder / "log", segment_bytes=segment_bytes)
        self.hall = Hall(folder / "witness", [self.log.verifier_key])
        self.source = Source(self.log.directory, folder / "cosigned")
        self.sender = self.new_sender()

    def new_sender(self) -> Sender:
        return Sender(self.source, self.folder / "cosigned", self.hall.key.verifier_key, self.hall)

    def send(self) -> str | None:
        self.log.signed()
        return self.sender.once()

    @property
    def cosigned(self) -> Cosigned:
        return Cosigned(self.folder / "cosigned", self.log.log_id, self.hall.key.verifier_key)

    def got(self) -> SignedHead:
        note = self.cosigned.newest()
        assert note is not None
        signed = parse(note)
        assert signed_by(signed, self.hall.key.verifier_key)
        return signed

    def standing(self) -> str | None:
        found = self.cosigned.standing()
        assert found is not None
        return found.problem


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    scene = Office(tmp_path)
    yield scene
    scene.source.close()
    scene.hall.book.close()


@pytest.mark.proves("A5")
def test_each_head_comes_back_with_two_signatures(office: Office) -> None:
    for _ in range(5):
        office.log.work(20)
        assert office.send() is None
        signed = office.got()
        assert signed.head.size == office.log.sequence == office.hall.size
        assert [each.name for each in signed.signatures] == [office.log.verifier_key.name, "witness.example"]
    assert office.hall.asked.count(ADD_CHECKPOINT) == 5
    assert office.standing() is None


def test_nothing_new_asks_nobody(office: Office) -> None:
    office.log.work()
    assert office.send() is None
    before = list(office.hall.asked)
    assert [office.sender.once() for _ in range(3)] == [None, None, None]
    assert office.hall.asked == before


@pytest.mark.proves("A4", "A5")
@pytest.mark.parametrize("days", [1, 2, 40])
def test_days_without_a_network_are_caught_up_with_key_by_key(office: Office, days: int) -> None:
    office.log.work(5)
    assert office.send() is None
    for _ in range(days):
        office.log.days(1)
        office.log.work(4)
    office.hall.asked.clear()
    assert office.send() is None
    assert office.hall.asked == [ADD_KEY] * days + [ADD_CHECKPOINT]
    assert office.hall.size == office.log.sequence
    assert office.hall.book.logs()[0].key == VerifierKey.parse(office.log.key.verifier_key)
    kept = sorted(path.name for path in office.cosigned.path.glob("*.head"))
    assert len(kept) == days + 1, "the last head of each day is kept with the witness's signature"


def test_a_machine_that_was_off_for_a_week_has_a_key_for_each_day(office: Office) -> None:
    office.log.work(5)
    assert office.send() is None
    office.log.days(7)
    assert office.send() is None
    assert period_of(office.hall.book.logs()[0].key) == "2026-11-27"


def test_a_sender_that_knows_nothing_asks_where_to_go_on(office: Office) -> None:
    office.log.work(5)
    assert office.send() is None
    office.log.days(3)
    office.sender = office.new_sender()
    assert office.send() is None
    assert office.hall.size == office.log.sequence


@pytest.mark.proves("fault 118")
def test_two_senders_race_and_nothing_goes_back(office: Office) -> None:
    """The other one is there first, between our question and our head."""
    office.log.work(5)
    assert office.send() is None
    office.log.work(5)
    other = Handing(
        office.log.directory,
        office.hall.key.verifier_key,
        office.hall,
        Leaves(office.folder / "other.sqlite"),
        threading.Lock(),
        Cosigned(office.folder / "elsewhere", office.log.log_id, office.hall.key.verifier_key),
    )
    first = office.log.signed()
    other._leaves.follow(office.log.directory)
    office.log.work(5)
    sizes = []

    def other_first(path: str, _: bytes) -> None:
        office.hall.before = lambda _path, _body: None
        other.hand_over(first)
        sizes.append(office.hall.size)

    office.hall.before = other_first
    assert office.send() is None
    sizes.append(office.hall.size)
    assert sizes == [first.head.size, office.log.sequence]
    with pytest.raises(HandingFailed, match="witness_ahead"):
        other.hand_over(first)


def test_an_answer_that_got_lost_is_asked_for_again(office: Office) -> None:
    office.log.work(5)

    def stored_and_lost(path: str, body: bytes) -> Reply | None:
        if path == ADD_CHECKPOINT:
            office.hall.before = lambda _path, _body: None
            office.hall.post(path, body)
            raise NoAnswer("unreachable")
        return None

    office.hall.before = stored_and_lost
    assert office.send() == "unreachable"
    assert office.standing() == "unreachable"
    assert office.cosigned.newest() is None
    assert office.sender.once() is None
    assert office.got().head.size == office.log.sequence


@pytest.mark.parametrize("lost_at", [0, 1, 2])
def test_a_key_whose_answer_got_lost_is_not_given_twice(office: Office, lost_at: int) -> None:
    office.log.work(5)
    assert office.send() is None
    office.log.days(3)
    seen = []

    def stored_and_lost(path: str, body: bytes) -> Reply | None:
        seen.append(path)
        if path == ADD_KEY and seen.count(ADD_KEY) == lost_at + 1:
            office.hall.before = lambda _path, _body: None
            office.hall.post(path, body)
            raise NoAnswer("unreachable")
        return None

    office.hall.before = stored_and_lost
    assert office.send() == "unreachable"
    assert office.sender.once() is None
    assert office.hall.size == office.log.sequence


@pytest.mark.proves("fault 118")
def test_signatures_that_do_not_hold_are_not_handed_over(office: Office) -> None:
    office.log.work(5)
    stranger = WitnessKey.make("witness.example")
    named_alike = dataclasses.replace(stranger.verifier_key)

    def answers(make: object) -> None:
        def early(path: str, body: bytes) -> Reply | None:
            if path != ADD_CHECKPOINT:
                return None
            signed = decode(body, with_key=False).signed
            return Reply(200, make(signed))  # type: ignore[operator]

        office.hall.before = early

    key = office.hall.key
    other_head = office.log.signed()
    good = cosign(other_head, key.verifier_key, key.sign, 1_800_000_000)
    for make in (
        lambda _: b"",
        lambda _: b"thank you\n",
        lambda signed: cosign(signed, named_alike, stranger.sign, 1_800_000_000).line(),
        lambda signed: cosign(signed, key.verifier_key, stranger.sign, 1_800_000_000).line(),
        lambda _: dataclasses.replace(good, octets=good.octets[:8] + bytes(64)).line(),
        lambda signed: cosign(signed, key.verifier_key, key.sign, 0).line(),
        lambda _: good.line() * 20,
    ):
        answers(make)
        office.log.work()
        assert office.send() == "bad_signature"
        assert office.cosigned.newest() is None
    answers(
        lambda signed: (
            cosign(signed, named_alike, stranger.sign, 5).line() + cosign(signed, key.verifier_key, key.sign, 5).line()
        )
    )
    office.log.work()
    assert office.send() is None
    assert len(office.got().signatures) == 2, "signatures of keys that nobody knows are left out"
    assert key.verifier_key.kind == COSIGNATURE


@pytest.mark.proves("fault 109")
def test_a_log_that_was_set_back_is_noticed_at_the_witness(office: Office) -> None:
    office.log.work(5)
    kept = {path: path.read_bytes() for path in office.log.directory.rglob("*") if path.is_file()}
    office.log.work(20)
    assert office.send() is None
    for path in office.log.directory.rglob("*"):
        if path.is_file():
            path.unlink()
    for path, octets in kept.items():
        path.write_bytes(octets)
    office.source.leaves.throw_away()
    assert office.sender.once() == "witness_ahead"
    assert office.standing() == "witness_ahead"


@pytest.mark.proves("fault 108")
def test_a_log_that_was_built_anew_is_a_contradiction(office: Office, tmp_path: Path) -> None:
    office.log.work(10)
    assert office.send() is None
    fork = GrowingLog(tmp_path / "fork")
    fork.work(15, what="pension_status")
    fork.signed()
    leaves = Leaves(tmp_path / "fork.sqlite")
    leaves.follow(fork.directory)
    cosigned = Cosigned(tmp_path / "forked", fork.log_id, office.hall.key.verifier_key)
    handing = Handing(fork.directory, office.hall.key.verifier_key, office.hall, leaves, threading.Lock(), cosigned)
    with pytest.raises(HandingFailed, match="contradiction"):
        handing.hand_over(fork.signed())
    assert len(office.hall.book.conflicts(f"cardd/{fork.log_id}")) == 1
    assert cosigned.newest() is None


def test_another_key_under_the_same_day_is_told_as_that(office: Office) -> None:
    office.log.work(5)
    assert office.send() is None
    book = office.hall.book
    other = dataclasses.replace(office.log.verifier_key, public=bytes(32))
    book._open.execute("UPDATE log SET key = ?", (str(other),))
    office.log.work()
    office.sender = office.new_sender()
    assert office.send() == "other_key"


def test_refusals_have_words(office: Office) -> None:
    office.log.work(5)
    for status, word in (
        (404, "not_registered"),
        (400, "witness_fails"),
        (503, "witness_fails"),
        (422, "contradiction"),
    ):
        office.hall.before = lambda path, _body, status=status: (
            Reply(status, b"no\n") if path == ADD_CHECKPOINT else None
        )
        office.log.work()
        assert office.send() == word
    office.hall.before = lambda path, _body: Reply(200, b"<html>") if path.startswith("/state/") else None
    office.sender = office.new_sender()
    assert office.send() == "witness_fails"
    office.hall.before = lambda path, _body: Reply(409, b"7\n") if path == ADD_CHECKPOINT else None
    assert office.sender.once() == "witness_fails", "told another number each time"


def test_a_damaged_cache_is_made_again_and_a_log_that_does_not_fit_its_heads_is_told(office: Office) -> None:
    office.log.work(10)
    assert office.send() is None
    db = office.source.leaves._db
    db.execute("UPDATE tile SET hashes = zeroblob(length(hashes))")
    office.log.work(1)
    assert office.send() is None
    assert office.got().head.size == office.log.sequence
    path = max(office.log.directory.glob("*.seg"))
    path.write_bytes(path.read_bytes().replace(b"identity_check", b"identity_chosk", 1))
    office.log.save = lambda: None  # type: ignore[method-assign]
    office.source.leaves.throw_away()
    office.sender = office.new_sender()
    assert office.sender.once() == "log_differs"


def test_one_sender_at_a_time_in_one_folder(office: Office) -> None:
    with pytest.raises(BlockingIOError):
        Source(office.log.directory, office.folder / "cosigned")


def test_what_stands_in_the_folder_is_words_of_the_list(office: Office) -> None:
    cosigned = office.cosigned
    assert cosigned.standing() is None
    cosigned.write_standing(Standing("tls", 5, 1_700_000_000))
    assert cosigned.standing() == Standing("tls", 5, 1_700_000_000)
    for text in (
        '{"problem": "山田", "size": 1, "tried_s": 1}',
        "[]",
        '{"problem": null, "size": "x", "tried_s": 1}',
        "{",
        "",
    ):
        cosigned.path.with_suffix(".json").write_text(text)
        assert cosigned.standing() is None, text
