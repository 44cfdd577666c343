"""Checks an audit log of cardd on any machine: `cardd-verify PATH`, or `python3 verifier.py PATH`. This one file is the whole program.

It is written apart from the code that writes the log and shares nothing with it; docs/audit-log.md is the form that it holds
a log to (records and segments: decision of this project; tree: RFC 6962 and RFC 9162; heads: c2sp.org/tlog-checkpoint, signed-note,
tlog-cosignature; keys: Ed25519, RFC 8032). It needs Python 3.11 and, for everything that is signed, the package `cryptography`
(`pip install cryptography`); where that is missing it says so before it begins, and ends with 2.

What it looks at: each record's length, number, phase and hash of the record before; the tree's root and the chain under each signed
head; the chain of daily keys from the first one; the time of each record against the day of the key that covers it. `--full`
reads each record's JSON too: RFC 8785 form, own sum, agreement with its header, intents and their results. It names the first bad
record and what is wrong with it. Exit status: 0 whole, 1 damaged, not proved, or without the log that it goes on from, 2 cannot be read.

What nobody can see from the log alone: an end that was cut off together with its heads, or a log made anew with keys of its own. So
give it what is kept elsewhere: the first key (`--key`), a receipt (`--receipt`), a head (`--anchor`), a witness's key (`--witness`).
"""

import argparse
import base64
import errno
import hashlib
import json
import os
import re
import stat
import struct
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from functools import reduce
from pathlib import Path
from typing import Any

# --- the forms -------------------------------------------------------------------------------------------------------

SEGMENT = struct.Struct(">8sI16sQ32s")  # magic, version, log id, first sequence, hash of the record before
JAPAN = timezone(timedelta(hours=9))  # has no summer time
RECORD = struct.Struct(">IQQB32s")  # bytes that follow, sequence, microseconds UTC, phase, hash of the record before
LENGTH = 4
HEADER = 49  # bytes of a record between its length and its JSON
MAGIC, VERSION = b"CARDDLOG", 1
LARGEST = 64 * 1024
LARGEST_FILE = 1 << 30
"""Bytes of any other file that is read whole."""
LARGEST_SEGMENT = 80 * 1024 * 1024
LARGEST_NOTE = 64 * 1024
PHASES = {1: "intent", 2: "result", 3: "state"}
DAY_US = 86_400_000_000
GRACE_US = 2_000_000
"""Steps of the clock up to so many microseconds are no record, so a time may miss its day by that."""
MOST_UNCOVERED = 210
"""Records that may stand behind the newest head: 100, and what a crash and a full disk can leave."""
ALL_SIGNATURES_BYTES = 1024 * 1024
"""Heads up to this many bytes, about 2,800, have every signature checked; beyond, those that the rest lies under."""
MOST_LISTED = 1000
EPOCH = date(1970, 1, 1)
BY_A_LOG, BY_A_WITNESS = 1, 4
"""Type bytes of keys (signed-note): a witness's signature has the time before it, 8 bytes."""

# --- words -----------------------------------------------------------------------------------------------------------

SAYS = {
    "no_log": ("there is no segment file here", "セグメントファイルがありません"),
    "segment_header": (
        "the segment's header is short, or not that of an audit log of this version",
        "セグメントの先頭部分が短いか、この版の監査ログのものではありません",
    ),
    "segment_name": (
        "the segment's name does not fit its first record, or a segment before it is missing",
        "セグメントの名前が最初の記録と合わないか、前のセグメントがありません",
    ),
    "segment_chain": (
        "the segment does not continue the one before it, or belongs to another log",
        "前のセグメントの続きではないか、別のログのものです",
    ),
    "segment_size": ("the segment is larger than any that is written", "セグメントが大きすぎます"),
    "length": ("its length is impossible", "記録の長さがあり得ません"),
    "short": (
        "it is cut off (at the very end of a log: a write that never finished; the next start takes it off)",
        "途中で切れています（ログの最後であれば、書き終わらなかった記録です。次の起動時に取り除かれます）",
    ),
    "sequence": (
        "its number is not the next one: a record was removed, added or moved",
        "番号が続いていません。記録が削除、追加、または移動されています",
    ),
    "chain": (
        "the record before it is not the one it was written after: that one was changed or exchanged",
        "直前の記録が、書いたときのものと違います。直前の記録が変更または差し替えられています",
    ),
    "exchanged": (
        "it is not the record that those behind it were written after: it was changed or exchanged, and its sum made anew",
        "後ろの記録が続いている記録ではありません。変更または差し替えられ、検査値も作り直されています",
    ),
    "phase": ("its phase is unknown", "記録の段階が不明です"),
    "json": ("its content is not in canonical form", "内容が正規の形式ではありません"),
    "sum": ("its own check sum is wrong", "記録自身の検査値が合いません"),
    "header_differs": (
        "its header and its content tell different numbers, times or phases",
        "先頭部分と内容で、番号・時刻・段階が違います",
    ),
    "log_id": ("its content belongs to another log", "内容が別のログのものです"),
    "intent": ("it closes an intent that is not open", "始まっていない操作の結果です"),
    "open_intents": ("it lists other open intents than the log has", "未完了の操作の一覧がログと違います"),
    "tree": (
        "the tree's hashes in it are not those of the records before",
        "記録にある木のハッシュが、それまでの記録と合いません",
    ),
    "heads_missing": (
        "signed heads are missing that belong to the keys named in the log",
        "ログに記された鍵の署名付き照合値がありません",
    ),
    "heads_behind": (
        "too many records stand behind the newest head: newer heads were removed, or older ones put back",
        "最新の照合値より後の記録が多すぎます。新しい照合値が消されたか、古いものに戻されています",
    ),
    "head_ahead": (
        "a signed head covers more records than there are: the end was cut off, or made anew with fewer records",
        "署名付き照合値がある記録がありません。ログの末尾が切り取られたか、記録を減らして作り直されています",
    ),
    "head_root": (
        "these are not the records that were signed: the tree's root is another one",
        "署名された記録ではありません。木の根のハッシュが違います",
    ),
    "head_chain": (
        "these are not the records that were signed: the last one's hash is another one",
        "署名された記録ではありません。最後の記録のハッシュが違います",
    ),
    "head_signature": (
        "the head is not signed by the key of its day: head or records were made anew or changed",
        "その日の鍵による署名ではありません。照合値または記録が作り直されたか、変更されています",
    ),
    "head_form": ("what stands in the heads file is no head", "照合値のファイルに、照合値でないものがあります"),
    "head_torn": (
        "the last head is cut off (a write that never finished; the next start takes it off)",
        "最後の照合値が途中で切れています（書き終わらなかったものです。次の起動時に取り除かれます）",
    ),
    "head_log": ("the head belongs to another log", "照合値が別のログのものです"),
    "head_day": (
        "the day of the heads file does not follow the one before: a day was left out or exchanged",
        "照合値のファイルの日付が続いていません。日が抜けているか、入れ替えられています",
    ),
    "head_shrinks": (
        "the head has fewer records than the one before it: an old one was put back",
        "前の照合値より記録が少なくなっています。古い照合値に戻されています",
    ),
    "head_order": (
        "the head stands where its kind has no place: a head was removed, added or moved",
        "この種類の照合値が立つ場所ではありません。照合値が削除、追加、または移動されています",
    ),
    "head_time": ("the head's time is not on the day of its key", "照合値の時刻が鍵の日付と合いません"),
    "key_record": (
        "the record that names a key does not stand where keys change, or is missing there",
        "鍵を示す記録が、鍵の交替の場所にないか、別の場所にあります",
    ),
    "key_period": (
        "the key named in it is not that of the next day: a day was left out",
        "記された鍵が翌日のものではありません。日が抜けています",
    ),
    "period": (
        "its time is not on the day of the key that covers it, and no step of the clock is on record: sealed again later?",
        "時刻が、記録を保護する鍵の日付と合わず、時計の変更の記録もありません。後から作り直された疑いがあります",
    ),
    "first_key": (
        "the file first.key names another key than the log's first record of a key",
        "first.key の鍵が、ログに記された最初の鍵と違います",
    ),
    "pinned_key": (
        "the log does not begin with the key that you gave: it is another log, or was made anew",
        "指定された鍵で始まるログではありません。別のログか、作り直されたログです",
    ),
    "anchor_ahead": (
        "a head kept elsewhere covers more records than there are: the end was cut off, or made anew with fewer records",
        "別の場所で保管された照合値にある記録がありません。ログの末尾が切り取られたか、記録を減らして作り直されています",
    ),
    "anchor_root": (
        "these are not the records under the head that was kept elsewhere",
        "別の場所で保管された照合値が示す記録ではありません",
    ),
    "anchor_signature": (
        "the head kept elsewhere is not signed by a key of this log: it, or the log, was made anew",
        "別の場所で保管された照合値が、このログの鍵で署名されていません",
    ),
    "anchor_log": ("the head kept elsewhere belongs to another log", "別の場所で保管された照合値が、別のログのものです"),
    "anchor_missing": (
        "the log's own files do not have the head that was kept elsewhere: older files were put back, or the log was forked",
        "別の場所で保管された照合値が、ログのファイルにありません。古いファイルに戻されたか、ログが分岐しています",
    ),
    "cosignature": ("the witness's signature does not hold", "証人の署名が正しくありません"),
    "cosignature_missing": (
        "no head that was given carries a signature of this witness",
        "指定された証人の署名がある照合値がありません",
    ),
    "cut_file": (
        "the beginning is missing, and cut.json does not say so as it should",
        "先頭の記録がなく、cut.json の内容も合いません",
    ),
    "cut_record": (
        "the beginning is missing, and no record log.cut of this log says so",
        "先頭の記録がなく、それを示す log.cut の記録がありません",
    ),
    "cut_keys": (
        "a record of a key that cut.json should keep is missing or changed",
        "cut.json に残るはずの鍵の記録がないか、変更されています",
    ),
    "closed_log": (
        "the log that this one goes on from is damaged, or its last record is not the one named here",
        "この前のログが壊れているか、最後の記録がここに記されたものと違います",
    ),
    "previous_missing": (
        "the log that this one goes on from is not here, so nobody can say what became of it: put it there, or give --without-previous",
        "この前のログがここにないため、その記録がどうなったか確認できません。元の場所に置くか、--without-previous を指定してください",
    ),
    "proof_form": ("this is no proof of the form that is known here", "証明のファイルの形式が違います"),
    "proof_record": (
        "record, number and hash in the proof do not belong together",
        "証明の中の記録、番号、ハッシュが合いません",
    ),
    "proof_receipt": ("the proof is about another record than the receipt", "証明が、控えとは別の記録のものです"),
    "proof_path": (
        "the proof does not lead from the record to the head",
        "証明の経路が、記録から照合値に届きません",
    ),
    "proof_keys": (
        "the keys in the proof do not lead from the first key to that of the head",
        "証明の鍵が、最初の鍵から照合値の鍵までつながりません",
    ),
    "proof_consistency": (
        "the newer head does not only add records to the older one: the log was forked or made anew",
        "新しい照合値は古い照合値に記録を足しただけのものではありません。ログが分岐または作り直されています",
    ),
    "key_unknown": (
        "nothing given here says which key must have signed: give the log, a proof, or --key",
        "署名した鍵を確かめるものがありません。ログ、証明、または --key を指定してください",
    ),
    "export_lines": (
        "the file is not the one that was signed: lines were changed, added, removed or moved",
        "署名されたファイルではありません。行が変更、追加、削除、または移動されています",
    ),
    "export_record": ("the line is not the record of this number in the log", "行が、ログのその番号の記録と違います"),
}  # fmt: skip
"""What each word of a finding says, in English and Japanese."""

CANNOT = {
    "cryptography_missing": (
        "signatures cannot be checked: the Python package cryptography is missing. Install it: pip install cryptography",
        "署名を確認できません。Python のパッケージ cryptography がありません。インストールしてください: pip install cryptography",
    ),
    "unreadable": ("cannot be read", "読み取れません"),
    "no_head": ("this is no head", "照合値ではありません"),
    "no_head_inside": ("there is no head in this folder", "このフォルダーに照合値がありません"),
}  # fmt: skip
"""Why there can be no answer, in English and Japanese."""


@dataclass
class Finding:
    """The first thing that is wrong. `until`: the last record it may be, where it cannot be told more exactly; else 0."""

    problem: str
    sequence: int
    file: str
    offset: int
    until: int = 0

    def __str__(self) -> str:
        return self.told("en")

    def told(self, locale: str) -> str:
        """One line for people."""
        says, file = SAYS[self.problem][locale == "ja"], harmless(self.file)
        several = self.until > self.sequence
        if locale == "ja":
            which = f"記録 {self.sequence}〜{self.until}" if several else f"記録 {self.sequence}"
            return f"{which}（{file}、{self.offset} バイト目）: {self.problem}: {says}"
        which = f"records {self.sequence} to {self.until}" if several else f"record {self.sequence}"
        return f"{which} ({file}, byte {self.offset}): {self.problem}: {says}"


@dataclass
class Report:
    """What is known of a log. `finding` None: whole as far as it goes. Hashes and keys as text, times in microseconds UTC."""

    log_id: str = ""
    records: int = 0
    """Number of the last good record."""
    first_sequence: int = 1
    """Number of the first record that is there: more than 1 where older ones were cut off, or for one segment alone."""
    segments: int = 0
    first_utc_us: int = 0
    last_utc_us: int = 0
    last_hash: str = ""
    root: str = ""
    full: bool = False
    """Whether the JSON of every record was read."""
    open_intents: list[int] = field(default_factory=list)
    """Known after a full check only."""
    clock_went_back: list[int] = field(default_factory=list)
    """Records whose time lies before that of the record before: not damage, but worth a question. The first 1,000."""
    clock_steps: list[int] = field(default_factory=list)
    """Records `clock.step`. The first 1,000."""
    outside_period: list[int] = field(default_factory=list)
    """Records with a time of another day than their key's, where a step of the clock back is on record. The first 1,000."""
    heads: int = 0
    signatures: int = 0
    """How many of the heads' signatures were checked; the others lie under one that was."""
    head_size: int = 0
    """Records under the newest head."""
    head_utc_us: int = 0
    uncovered: int = 0
    """Records behind it."""
    keys: int = 0
    """Days of keys that were followed."""
    first_key: str = ""
    """C2SP verifier key of the first day, as it follows from the log."""
    key_pinned: bool = False
    """Whether that key was given from outside."""
    roll_over_broken_off: bool = False
    """The last thing in the log is a change of keys that the next start will finish."""
    anchors: int = 0
    """Heads kept elsewhere that agree with the log."""
    witnessed: list[dict[str, Any]] = field(default_factory=list)
    """The newest head of each witness asked for: name, size, seconds since 1970."""
    cut_until: int = 0
    """The last record that was cut off, as `cut.json` and the log's own record say; 0: nothing."""
    previous_log: str = ""
    """The log that this one goes on from."""
    previous_last: tuple[int, str] = (0, "")
    """Number and hash of its last record, as the first record here says."""
    previous_reason: str = ""
    closed: list[dict[str, Any]] = field(default_factory=list)
    """Reports of the closed logs that stand beside it, the newest first."""
    closed_missing: str = ""
    """The log that should be the next of them, and is not there: it and what is older were not checked."""
    seconds: float = 0.0
    finding: Finding | None = None
    receipt_found: bool | None = None

    def went_back(self, sequence: int) -> None:
        """Note a record with an earlier time than the one before."""
        if len(self.clock_went_back) < MOST_LISTED:
            self.clock_went_back.append(sequence)


class Wrong(Exception):
    """The first thing that is wrong."""

    def __init__(self, problem: str, sequence: int, file: str, offset: int, until: int = 0) -> None:
        self.finding = Finding(problem, sequence, file, offset, until)
        super().__init__(problem)


class Unusable(Exception):
    """There can be no answer. `word`: one of `CANNOT`; `about`: the file; `reason`: what the system said."""

    def __init__(self, word: str, about: str = "", reason: str = "") -> None:
        self.word, self.about, self.reason = word, about, reason
        super().__init__(word)

    def told(self, locale: str) -> str:
        """One line for people."""
        says = CANNOT[self.word][locale == "ja"]
        return (f"{harmless(self.about)}: " if self.about else "") + says + (f" ({self.reason})" if self.reason else "")

    def as_json(self) -> str:
        """The same for programs, in both languages."""
        says = {locale: self.told(locale) for locale in ("en", "ja")}
        return json.dumps({"cannot": self.word, "about": self.about, "says": says}, ensure_ascii=False)


# --- tree of RFC 6962 ------------------------------------------------------------------------------------------------

_sha = hashlib.sha256


def _joined(left: bytes, right: bytes) -> bytes:
    return _sha(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows, held as a number in base two: for each bit of its size the hash of the full subtree of so many leaves."""

    def __init__(self, size: int = 0, told: Sequence[bytes] = ()) -> None:
        """`told`: the full subtrees' hashes, the largest first. Raises `ValueError` where a tree of this size has more or fewer."""
        bits = [bit for bit in reversed(range(size.bit_length())) if size >> bit & 1]
        self._full = dict(zip(bits, told, strict=True))

    def grow(self, leaves: list[bytes]) -> None:
        """More leaves, by their hashes, as one adds numbers: bit by bit, with a carry. `leaves` is used up."""
        bit, carried = 0, leaves
        while carried:
            if bit in self._full:
                carried.insert(0, self._full.pop(bit))
            if len(carried) % 2:
                self._full[bit] = carried.pop()
            pairs = zip(carried[::2], carried[1::2], strict=True)
            carried = [_sha(b"\x01" + left + right).digest() for left, right in pairs]
            bit += 1

    def told(self) -> list[str]:
        """The hashes in hex, the largest subtree's first."""
        return [self._full[bit].hex() for bit in sorted(self._full, reverse=True)]

    def root(self) -> bytes:
        """MTH of RFC 6962, 2.1."""
        bits = sorted(self._full)
        if not bits:
            return _sha().digest()
        return reduce(lambda root, bit: _joined(self._full[bit], root), bits[1:], self._full[bits[0]])


def _left_of(size: int) -> int:
    """How many of a tree's leaves its left subtree has: the largest power of two below `size` (RFC 6962, 2.1)."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a leaf and its path lead to, by the definition of PATH(m, D[n]) in RFC 6962, 2.1.1.

    Raises `ValueError` for a path of another length.
    """
    if size == 1:
        () = path
        return leaf
    *inner, sibling = path
    left = _left_of(size)
    if index < left:
        return _joined(root_by_path(leaf, index, left, inner), sibling)
    return _joined(sibling, root_by_path(leaf, index - left, size - left, inner))


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf stands at `index` (from 0) of the tree of `size` leaves with this root."""
    try:
        return 0 <= index < size and root_by_path(leaf, index, size, path) == root
    except ValueError:
        return False


def roots_by_growth(old: int, new: int, proof: Sequence[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """The roots of both trees, by the definition of SUBPROOF(m, D[n], b) in RFC 6962, 2.1.2; `known`: the old root where b is true.

    Raises `ValueError` for a proof of another length.
    """
    if old == new:
        (same,) = proof if known is None else (known, *proof)
        return same, same
    *inner, other = proof
    left = _left_of(new)
    if old <= left:
        first, second = roots_by_growth(old, left, inner, known)
        return first, _joined(second, other)
    first, second = roots_by_growth(old - left, new - left, inner, None)
    return _joined(other, first), _joined(other, second)


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the new tree only adds leaves to the old one."""
    if old == 0:  # the RFC has no proof for the empty tree: it grows into any, with an empty one
        return not proof and new >= 0 and old_root == _sha().digest() and (new > 0 or new_root == old_root)
    try:
        return 0 < old <= new and roots_by_growth(old, new, proof, old_root) == (old_root, new_root)
    except ValueError:
        return False


# --- Ed25519 ---------------------------------------------------------------------------------------------------------


def need_signatures() -> None:
    """Asked before a long check begins, not at its first signature. Raises `Unusable` (`cryptography_missing`)."""
    try:
        import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401, PLC0415
    except ImportError:
        raise Unusable("cryptography_missing") from None


def ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature holds (RFC 8032)."""
    # Loaded late: a log without heads needs none of it.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- heads: signed notes ---------------------------------------------------------------------------------------------

_NOTE = re.compile(
    rb"(?P<origin>cardd/[0-9a-f]{32}(?:/export)?)\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    rb"time (?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6})Z\nchain (?P<chain>[0-9a-f]{64})\n"
    rb"why (?P<why>[a-z][a-z0-9_]{0,31})\n\n(?P<signatures>(?:\xe2\x80\x94 [^ +\n]+ [A-Za-z0-9+/]+={0,2}\n){1,16})"
)


@dataclass(slots=True)
class Note:
    """A head. `text`: what is signed. `signatures`: name, key id, the rest. `file`, `offset`: where it was read."""

    text: bytes
    origin: str
    size: int
    root: bytes
    utc_us: int
    chain: bytes
    why: str
    signatures: list[tuple[str, bytes, bytes]]
    file: str = ""
    offset: int = 0

    def day_of_key(self, log_id: str) -> str:
        """The day in the name of the log's own signature; empty where there is none."""
        start = f"cardd/{log_id}/"
        return next((name[len(start) :] for name, _, _ in self.signatures if name.startswith(start)), "")


class BadNote(ValueError):
    """Here stands no head. `offset`: its first byte; `torn`: what stands there has no end."""

    def __init__(self, offset: int = 0, *, torn: bool = False) -> None:
        self.offset, self.torn = offset, torn
        super().__init__("no head")


def note_of(octets: bytes, file: str = "") -> Note:
    """One head alone. Strict: what is read is what would be written. Raises `BadNote`."""
    note, end = _note_at(octets, 0, file)
    if end != len(octets):
        raise BadNote
    return note


def notes_in(octets: bytes, file: str = "") -> Iterator[Note]:
    """The heads of a file, an empty line behind each. Raises `BadNote`."""
    offset = 0
    while offset < len(octets):
        note, end = _note_at(octets, offset, file)
        if octets[end : end + 1] != b"\n":
            raise BadNote(offset, torn=end == len(octets))
        yield note
        offset = end + 1


def _note_at(octets: bytes, offset: int, file: str) -> tuple[Note, int]:
    """The head that begins at this byte, and where it ends. Raises `BadNote`."""
    found = _NOTE.match(octets, offset)
    if found is None or found.end() - offset > LARGEST_NOTE:
        raise BadNote(offset, torn=octets.count(b"\n\n", offset) < 2)
    try:
        moment = datetime.fromisoformat(found["time"].decode()).replace(tzinfo=UTC)
        signatures = [_signature(line) for line in found["signatures"][:-1].split(b"\n")]
        root = exact_base64(found["root"])
    except ValueError:
        raise BadNote(offset) from None
    return Note(
        text=octets[offset : found.start("signatures") - 1],
        origin=found["origin"].decode(),
        size=int(found["size"]),
        root=root,
        utc_us=(moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1),
        chain=bytes.fromhex(found["chain"].decode()),
        why=found["why"].decode(),
        signatures=signatures,
        file=file,
        offset=offset,
    ), found.end()


def _signature(line: bytes) -> tuple[str, bytes, bytes]:
    """Name, key id, and the rest. Raises `ValueError`."""
    _, name, told = line.split(b" ")
    signed = exact_base64(told)
    if len(signed) - 4 not in (64, 72):
        raise ValueError("no signature")
    return name.decode(), signed[:4], signed[4:]


def exact_base64(text: str | bytes) -> bytes:
    """Raises `ValueError` for any text but the one way to write these bytes."""
    octets = text.encode("ascii") if isinstance(text, str) else text
    found = base64.b64decode(octets, validate=True)
    if base64.b64encode(found) != octets:
        raise ValueError("not canonical")
    return found


def exact_hash(text: str) -> bytes:
    """32 bytes. Raises `ValueError` for any text but the one way to write them, `TypeError` for what is no text."""
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise ValueError("no hash")
    return bytes.fromhex(text)


_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A public key (32 bytes) with its name. `text`: as signed-note writes it, `name+key id in hex+base64 of type byte and key`."""

    name: str
    kind: int
    public: bytes
    key_id: bytes
    text: str

    @classmethod
    def of(cls, name: str, kind: int, public: bytes) -> "NamedKey":
        """`kind`: the type byte."""
        typed = bytes([kind]) + public
        key_id = _sha(name.encode() + b"\n" + typed).digest()[:4]
        return cls(name, kind, public, key_id, f"{name}+{key_id.hex()}+{base64.b64encode(typed).decode()}")

    @classmethod
    def read(cls, text: str) -> "NamedKey":
        """What is read is what would be written; space around it is no part of it. Raises `ValueError`."""
        parts = _KEY.fullmatch(text.strip())
        if parts is None:
            raise ValueError("no verifier key")
        typed = base64.b64decode(parts[3])
        found = cls.of(parts[1], typed[0], typed[1:])
        if found.text != parts[0] or found.kind not in (BY_A_LOG, BY_A_WITNESS):
            raise ValueError("no verifier key, or the key id is that of another")
        return found

    def signed(self, note: Note) -> int | None:
        """A witness's time in seconds, 0 for a signature without one; None: it did not sign. Raises `ValueError`: it does not hold."""
        told = next(
            (rest for name, key_id, rest in note.signatures if (name, key_id) == (self.name, self.key_id)), None
        )
        if told is None:
            return None
        before = 8 if self.kind == BY_A_WITNESS else 0
        at_s = int.from_bytes(told[:before], "big")
        signed_text = (b"cosignature/v1\ntime %d\n" % at_s if before else b"") + note.text
        if not ed25519(self.public, signed_text, told[before:]):
            raise ValueError("signature")
        return at_s


def key_of_day(log_id: str, day: str, public: bytes) -> NamedKey:
    """The log's key of one day."""
    return NamedKey.of(f"cardd/{log_id}/{day}", BY_A_LOG, public)


def is_signed(note: Note, key: NamedKey) -> bool:
    """Whether the key signed it and the signature holds."""
    try:
        return key.signed(note) is not None
    except ValueError:
        return False


def day_number(text: str) -> int:
    """Days since 1970 of `YYYY-MM-DD`. Raises `ValueError`."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("no day")
    return (date.fromisoformat(text) - EPOCH).days


def day_text(day: int) -> str:
    """`YYYY-MM-DD`."""
    return (EPOCH + timedelta(days=day)).isoformat()


# --- records ---------------------------------------------------------------------------------------------------------


@dataclass
class Record:
    """One record, its content checked."""

    sequence: int
    utc_us: int
    phase: int
    content: dict[str, Any]
    hash: str


def checked_content(header: bytes, text: bytes) -> dict[str, Any]:
    """The JSON of a record; RFC 8785 is what Python writes here, as there are no floats and all names are ASCII."""
    try:
        content = json.loads(text, parse_float=_no_float, parse_constant=_no_float)
        if not isinstance(content, dict) or canonical(content) != text:
            raise ValueError("json")
    except (ValueError, RecursionError):
        raise ValueError("json") from None
    told = content.pop("sum", None)
    if told != _sha(header + canonical(content)).hexdigest()[:16]:
        raise ValueError("sum")
    return content


def canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _no_float(_text: str) -> float:
    raise ValueError("json")


def content_of(octets: bytes, log_id: bytes) -> dict[str, Any]:
    """The content of a whole record, checked: form, sum, agreement with the header. Raises `ValueError` with one word."""
    _, sequence, utc_us, phase, _ = RECORD.unpack_from(octets)
    content = checked_content(octets[LENGTH : LENGTH + HEADER], octets[LENGTH + HEADER :])
    if (content.get("seq"), content.get("utc_us"), content.get("phase")) != (sequence, utc_us, phase):
        raise ValueError("header_differs")
    if content.get("log") != log_id.hex():
        raise ValueError("log_id")
    return content


def key_in(content: dict[str, Any]) -> tuple[str, bytes]:
    """Day and public key that a record `log.key` names. Raises `ValueError`."""
    period, public = content.get("key_period"), content.get("key_public")
    if content.get("event") != "log.key" or content.get("phase") != 3:
        raise ValueError("no key record")
    if not (isinstance(period, str) and isinstance(public, str)):
        raise ValueError("no key record")  # noqa: TRY004 - one kind of error for whatever stands there
    day_number(period)
    return period, exact_hash(public)


# --- the walk over the segments --------------------------------------------------------------------------------------

Progress = Callable[[int], None]
"""Called with each number of bytes that were dealt with."""
NO_WINDOW = (-1, 2**64)
NOTHING = (1, 0)
"""A window that no record's time lies in: each must be one of the log's own."""


class Walk:
    """Goes through the records in order, as far as it is told; what it knows is that of the last record it went past.

    Without `full` only the headers are read, and the JSON of the records that this program needs. A record is proved
    by the hash in the next one, by a head, or, the last of all, by its own sum.
    """

    def __init__(self, files: Sequence[Path], report: Report, *, full: bool, progress: Progress | None = None) -> None:
        self.report, self.full, self._progress = report, full, progress
        self._files, self._place = files, 0
        self.log_id, self.before, self.tree = b"", bytes(32), Tree()
        self.sequence = self.base = 0
        """Number of the last record that was passed; and of the one before the first that is there."""
        self.open: set[int] = set()
        self._open_known = True
        self.window = NO_WINDOW
        """Records with a time outside of it go to `outside`, but for the log's own (`log.*`)."""
        self.outside: list[tuple[int, str, int]] = []
        self.keys: list[tuple[int, str, bytes, str, int]] = []
        """Records `log.key`: sequence, day, public key, file, offset."""
        self.steps_back = False
        self.tree_known = True
        self.deferred: Wrong | None = None
        self.cuts: list[dict[str, Any]] = []
        self.first_content: dict[str, Any] = {}
        self.on_record: Callable[[Record], None] | None = None
        """Told of each record of a full check."""
        self._name, self._octets, self._offset, self._begin = "", b"", 0, 0
        self._last_octets, self._last_name, self._last_offset = b"", "", 0
        self._segment_first, self._tree_before = 0, list[str]()

    # segments

    def start(self, base: int | None) -> None:
        """Open the first segment; `base` None: wherever it begins. Raises `Wrong`, `OSError`."""
        if not self._files:
            raise Wrong("no_log", 0, "", 0)
        octets = self._read(self._files[0], 1 if base is None else base + 1)
        _, _, self.log_id, first, before = self._header(octets, 1 if base is None else base + 1, self._files[0].name)
        self.base = self.sequence = (first if base is None else base + 1) - 1
        if self.base:
            self.before, self._open_known = before, False
            self.tree = self._tree_told(octets, self._files[0].name)
        self.report.log_id, self.report.first_sequence = self.log_id.hex(), self.base + 1
        self.report.records = self.base
        self._next_segment(octets)

    def _tree_told(self, octets: bytes, name: str) -> Tree:
        """The tree before the first record that is there, as that record has it. What is wrong with the record is told later."""
        try:
            end = SEGMENT.size + LENGTH + int.from_bytes(octets[SEGMENT.size : SEGMENT.size + LENGTH], "big")
            content = content_of(octets[SEGMENT.size : end], self.log_id)
            told = content.get("tree")
            if told is None and content.get("format") == 1:  # this form has no tree, so there is none to compare
                self.tree_known = False
                return Tree(self.base, [bytes(32)] * self.base.bit_count())
            if not isinstance(told, list):
                raise TypeError("tree")
            return Tree(self.base, [exact_hash(each) for each in told])
        except (ValueError, TypeError, struct.error) as error:
            word = str(error) if str(error) in SAYS else "tree"
            raise Wrong(word, self.base + 1, name, SEGMENT.size) from None

    def _read(self, path: Path, expected: int) -> bytes:
        if path.stat().st_size > LARGEST_SEGMENT:
            raise Wrong("segment_size", expected, path.name, LARGEST_SEGMENT)
        return read_plain(path)

    def _header(self, octets: bytes, expected: int, name: str) -> tuple[bytes, int, bytes, int, bytes]:
        if len(octets) < SEGMENT.size or SEGMENT.unpack_from(octets)[:2] != (MAGIC, VERSION):
            self._prove_last()
            raise Wrong("segment_header", expected, name, 0)
        found: tuple[bytes, int, bytes, int, bytes] = SEGMENT.unpack_from(octets)
        return found

    def _next_segment(self, octets: bytes | None = None) -> bool:
        """Load the next file; False: there is none."""
        if self._place == len(self._files):
            return False
        path, expected = self._files[self._place], self.sequence + 1
        self._keep_last()
        octets = octets if octets is not None else self._read(path, expected)
        _, _, log_id, first, before = self._header(octets, expected, path.name)
        if first != expected or path.name != f"{first:020d}.seg":
            self._prove_last()
            raise Wrong("segment_name", expected, path.name, 0)
        if before != self.before or log_id != self.log_id:
            self._blame_at_border(octets, log_id, before)
            raise Wrong("segment_chain", expected, path.name, 0)
        self._place += 1
        self._segment_first, self._tree_before = expected, self.tree.told()
        self.report.segments += 1
        self._name, self._octets, self._offset = path.name, octets, SEGMENT.size
        return True

    def _keep_last(self) -> None:
        """The last record outlives its segment: only the next one proves it."""
        if self._begin >= 0:
            self._last_octets, self._last_name = self._octets[self._begin : self._offset], self._name
            self._last_offset = self._begin
        self._octets, self._offset, self._begin = b"", 0, -1  # two segments at once would be twice the memory

    # records

    def to(self, sequence: int | None) -> bool:
        """Go on to this record, or to the end (None); False: the log ends before it. Raises `Wrong`, `OSError`."""
        goal = 2**64 if sequence is None else sequence
        while self.sequence < goal:
            if self._offset >= len(self._octets):
                if self._progress is not None:
                    self._progress(len(self._octets))
                if not self._next_segment():
                    break
            elif self.full:
                self._run_full(goal)
            else:
                self._run(goal)
        report = self.report
        report.records, report.last_hash = self.sequence, self.before.hex() if self.sequence > self.base else ""
        return self.sequence >= goal

    def _run(self, goal: int) -> None:
        """The records of this segment up to `goal`, by their headers. The loop that a long check spends its time in."""
        octets, offset, begin, size = self._octets, self._offset, self._begin, len(self._octets)
        sequence, before, leaves, unread = self.sequence, self.before, list[bytes](), self._first_of_segment()
        sha, unpack, keep, largest = hashlib.sha256, RECORD.unpack_from, leaves.append, LARGEST
        report, (low, high), last_us = self.report, self.window, self.report.last_utc_us
        try:
            while offset < size and sequence < goal:
                length, number, utc_us, phase, linked = unpack(octets, offset)
                end = offset + LENGTH + length
                if (
                    number != sequence + 1
                    or linked != before
                    or end > size
                    or not 51 <= length <= largest
                    or not 1 <= phase <= 3
                ):
                    raise ValueError(_word_of(length, end, size, number, sequence + 1, linked, before, phase))
                record = octets[offset:end]
                before = sha(record).digest()
                keep(sha(b"\x00" + record).digest())
                begin, offset, sequence = offset, end, number
                if utc_us < last_us:
                    report.went_back(number)
                last_us = utc_us
                if (phase == 3 and _is_needed(record)) or unread or utc_us > high or utc_us < low:
                    self._look_into(record, number, utc_us, phase, begin, in_window=low <= utc_us <= high)
                    unread = False
        except (ValueError, struct.error) as error:
            self.sequence, self.before, self._offset, self._begin = sequence, before, offset, begin
            self._blame("short" if isinstance(error, struct.error) else str(error))
        self.sequence, self.before, self._offset, self._begin = sequence, before, offset, begin
        self.tree.grow(leaves)
        report.last_utc_us = last_us

    def _run_full(self, goal: int) -> None:
        """The same, reading each record's JSON and counting intents."""
        octets, size = self._octets, len(self._octets)
        while self._offset < size and self.sequence < goal:
            offset = self._offset
            try:
                record, end = self._checked(octets, offset, size)
            except ValueError as error:
                self._blame(str(error))
            if record.utc_us < self.report.last_utc_us:
                self.report.went_back(record.sequence)
            whole = octets[offset:end]
            if self.sequence == self.base or self._first_of_segment() or _is_marked(record.content):
                self._event(record.content, record.sequence, offset)
            self._judge_time(record.content, record.sequence, record.utc_us, offset)
            self.tree.grow([_sha(b"\x00" + whole).digest()])
            self.sequence, self.before, self._begin, self._offset = record.sequence, _sha(whole).digest(), offset, end
            self.report.last_utc_us = record.utc_us
            self.report.records, self.report.last_hash = record.sequence, record.hash
            if self.on_record is not None:
                self.on_record(record)

    def _checked(self, octets: bytes, offset: int, size: int) -> tuple[Record, int]:
        if offset + RECORD.size > size:
            raise ValueError("short")
        length, number, utc_us, phase, linked = RECORD.unpack_from(octets, offset)
        end = offset + LENGTH + length
        wrong = _word_of(length, end, size, number, self.sequence + 1, linked, self.before, phase)
        if wrong:
            raise ValueError(wrong)
        content = content_of(octets[offset:end], self.log_id)
        self._follow(number, phase, content)
        return Record(number, utc_us, phase, content, _sha(octets[offset:end]).hexdigest()), end

    def _follow(self, number: int, phase: int, content: dict[str, Any]) -> None:
        """Keep count of intents; where the log begins in the middle, from the first list that it gives."""
        listed = content.get("open_intents")
        if listed is not None and not self._open_known and isinstance(listed, list):
            self.open, self._open_known = {each for each in listed if type(each) is int}, True
        if listed is not None and listed != sorted(self.open):
            self._defer("open_intents", number)
        if phase == 1:
            self.open.add(number)
        if phase == 2:
            closed = content.get("intent")
            if type(closed) is not int or (closed not in self.open and self._open_known):
                self._defer("intent", number)
            else:
                self.open.discard(closed)

    def _defer(self, problem: str, number: int) -> None:
        """It contradicts older records: which of them was changed is known when a head, or the end, is reached."""
        if self.deferred is None:
            self.deferred = Wrong(problem, number, self._name, self._offset)

    def settle(self) -> None:
        """The records so far are those that were written. Raises `Wrong` for what contradicts itself among them."""
        if self.deferred is not None:
            self.report.records = min(self.report.records, self.deferred.finding.sequence - 1)
            raise self.deferred

    # what some records say

    def _first_of_segment(self) -> bool:
        return self._begin < 0

    def _look_into(self, octets: bytes, number: int, utc_us: int, phase: int, offset: int, *, in_window: bool) -> None:
        """The JSON of a record that matters here."""
        try:
            content = content_of(octets, self.log_id)
        except ValueError as error:
            self._take_back(number)
            raise Wrong(str(error), number, self._name, offset) from None
        self.sequence = number
        if phase == 3:
            self._event(content, number, offset)
        if not in_window:
            self._judge_time(content, number, utc_us, offset)

    def _take_back(self, number: int) -> None:
        self.sequence = self.report.records = number - 1

    def _judge_time(self, content: dict[str, Any], number: int, utc_us: int, offset: int) -> None:
        low, high = self.window
        if not low <= utc_us <= high and not str(content.get("event", "")).startswith("log."):
            self.outside.append((number, self._name, offset))

    def _event(self, content: dict[str, Any], number: int, offset: int) -> None:
        event = content.get("event")
        if number == self.base + 1:
            self.first_content, self.report.first_utc_us = content, content["utc_us"]
        if content.get("phase") != 3:
            return
        if event == "log.key":
            try:
                self.keys.append((number, *key_in(content), self._name, offset))
            except ValueError:
                raise Wrong("key_record", number, self._name, offset) from None
        elif event == "clock.step":
            if len(self.report.clock_steps) < MOST_LISTED:
                self.report.clock_steps.append(number)
            step = content.get("step_us")
            self.steps_back = self.steps_back or (type(step) is int and step < 0)
        elif event == "log.cut":
            self.cuts.append(content)
        elif event == "log.segment" and "tree" in content:
            self._check_tree(content["tree"], number, offset)

    def _check_tree(self, told: object, number: int, offset: int) -> None:
        """What the first record of a segment says of the tree before it; that of the first one of all is where this began."""
        if self.base + 1 < number == self._segment_first and told != self._tree_before:
            raise Wrong("tree", number, self._name, offset)

    # blame

    def _blame(self, problem: str) -> None:
        """The record behind the last good one does not fit. Say which of the two is bad. Raises `Wrong`."""
        self.report.records = self.sequence
        self._prove_last()
        octets, offset, number = self._octets, self._offset, self.sequence + 1
        if problem == "chain" and self.sequence > self.base:
            self._blame_of_two(octets, offset, number)
        raise Wrong(problem, number, self._name, offset)

    def _blame_of_two(self, octets: bytes, offset: int, number: int) -> None:
        """Both records are whole in themselves. Where the one behind them continues the second, the first was exchanged."""
        end = offset + LENGTH + int.from_bytes(octets[offset : offset + LENGTH], "big")
        try:
            content_of(octets[offset:end], self.log_id)
        except (ValueError, struct.error) as error:
            word = str(error) if str(error) in SAYS else "json"
            raise Wrong(word, number, self._name, offset) from None
        if self._linked_behind(octets, end) == _sha(octets[offset:end]).digest():
            raise self.last_exchanged()
        name, begin, _ = self._last()
        raise Wrong("chain", number - 1, name, begin, number)

    def _blame_at_border(self, octets: bytes, log_id: bytes, before: bytes) -> None:
        """The header of a segment does not continue the last record. Where its first record says the same, that one was exchanged."""
        self._prove_last()
        same = len(octets) >= SEGMENT.size + RECORD.size and RECORD.unpack_from(octets, SEGMENT.size)[4] == before
        if same and log_id == self.log_id and self.sequence > self.base:
            raise self.last_exchanged()

    def linked_next(self) -> bytes:
        """The hash that the record behind the last one continues; empty where there is none."""
        return self._linked_behind(self._octets, self._offset)

    def _linked_behind(self, octets: bytes, end: int) -> bytes:
        """The hash that whatever stands behind this byte continues; empty where nothing does."""
        if end + RECORD.size <= len(octets):
            return bytes(RECORD.unpack_from(octets, end)[4])
        if end == len(octets) and self._place < len(self._files):
            with open(plain(self._files[self._place]), "rb") as file:
                return file.read(SEGMENT.size)[-32:]
        return b""

    def _last(self) -> tuple[str, int, bytes]:
        if self._begin >= 0:
            return self._name, self._begin, self._octets[self._begin : self._offset]
        return self._last_name, self._last_offset, self._last_octets

    def _prove_last(self) -> None:
        """Read the last record that was passed; nothing behind it proves it. Raises `Wrong` where it is the bad one."""
        name, offset, octets = self._last()
        if self.full or not octets or self.sequence <= self.base:
            return
        try:
            content_of(octets, self.log_id)
        except ValueError as error:
            number = self.sequence
            self._take_back(number)
            raise Wrong(str(error), number, name, offset) from None

    def last_exchanged(self) -> Wrong:
        """The last record that was passed is whole in itself, and not the one that was signed or continued."""
        name, begin, _ = self._last()
        number = self.sequence
        self._take_back(number)
        return Wrong("exchanged", number, name, begin)

    def finish(self) -> None:
        """Nothing behind the last record proves it: look at its own sum. Raises `Wrong`."""
        self._prove_last()


def _is_needed(record: bytes) -> bool:
    """Whether this program must read the JSON of a state record. Canonical JSON has no other way to write these names."""
    return b'"event":"log.' in record or b'"event":"clock.step"' in record


def _is_marked(content: dict[str, Any]) -> bool:
    event = content.get("event")
    return isinstance(event, str) and (event.startswith("log.") or event == "clock.step")


def _word_of(  # the order of the checks is the order of the fields
    length: int, end: int, size: int, number: int, expected: int, linked: bytes, before: bytes, phase: int
) -> str:
    """What is wrong with a record's header; empty: nothing."""
    if not HEADER + 2 <= length <= LARGEST:
        return "length"
    if end > size:
        return "short"
    if number != expected:
        return "sequence"
    if linked != before:
        return "chain"
    return "" if 1 <= phase <= 3 else "phase"


# --- what a cut has left ---------------------------------------------------------------------------------------------


@dataclass
class Cut:
    """`cut.json`: the last record that was cut off, its hash, and the records of keys among those."""

    last_sequence: int
    last_hash: str
    head_size: int
    head_root: str
    keys: dict[int, bytes]


def read_cut(directory: Path, log_id: str, expected: int) -> Cut:
    """Raises `Wrong` (`cut_file`), `OSError`."""
    try:
        told = json.loads(read_plain(directory / "cut.json"))
        last, keys = told["cuts"][-1], {each["sequence"]: exact_base64(each["record"]) for each in told["keys"]}
        found = Cut(last["last_sequence"], last["last_hash"], last["head_size"], last["head_root"], keys)
        if told["log_id"] != log_id or type(found.last_sequence) is not int or type(found.head_size) is not int:
            raise ValueError("cut_file")
    except FileNotFoundError:
        raise Wrong("segment_name", expected, "cut.json", 0) from None
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        raise Wrong("cut_file", expected, "cut.json", 0) from None
    return found


# --- heads on the disk, and the rules for them and their keys --------------------------------------------------------


class HeadFiles:
    """`heads/<day>.heads`. The newest file is read first: what a running cardd adds meanwhile is not looked at."""

    def __init__(self, directory: Path) -> None:
        """Raises `OSError`."""
        self._paths = sorted((directory / "heads").glob("*.heads"))
        self._newest = read_plain(self._paths[-1]) if self._paths else b""
        self.bytes = sum(path.stat().st_size for path in self._paths)

    def __bool__(self) -> bool:
        return bool(self._paths)

    def notes(self, reached: Callable[[], int]) -> Iterator[tuple[Note, str, bool, bool]]:
        """Each head with the day of its file, and whether it is the first and the last there.

        `reached`: the number of the first record that no head covers yet, for what is told of damage. Raises `Wrong`.
        """
        for path in self._paths:
            newest = path == self._paths[-1]
            octets, name = self._newest if newest else read_plain(path), f"heads/{path.name}"
            found, bad = list[Note](), None
            try:
                for note in notes_in(octets, name):
                    found.append(note)
            except BadNote as error:
                bad = error
            if not octets:
                bad = BadNote(0, torn=True)
            for place, note in enumerate(found):
                yield note, path.stem, place == 0, place == len(found) - 1
            if bad is not None:
                raise Wrong("head_torn" if newest and bad.torn else "head_form", reached(), name, bad.offset)


class Judge:
    """Holds the heads to the rules of docs/audit-log.md, "What a check of heads and keys asks for"."""

    def __init__(self, walk: Walk, report: Report, cut: Cut | None, *, every: bool) -> None:
        self._walk, self._report, self._cut, self._every = walk, report, cut, every
        self.public: dict[str, bytes] = {}
        """Public keys by day, as far as the chain of keys goes."""
        self.last: Note | None = None
        self._day = 0
        self._next_key: tuple[str, bytes] | None = None
        self._empty = False
        self._head_times: list[Note] = []

    @property
    def uncovered_from(self) -> int:
        """The first record that no head covers yet."""
        return max((self.last.size if self.last else 0) + 1, self._report.first_sequence)

    def _wrong(self, problem: str, note: Note) -> Wrong:
        first = self.uncovered_from
        covered = min(first, max(note.size, 1))
        return Wrong(problem, covered, note.file, note.offset, note.size if note.size > covered else 0)

    def opens(self, note: Note, day: str, *, first: bool) -> None:
        """Before the records under it are read: whether it may stand here, and on which day they must be."""
        if note.origin != f"cardd/{self._report.log_id}":
            raise self._wrong("head_log", note)
        if len(note.signatures) != 1:
            raise self._wrong("head_form", note)
        if first:
            self._begin_file(note, day)
        elif (
            note.why in ("period", "empty")
            or (self.last is not None and self.last.why == "key")
            or (self._empty and note.why != "key")
        ):
            raise self._wrong("head_order", note)
        if self.last is not None and note.size < self.last.size:
            raise self._wrong("head_shrinks", note)

    def _begin_file(self, note: Note, day: str) -> None:
        try:
            number = day_number(day)
        except ValueError:
            raise self._wrong("head_day", note) from None
        if note.why not in (("period", "empty") if self.last else ("period",)):
            raise self._wrong("head_order", note)
        if self.last is not None:
            if number != self._day + 1:
                raise self._wrong("head_day", note)
            if self.last.why != "key" or note.size != self.last.size:
                raise self._wrong("head_order", note)
            self._end_period()
        self._day, self._empty = number, note.why == "empty"
        self._set_window(first_of_all=self.last is None)

    def _set_window(self, *, first_of_all: bool = False) -> None:
        low = self._day * DAY_US
        self._walk.window = (low - GRACE_US, low + DAY_US + GRACE_US)
        if self._empty or first_of_all:  # the first head covers what an older format has left, from any day
            self._walk.window = NOTHING if self._empty else NO_WINDOW

    def _end_period(self) -> None:
        """All records of a key were seen: were they written on its day?"""
        walk, report = self._walk, self._report
        if walk.outside and not walk.steps_back:
            number, name, offset = walk.outside[0]
            raise Wrong("period", number, name, offset)
        if self._head_times and not walk.steps_back:
            note = self._head_times[0]
            raise Wrong("head_time", note.size, note.file, note.offset)
        room = MOST_LISTED - len(report.outside_period)
        report.outside_period += [number for number, _, _ in walk.outside][:room]
        walk.outside, walk.steps_back, self._head_times = [], False, []

    def closes(self, note: Note, day: str, *, first: bool, last: bool) -> None:
        """After the records under it were read: whether they are what was signed, by the key that may sign."""
        walk, first_of_all = self._walk, self.last is None
        self._check_keys(note, day, first_of_all=first_of_all)
        if first_of_all or note.why == "key":
            self._next_key = self._key_under(note)
        if first:
            self._begin_key(note, day)
        right = self._is_right(note)
        if self._every or last or first or not right or note.why in ("key", "period", "empty"):
            self._check_signature(note, day)
        if not right:
            self._blame(note)
        walk.settle()
        if note.why == "key":
            self._check_handover(note)
        self._check_time(note)
        walk.keys.clear()
        self.last = note
        report = self._report
        report.heads, report.head_size, report.head_utc_us = report.heads + 1, note.size, note.utc_us
        if first_of_all:
            self._set_window()

    def _is_right(self, note: Note) -> bool:
        """Whether root and chain are those of the records; of records that were cut off nobody can tell."""
        walk = self._walk
        return note.size < walk.base or (note.chain == walk.before and note.root == walk.tree.root())

    def _blame(self, note: Note) -> None:
        """The head is signed and the records are not these. Say which one, where it can be told. Raises `Wrong`."""
        walk = self._walk
        walk.finish()
        if walk.before != note.chain and walk.linked_next() == note.chain:
            raise walk.last_exchanged()
        raise self._wrong("head_chain" if walk.before != note.chain else "head_root", note)

    def ahead(self, note: Note, day: str) -> None:
        """The log ends before this head. Raises `Wrong`."""
        walk = self._walk
        walk.finish()
        if day not in self.public and self._next_key is not None and self._next_key[0] == day:
            self.public[day] = self._next_key[1]
        if day in self.public:
            self._check_signature(note, day)
        raise self._wrong("head_ahead", note)

    def _check_keys(self, note: Note, day: str, *, first_of_all: bool) -> None:
        """Records `log.key` under this head: one, its last, where a key begins; else none. A head that is not genuine is told first."""
        walk, wanted = self._walk, first_of_all or note.why == "key"
        there = walk.keys[0] if walk.keys else None
        if note.size <= walk.base or (there is None and not wanted):
            return
        if wanted and there is not None and there[0] == note.size and len(walk.keys) == 1:
            return
        if first_of_all and there is not None:
            self.public.setdefault(there[1], there[2])
            if day != there[1]:
                raise self._wrong("head_day", note)
        if self._next_key is not None:
            self.public.setdefault(*self._next_key)
        if day in self.public:
            self._check_signature(note, day)
        if not self._is_right(note):
            self._blame(note)
        if there is None:
            raise self._wrong("key_record", note)
        raise Wrong("key_record", there[0], there[3], there[4])

    def _key_under(self, note: Note) -> tuple[str, bytes]:
        """The key that the last record under this head names."""
        walk = self._walk
        if note.size <= walk.base:
            octets = self._cut.keys.get(note.size, b"") if self._cut is not None else b""
            if _sha(octets).digest() != note.chain:
                raise self._wrong("cut_keys", note)
            try:
                return key_in(content_of(octets, walk.log_id))
            except (ValueError, struct.error):
                raise self._wrong("cut_keys", note) from None
        _, period, public, _, _ = walk.keys[0]
        return period, public

    def _begin_key(self, note: Note, day: str) -> None:
        if self._next_key is None or self._next_key[0] != day:
            raise self._wrong("head_day", note)
        self.public[day] = self._next_key[1]
        self._report.keys += 1
        if self._report.keys == 1:
            self._report.first_key = key_of_day(self._report.log_id, *self._next_key).text

    def _check_handover(self, note: Note) -> None:
        assert self._next_key is not None
        if self._next_key[0] != day_text(self._day + 1):
            raise self._wrong("key_period", note)

    def _check_signature(self, note: Note, day: str) -> None:
        if not is_signed(note, key_of_day(self._report.log_id, day, self.public[day])):
            raise self._wrong("head_signature", note)
        self._report.signatures += 1

    def _check_time(self, note: Note) -> None:
        low = self._day * DAY_US
        late = note.utc_us > low + DAY_US + GRACE_US
        early = note.utc_us < (low + DAY_US if note.why == "empty" else low) - GRACE_US
        if early or (late and note.why not in ("key", "empty")):
            self._head_times.append(note)

    def ends(self) -> None:
        """The log was read to its end."""
        walk, report, last = self._walk, self._report, self.last
        if last is None:
            if walk.keys:
                number, _, _, name, offset = walk.keys[0]
                raise Wrong("heads_missing", number, name, offset)
            return
        for number, _, _, name, offset in walk.keys:
            if number != walk.sequence:
                raise Wrong("key_record", number, name, offset)
        self._end_period()
        report.uncovered = walk.sequence - last.size
        report.roll_over_broken_off = bool(walk.keys) or last.why == "key"
        if last.why == "key" and report.uncovered:
            raise Wrong("heads_missing", last.size + 1, last.file, last.offset)
        if report.uncovered > MOST_UNCOVERED:
            raise Wrong("heads_behind", last.size + 1, last.file, last.offset, walk.sequence)


# --- what is kept elsewhere ------------------------------------------------------------------------------------------


@dataclass
class Outside:
    """What the auditor brings along. `anchors`: heads kept elsewhere; `key`: the first key; `witnesses`: their keys.

    `without_previous`: the closed logs that this one goes on from may be missing; those that are there are checked all the same.
    """

    key: NamedKey | None = None
    anchors: list[Note] = field(default_factory=list)
    witnesses: list[NamedKey] = field(default_factory=list)
    receipts: list[tuple[int, str]] = field(default_factory=list)
    without_previous: bool = False
    public: dict[str, bytes] = field(default_factory=dict)
    """Filled by a check of a whole log: the public key of each day."""


class _Kept:
    """Compares the log with the heads and receipts that were kept elsewhere, each when the walk comes by."""

    def __init__(self, outside: Outside, walk: Walk, report: Report) -> None:
        self._walk, self._report, self._outside = walk, report, outside
        stops = [(note.size, note) for note in outside.anchors] + [(each[0], each[1]) for each in outside.receipts]
        self._waiting: list[tuple[int, Note | str]] = sorted(stops, key=lambda stop: stop[0])
        self._missing = {note.text: note for note in outside.anchors}
        self._receipts = len(outside.receipts)

    def check_logs(self) -> None:
        for note in self._outside.anchors:
            if note.origin != f"cardd/{self._report.log_id}":
                raise Wrong("anchor_log", 0, note.file, note.offset)

    def pass_by(self, size: int | None, reached: Callable[[], int]) -> None:
        """All that belong before record `size` (None: all that are left). `reached`: the first record without a head."""
        while self._waiting and (size is None or self._waiting[0][0] < size):
            place, what = self._waiting.pop(0)
            if isinstance(what, Note):
                self._compare(what, reached())
            elif place > self._walk.base and self._walk.to(place) and self._walk.before.hex() == what:
                self._receipts -= 1
                self._report.receipt_found = self._receipts == 0

    def receipts_left(self) -> None:
        """Look for the receipts behind the last head."""
        self._waiting = [stop for stop in self._waiting if not isinstance(stop[1], Note)]
        self.pass_by(None, lambda: 0)

    def _compare(self, note: Note, good: int) -> None:
        walk = self._walk
        if note.size < walk.base:
            return
        if not walk.to(note.size):
            walk.finish()
            raise Wrong("anchor_ahead", min(good, walk.sequence + 1), note.file, note.offset, note.size)
        if (walk.before, walk.tree.root()) != (note.chain, note.root):
            walk.finish()
            if walk.linked_next() == note.chain:
                raise walk.last_exchanged()
            raise Wrong("anchor_root", min(good, max(1, note.size)), note.file, note.offset, note.size)

    def seen(self, note: Note) -> None:
        """This head stands in the log's own files."""
        self._missing.pop(note.text, None)

    def finish(self, judge: Judge) -> None:
        for note in self._outside.anchors:
            day = note.day_of_key(self._report.log_id)
            public = judge.public.get(day)
            if public is None or not is_signed(note, key_of_day(self._report.log_id, day, public)):
                raise Wrong("anchor_signature", note.size, note.file, note.offset)
        for note in self._missing.values():
            raise Wrong("anchor_missing", note.size, note.file, note.offset)
        self._report.anchors = len(self._outside.anchors)
        self._report.witnessed = witnessed(self._outside.anchors, self._outside.witnesses)


def witnessed(notes: Iterable[Note], witnesses: Iterable[NamedKey]) -> list[dict[str, Any]]:
    """The newest head that each witness signed. Raises `Wrong` for a signature that does not hold, or none at all."""
    found, every = [], list(notes)
    for key in witnesses:
        newest: tuple[int, int] | None = None
        for note in every:
            try:
                at_s = key.signed(note)
            except ValueError:
                raise Wrong("cosignature", note.size, note.file, note.offset) from None
            if at_s is not None:
                newest = max(newest or (0, 0), (note.size, at_s))
        if newest is None:
            raise Wrong("cosignature_missing", 0, key.name, 0)
        found.append({"witness": key.name, "size": newest[0], "at_s": newest[1]})
    return found


# --- a whole log, a segment ------------------------------------------------------------------------------------------


def plain(path: Path) -> int:
    """Open what is a plain file, and nothing else: a pipe in a copy of a log would keep the check for ever. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no plain file", str(path))
    return descriptor


def read_plain(path: Path) -> bytes:
    """The whole file. Raises `OSError`, also beyond 1 GiB."""
    with open(plain(path), "rb") as file:
        if os.fstat(file.fileno()).st_size > LARGEST_FILE:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        return file.read()


def segment_paths(directory: Path) -> list[Path]:
    """In order of their records. Raises `OSError` for a directory that cannot be listed."""
    return sorted(directory / name for name in os.listdir(directory) if name.endswith(".seg"))


def verify(
    place: Path,
    receipt: tuple[int, str] | None = None,
    *,
    outside: Outside | None = None,
    full: bool = True,
    progress: Progress | None = None,
    on_record: Callable[[Record], None] | None = None,
    alone: bool = False,
) -> Report:
    """Check a whole log (its directory) or one segment of it (a file).

    `receipt`: sequence and hash (hex) of a record that must stand in it. `outside`: what is kept elsewhere. `full`: read the JSON of
    every record, about 60,000 records a second instead of more than 200,000. `on_record` is told of each record of a
    full check. `alone`: not the closed logs beside it. Memory: one segment. Raises `OSError`, `Unusable`.
    """
    began, outside = time.monotonic(), outside or Outside()
    if receipt is not None:
        outside.receipts.append(receipt)
    report = Report(full=full, receipt_found=False if outside.receipts else None)
    try:
        if place.is_file():
            walk = Walk([place], report, full=full, progress=progress)
            walk.on_record = on_record
            _check_segment(walk, report, place, outside)
        else:
            walk = Walk(segment_paths(place) if place.is_dir() else [], report, full=full, progress=progress)
            walk.on_record = on_record
            try:
                _check_log(walk, report, place, outside)
            finally:  # behind a damaged log, too, stands the one before it
                _note_previous(walk.first_content, report)
            if not alone:
                _check_closed(report, place, outside)
    except Wrong as wrong:
        first = wrong if walk.deferred is None else min(wrong, walk.deferred, key=lambda each: each.finding.sequence)
        report.finding = first.finding
        report.finding.file = report.finding.file or str(place)
    if full and report.segments:
        report.open_intents = sorted(walk.open)
    report.seconds = round(time.monotonic() - began, 3)
    return report


def _check_log(walk: Walk, report: Report, directory: Path, outside: Outside) -> None:
    heads = HeadFiles(directory)
    if heads or outside.anchors or outside.witnesses:
        need_signatures()
    cut = _start(walk, report, directory)
    judge = Judge(walk, report, cut, every=walk.full or heads.bytes <= ALL_SIGNATURES_BYTES)
    kept = _Kept(outside, walk, report)
    kept.check_logs()
    for note, day, first, last in heads.notes(lambda: judge.uncovered_from):
        judge.opens(note, day, first=first)
        if note.size > walk.base:
            kept.pass_by(note.size, lambda: judge.uncovered_from)
            if not walk.to(note.size):
                judge.ahead(note, day)
        judge.closes(note, day, first=first, last=last)
        kept.seen(note)
        if report.keys == 1 and report.heads == 1:
            _check_first_key(report, directory, outside, note)
    kept.pass_by(None, lambda: judge.uncovered_from)
    walk.to(None)
    walk.finish()
    judge.ends()
    walk.settle()
    report.root = walk.tree.root().hex()
    if cut is not None:
        _check_cut(walk, report, cut)
    if outside.key is not None and not report.key_pinned:
        raise Wrong("pinned_key", 1, str(directory), 0)
    outside.public = judge.public
    kept.finish(judge)


def _start(walk: Walk, report: Report, directory: Path) -> Cut | None:
    """Open the first segment: that of record 1, or the one that a cut has left."""
    if not (directory / "cut.json").exists():
        walk.start(0)
        return None
    walk.start(None)
    if walk.base == 0:
        return None  # the cut was written down and not begun
    cut = read_cut(directory, report.log_id, 1)
    if walk.base > cut.last_sequence:
        raise Wrong("cut_file", cut.last_sequence + 1, "cut.json", 0)
    if walk.base == cut.last_sequence and walk.before.hex() != cut.last_hash:
        raise Wrong("cut_file", walk.base + 1, "cut.json", 0)
    return cut


def _check_cut(walk: Walk, report: Report, cut: Cut) -> None:
    for content in walk.cuts:
        told = tuple(content.get(name) for name in ("last_sequence", "last_hash", "head_size", "head_root"))
        if told == (cut.last_sequence, cut.last_hash, cut.head_size, cut.head_root):
            report.cut_until = walk.base
            return
    raise Wrong("cut_record", walk.base + 1, "cut.json", 0)


def _check_first_key(report: Report, directory: Path, outside: Outside, note: Note) -> None:
    """The key that the chain begins with, against the file beside the log and against what the auditor has."""
    told = directory / "first.key"
    if told.exists() and read_plain(told).decode(errors="replace").strip() != report.first_key:
        raise Wrong("first_key", note.size, told.name, 0)
    if outside.key is not None:
        if outside.key.text != report.first_key:
            raise Wrong("pinned_key", note.size, note.file, note.offset)
        report.key_pinned = True


def _note_previous(told: dict[str, Any], report: Report) -> None:
    previous, number, digest = (told.get(name) for name in ("previous_log", "last_sequence", "last_hash"))
    if isinstance(previous, str) and re.fullmatch("[0-9a-f]{32}", previous):
        report.previous_log = previous
        report.previous_last = (number if type(number) is int else -1, str(digest))
        report.previous_reason = str(told.get("reason"))


def _check_closed(report: Report, directory: Path, outside: Outside) -> None:
    """The logs that this one takes the place of, one behind the other, all in one folder: `closed/<log id>`. Raises `Wrong`."""
    later, seen = report, {report.log_id}
    while later.previous_log:
        name = f"closed/{later.previous_log}"
        place = _closed_place(directory, later.previous_log)
        if later.previous_log in seen:
            raise Wrong("closed_log", 1, name, 0)
        if not place.is_dir():
            report.closed_missing = later.previous_log
            if outside.without_previous:
                return
            raise Wrong("previous_missing", 1, name, 0)
        seen.add(later.previous_log)
        closed = verify(place, later.previous_last, full=report.full, alone=True)
        report.closed.append(asdict(closed))
        if later.previous_reason == "damaged":  # what is wrong with it is why it was closed
            right = _is_good_so_far(place, later)
        else:
            right = closed.finding is None and closed.receipt_found is True and closed.log_id == later.previous_log
        if not right:
            raise Wrong("closed_log", 1, name, 0)
        later = closed


def _is_good_so_far(place: Path, later: Report) -> bool:
    """Whether a log that was closed for its damage still is what was found then: good up to the record that the next log names."""
    number, digest = later.previous_last
    if number == 0:  # not one record was good
        return True
    walk = Walk(segment_paths(place), Report(), full=False)
    try:
        walk.start(None)
        reached = walk.to(number)
    except Wrong:
        return False
    return reached and (walk.log_id.hex(), walk.sequence, walk.before.hex()) == (later.previous_log, number, digest)


def _closed_place(directory: Path, log_id: str) -> Path:
    """In the folder of the newest log; a closed log that is checked by itself stands beside the one before it."""
    own, beside = directory / "closed" / log_id, directory.absolute().parent
    return beside / log_id if beside.name == "closed" and not own.is_dir() else own


def _check_segment(walk: Walk, report: Report, path: Path, outside: Outside) -> None:
    """One segment alone: its own records, and the heads that fall into it. The tree before it is taken from its first record."""
    walk.start(None)
    known: dict[str, bytes] = {}
    if outside.key is not None and outside.key.name.startswith(f"cardd/{report.log_id}/"):
        known[outside.key.name.rpartition("/")[2]] = outside.key.public
    heads = list(_heads_of_segment(path.parent, report, walk.base)) if walk.tree_known else []
    if heads or outside.anchors:
        need_signatures()
    inside = Outside(anchors=sorted([*heads, *outside.anchors], key=lambda note: note.size), receipts=outside.receipts)
    kept = _Kept(inside, walk, report)
    kept.check_logs()
    for note in inside.anchors:
        if not _segment_reaches(walk, kept, note):
            break
        known.update({period: public for _, period, public, _, _ in walk.keys})
        day = note.day_of_key(report.log_id)
        if day in known:
            if not is_signed(note, key_of_day(report.log_id, day, known[day])):
                raise Wrong("head_signature", note.size, note.file, note.offset)
            report.signatures += 1
        report.heads, report.head_size, report.head_utc_us = report.heads + 1, note.size, note.utc_us
    kept.receipts_left()
    walk.to(None)
    walk.finish()
    walk.settle()
    report.uncovered = walk.sequence - max(report.head_size, walk.base)
    report.root = walk.tree.root().hex() if walk.tree_known else ""


def _segment_reaches(walk: Walk, kept: _Kept, note: Note) -> bool:
    """Go on to this head and compare; False: it lies behind the segment."""
    try:
        kept.pass_by(note.size + 1, lambda: walk.base + 1)
    except Wrong as wrong:
        if wrong.finding.problem == "anchor_ahead":
            return False
        raise
    return True


def _heads_of_segment(directory: Path, report: Report, base: int) -> Iterator[Note]:
    for path in sorted((directory / "heads").glob("*.heads")):
        try:
            for note in notes_in(read_plain(path), f"heads/{path.name}"):
                if note.size >= base and note.origin == f"cardd/{report.log_id}":
                    yield note
        except BadNote as error:
            raise Wrong("head_form", base + 1, f"heads/{path.name}", error.offset) from None


def records(directory: Path, report: Report) -> Iterator[Record]:
    """Every record of a log, read whole and checked by itself and against the one before; heads are not looked at.

    `report` is filled on the way. Raises `Wrong`, `OSError`.
    """
    walk, waiting = Walk(segment_paths(directory), report, full=True), list[Record]()
    walk.on_record = waiting.append
    walk.start(None if (directory / "cut.json").exists() else 0)
    while True:
        going = walk.to(walk.sequence + 1)
        report.open_intents = sorted(walk.open)
        yield from waiting
        waiting.clear()
        walk.settle()
        if not going:
            return


# --- one record, two heads, an export --------------------------------------------------------------------------------


@dataclass
class Proof:
    """What was found of a proof, of two heads or of an exported file. `finding` None: it holds."""

    kind: str
    log_id: str = ""
    sequence: int = 0
    """Of the record."""
    record_hash: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    """Of the record, its JSON."""
    head_size: int = 0
    head_utc_us: int = 0
    head_day: str = ""
    first_key: str = ""
    key_pinned: bool = False
    """Whether the first key was given from outside."""
    lines: int = 0
    """Of an exported file."""
    compared: int = 0
    """Lines that were compared with the log."""
    witnessed: list[dict[str, Any]] = field(default_factory=list)
    finding: Finding | None = None


def verify_proof(octets: bytes, name: str, outside: Outside) -> Proof:
    """A file of `cardctl audit proof` (form cardd-proof/1): one record under a head, and the keys from the first to that head's."""
    need_signatures()
    found = Proof("record")
    try:
        told = _told(octets, name, "cardd-proof/1")
        record, leaf = _proved_record(told, name, found, outside)
        head = _note_in(told, "head", name, f"cardd/{found.log_id}")
        day, public = _chain_of_keys(told, name, found, outside)
        found.head_size, found.head_utc_us, found.head_day = head.size, head.utc_us, day
        if not is_signed(head, key_of_day(found.log_id, day, public)):
            raise Wrong("head_signature", head.size, name, 0)
        path = [exact_hash(each) for each in told["inclusion"]]
        if told["index"] != found.sequence - 1 or not included(leaf, found.sequence - 1, head.size, path, head.root):
            raise Wrong("proof_path", found.sequence, name, 0)
        if found.sequence == head.size and _sha(record).digest() != head.chain:
            raise Wrong("head_chain", found.sequence, name, 0)
        found.witnessed = witnessed([head], outside.witnesses)
    except Wrong as wrong:
        found.finding = wrong.finding
    except (ValueError, KeyError, TypeError, AttributeError, struct.error):
        found.finding = Finding("proof_form", 0, name, 0)
    return found


def _told(octets: bytes, name: str, form: str) -> dict[str, Any]:
    told = json.loads(octets)
    if not isinstance(told, dict) or told.get("form") != form:
        raise Wrong("proof_form", 0, name, 0)
    return told


def _proved_record(told: dict[str, Any], name: str, found: Proof, outside: Outside) -> tuple[bytes, bytes]:
    """The record's bytes and its leaf, held against number, hash and the receipt."""
    record = exact_base64(told["record"])
    length, sequence, _, _, _ = RECORD.unpack_from(record)
    log_id, leaf = told["log_id"], _sha(b"\x00" + record).digest()
    found.log_id, found.sequence, found.record_hash = log_id, sequence, _sha(record).hexdigest()
    right = length == len(record) - LENGTH and told["sequence"] == sequence and told["leaf"] == leaf.hex()
    if not right or told["record_hash"] != found.record_hash:
        raise Wrong("proof_record", sequence, name, 0)
    try:
        found.content = content_of(record, bytes.fromhex(log_id))
    except ValueError as error:
        raise Wrong(str(error) if str(error) in SAYS else "proof_record", sequence, name, 0) from None
    if any(receipt != (sequence, found.record_hash) for receipt in outside.receipts):
        raise Wrong("proof_receipt", sequence, name, 0)
    return record, leaf


def _note_in(told: dict[str, Any], field_name: str, name: str, origin: str) -> Note:
    note = note_of(told[field_name].encode("utf-8"), name)
    if note.origin != origin:
        raise Wrong("head_log", note.size, name, 0)
    return note


def _chain_of_keys(told: dict[str, Any], name: str, found: Proof, outside: Outside) -> tuple[str, bytes]:
    """Follow the hand-overs from the first key. Gives day and public key of the last. Raises `Wrong`, `ValueError`."""
    first = NamedKey.read(told["first_key"])
    origin, _, day = first.name.rpartition("/")
    if origin != f"cardd/{found.log_id}" or first.kind != BY_A_LOG:
        raise Wrong("proof_keys", 0, name, 0)
    found.first_key, found.key_pinned = first.text, outside.key is not None
    if outside.key is not None and outside.key.text != found.first_key:
        raise Wrong("pinned_key", 0, name, 0)
    public, number, size = first.public, day_number(day), 0
    for each in told["keys"]:
        record, head = exact_base64(each["record"]), _note_in(each, "head", name, origin)
        period, following = key_in(content_of(record, bytes.fromhex(found.log_id)))
        sequence = RECORD.unpack_from(record)[1]
        right = head.size == sequence > size and head.chain == _sha(record).digest() and head.why == "key"
        if not right or day_number(period) != number + 1 or not is_signed(head, key_of_day(found.log_id, day, public)):
            raise Wrong("proof_keys", sequence, name, 0)
        day, public, number, size = period, following, number + 1, head.size
    return day, public


def verify_heads(old: Note, new: Note, proof: bytes | None, name: str, outside: Outside) -> Proof:
    """Two heads without the log: `proof` (form cardd-consistency/1) shows that the newer one only adds to the older one.

    It may bring the chain of keys; else the signatures hold only under `outside.key`, when it is the key of their day.
    """
    need_signatures()
    found = Proof("heads", log_id=old.origin.removeprefix("cardd/"), head_size=new.size, head_utc_us=new.utc_us)
    try:
        if old.origin != new.origin:
            raise Wrong("anchor_log", new.size, new.file, new.offset)
        told = _told(proof, name, "cardd-consistency/1") if proof is not None else {}
        path = [exact_hash(each) for each in told.get("consistency", [])]
        if not consistent(old.size, new.size, old.root, new.root, path) or (
            old.size == new.size and old.chain != new.chain
        ):
            raise Wrong("proof_consistency", old.size + 1, new.file, new.offset, new.size)
        for note in (old, new):
            _signed_in_chain(note, told, name, found, outside)
        found.head_day = new.day_of_key(found.log_id)
        found.witnessed = witnessed([old, new], outside.witnesses)
    except Wrong as wrong:
        found.finding = wrong.finding
    except (ValueError, KeyError, TypeError, AttributeError, struct.error):
        found.finding = Finding("proof_form", 0, name, 0)
    return found


def _signed_in_chain(note: Note, told: dict[str, Any], name: str, found: Proof, outside: Outside) -> None:
    """The head's own key is one of those that follow from the first."""
    day = note.day_of_key(found.log_id)
    if "first_key" in told:
        upto = [each for each in told["keys"] if note_of(each["head"].encode()).day_of_key(found.log_id) < day]
        reached, public = _chain_of_keys({**told, "keys": upto}, name, found, outside)
    elif outside.key is not None:
        reached, public = outside.key.name.rpartition("/")[2], outside.key.public
        found.first_key, found.key_pinned = outside.key.text, True
    else:
        raise Wrong("key_unknown", note.size, note.file, note.offset)
    if reached != day:
        raise Wrong("key_unknown", note.size, note.file, note.offset)
    if not is_signed(note, key_of_day(found.log_id, day, public)):
        raise Wrong("head_signature", note.size, note.file, note.offset)


def verify_export(path: Path, outside: Outside, wanted: dict[int, bytes]) -> Proof:
    """An exported file against the note beside it (`FILE.head`). `wanted`: filled with a digest of each record of a JSON Lines file.

    The key is one of `outside.public` (a check of the log has found them), or `outside.key`. Raises `OSError`.
    """
    need_signatures()
    found, name = Proof("export"), path.name
    beside = path.with_name(name + ".head")
    octets = read_plain(beside)
    try:
        note = note_of(octets, beside.name)
        if not note.origin.endswith("/export") or note.why not in ("jsonl", "csv"):
            raise Wrong("proof_form", 0, beside.name, 0)
        found.log_id = note.origin.split("/")[1]
        found.head_size, found.head_utc_us, found.head_day = note.size, note.utc_us, note.day_of_key(found.log_id)
        _check_lines(path, note, found, wanted)
        public = outside.public.get(found.head_day)
        if public is None and outside.key is not None and outside.key.name == f"cardd/{found.log_id}/{found.head_day}":
            public, found.key_pinned = outside.key.public, True
        if public is None:
            raise Wrong("key_unknown", 0, beside.name, 0)
        if not is_signed(note, key_of_day(found.log_id, found.head_day, public)):
            raise Wrong("head_signature", 0, beside.name, 0)
    except Wrong as wrong:
        found.finding = wrong.finding
    except ValueError:
        found.finding = Finding("proof_form", 0, beside.name, 0)
    return found


def _check_lines(path: Path, note: Note, found: Proof, wanted: dict[int, bytes]) -> None:
    """Root and SHA-256 over the file's lines."""
    end = b"\r\n" if note.why == "csv" else b"\n"
    whole, tree = _sha(), Tree()
    with open(plain(path), "rb") as file:
        for raw in file:
            whole.update(raw)
            if not raw.endswith(end):
                raise Wrong("export_lines", 0, path.name, found.lines + 1)
            tree.grow([_sha(b"\x00" + raw[: -len(end)]).digest()])
            found.lines += 1
            if note.why == "jsonl":
                sequence, digest = _line(raw)
                wanted[sequence] = digest
    if (found.lines, tree.root(), whole.digest()) != (note.size, note.root, note.chain):
        raise Wrong("export_lines", 0, path.name, 0)


def _line(raw: bytes) -> tuple[int, bytes]:
    """Number and digest of a record in a line; (0, …) for a line that holds none."""
    try:
        told = json.loads(raw)
        told.pop("sum", None)
        return (told["seq"] if type(told["seq"]) is int else 0), _sha(canonical(told)).digest()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return 0, b""


def compare_export(log: Path, path: Path, outside: Outside, progress: Progress | None = None) -> tuple[Report, Proof]:
    """An exported file with the log at hand: check the log whole, then the file, and each of its lines against its record."""
    wanted: dict[int, bytes] = {}
    verify_export(path, outside, wanted)  # only to know which records to look at
    differing: list[int] = []

    def look(record: Record) -> None:
        digest = wanted.pop(record.sequence, None)
        if digest is not None and digest != _sha(canonical(record.content)).digest():
            differing.append(record.sequence)

    count = len(wanted)
    report = verify(log, outside=outside, full=True, progress=progress, on_record=look)
    found = verify_export(path, outside, {})
    found.compared = count - len(wanted)
    differing += sorted(wanted)
    if found.finding is None and found.log_id != report.log_id:
        found.finding = Finding("head_log", 0, path.name, 0)
    if found.finding is None and differing:
        found.finding = Finding("export_record", differing[0], path.name, 0)
    return report, found


# --- what people see -------------------------------------------------------------------------------------------------

COLUMNS = (
    ("number", 7),
    ("time (JST)", 23),
    ("phase", 6),
    ("what", 24),
    ("operator", 10),
    ("seat", 10),
    ("purpose", 18),
    ("case", 14),
    ("outcome", 30),
)


def titles() -> str:
    """The line above the table."""
    return "  ".join(fit(name, width) for name, width in COLUMNS).rstrip()


def row(record: Record) -> str:
    """One line of the table."""
    told = record.content
    what = told.get("event") or (f"of {told['intent']}" if "intent" in told else "")
    items = told.get("items")
    outcome = [told.get("result"), told.get("code"), told.get("problem"), *(items if isinstance(items, list) else ())]
    if "tries_before" in told or "tries_after" in told:
        outcome.append(f"tries {told.get('tries_before', '?')}->{told.get('tries_after', '?')}")
    cells = (
        str(record.sequence),
        in_column(record.utc_us),
        PHASES[record.phase],
        what,
        *(told.get(name, "") for name in ("operator", "seat", "purpose", "case")),
        " ".join(str(word) for word in outcome if word),
    )
    return "  ".join(fit(str(cell), width) for cell, (_, width) in zip(cells, COLUMNS, strict=True)).rstrip()


def when(utc_us: int) -> str:
    """A moment in a sentence: in Japan, with the zone, as all programs of cardd tell people; `--json` has UTC."""
    return f"{in_column(utc_us)} JST"


def in_column(utc_us: int) -> str:
    """The same under a head that names the zone. Milliseconds are enough for the eye; what no calendar has is shown as the number."""
    try:
        return datetime.fromtimestamp(utc_us / 1_000_000, JAPAN).strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
    except (ValueError, OverflowError, OSError):
        return str(utc_us)


def harmless(text: str) -> str:
    """Nothing in it that a terminal would obey."""
    return "".join(each if each.isprintable() else "?" for each in text)


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` columns of a terminal; the last column may run on."""
    safe = harmless(text)
    used = sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in safe)
    return safe + " " * max(0, width - used)


def numbers(listed: Sequence[int]) -> str:
    """Twenty are enough for the eye."""
    return " ".join(map(str, listed[:20])) + (" …" if len(listed) > 20 else "")


LINES = {
    "log": (
        "log {log}: {first}{records} records in {segments} segments, {span}",
        "ログ {log}: 記録 {first}{records}、セグメント {segments}、{span}",
    ),
    "last": ("last good record: {number} {digest}", "最後の正しい記録: {number} {digest}"),
    "no_heads": (
        "no signed heads: a cut end or a log made anew shows only against receipts kept elsewhere",
        "署名付き照合値はありません: 末尾の切り取りと全体の作り直しは、別に保管した記録の控えでしか分かりません",
    ),
    "heads": (
        "signed heads: {heads} (signatures checked: {signatures}), keys of {keys} days; the newest covers {size} records, {time}; "
        "records behind it: {uncovered}",
        "署名付き照合値 {heads}（署名を確認 {signatures}）、鍵 {keys} 日分。最新は記録 {size} まで、{time}。それより後の記録 {uncovered}",
    ),
    "first_key": ("first key: {key}", "最初の鍵: {key}"),
    "key_given": ("it is the key that you gave", "指定された鍵と一致しました"),
    "key_taken": (
        "taken from the log itself: give the key noted at set-up with --key, and a log made anew is found too",
        "この鍵はログ自身から取りました。設定時に控えた鍵を --key で指定すると、作り直されたログも分かります",
    ),
    "key_in_proof": (
        "taken from the proof itself: compare it with the one noted at set-up, or give that with --key",
        "この鍵は証明のファイルから取りました。設定時に控えた鍵と比べるか、--key で指定してください",
    ),
    "anchors": ("heads kept elsewhere that agree: {count}", "別に保管した照合値と一致: {count}"),
    "witness": ("witness {name}: {size} records, seen {time}", "証人 {name}: 記録 {size} まで、{time}"),
    "roll_over": (
        "the last change of keys broke off; the next start finishes it",
        "最後の鍵の交替が途中です。次の起動時に完了します",
    ),
    "cut": (
        "records up to {until} were cut off after their years, and log.cut says so",
        "記録 {until} までは保存期間を過ぎて削除されています（log.cut に記録あり）",
    ),
    "previous": ("goes on from log {log}", "前のログ: {log}"),
    "missing": (
        "log {log} is NOT here: it, and all logs before it, were not checked",
        "ログ {log} はここにありません。そのログと、それより前のログは検査していません",
    ),
    "open_intents": ("intents without a result: {numbers}", "結果のない操作: {numbers}"),
    "clock_went_back": ("the clock went back at records: {numbers}", "時刻が戻った記録: {numbers}"),
    "clock_steps": ("steps of the clock at records: {numbers}", "時計の変更の記録: {numbers}"),
    "outside_period": (
        "times of another day than the key's, with a step of the clock on record: {numbers}",
        "時計の変更により、鍵の日付と時刻が違う記録: {numbers}",
    ),
    "closed_whole": ("log before it, {log}: {records} records, whole", "前のログ {log}: 記録 {records}、正常"),
    "closed_damaged": (
        "log before it, {log}: {records} records, damaged ({sequence}: {problem})",
        "前のログ {log}: 記録 {records}、破損 ({sequence}: {problem})",
    ),
    "receipt": ("the receipt's record is in the log", "控えの記録はログにあります"),
    "no_receipt": ("the receipt's record is NOT in the log", "控えの記録はログにありません"),
    "whole": ("whole", "正常"),
    "not_whole": ("NOT WHOLE: {finding}", "不完全: {finding}"),
    "damaged": ("DAMAGED at {finding}", "破損 {finding}"),
    "lines": ("lines: {count}", "行数: {count}"),
    "compared": ("lines compared with the log: {count}", "ログと比べた行: {count}"),
    "proof_head": (
        "head: {size} records or lines, {time}, key of {day}",
        "照合値: 記録または行 {size}、{time}、{day} の鍵",
    ),
    "proved": ("proved", "証明されました"),
    "not_proved": ("NOT PROVED: {finding}", "証明されません: {finding}"),
}  # fmt: skip
"""The lines of a summary, in English and Japanese."""


def _says(locale: str, word: str, **facts: object) -> str:
    return LINES[word][locale == "ja"].format(**facts)


def summary(report: Report, locale: str = "en") -> str:
    """The report in a few lines."""
    span = f"{when(report.first_utc_us)} – {when(report.last_utc_us)}"
    first = "" if report.first_sequence == 1 else f"{report.first_sequence}–"
    about = {"log": report.log_id or "-", "first": first, "records": report.records, "segments": report.segments}
    lines = [
        _says(locale, "log", **about, span=span),
        _says(locale, "last", number=report.records, digest=report.last_hash),
        *_about_heads(report, locale),
        *_about_questions(report, locale),
    ]
    for closed in report.closed:
        word, finding = ("closed_damaged", closed["finding"]) if closed["finding"] else ("closed_whole", {})
        lines.append(_says(locale, word, log=closed["log_id"], **{**finding, "records": closed["records"]}))
    if report.receipt_found is not None:
        lines.append(_says(locale, "receipt" if report.receipt_found else "no_receipt"))
    if report.finding is None:
        lines.append(_says(locale, "whole"))
    else:
        word = "not_whole" if report.finding.problem == "previous_missing" else "damaged"
        lines.append(_says(locale, word, finding=report.finding.told(locale)))
    return "\n".join(lines)


def _about_heads(report: Report, locale: str) -> Iterator[str]:
    if not report.heads:
        yield _says(locale, "no_heads")
        return
    counts = {name: getattr(report, name) for name in ("heads", "signatures", "keys", "uncovered")}
    yield _says(locale, "heads", **counts, size=report.head_size, time=when(report.head_utc_us))
    if report.first_key:
        yield _says(locale, "first_key", key=report.first_key)
        yield _says(locale, "key_given" if report.key_pinned else "key_taken")
    if report.anchors:
        yield _says(locale, "anchors", count=report.anchors)
    yield from _about_witnesses(report.witnessed, locale)


def _about_witnesses(witnessed: Iterable[dict[str, Any]], locale: str) -> Iterator[str]:
    for each in witnessed:
        yield _says(locale, "witness", name=each["witness"], size=each["size"], time=when(each["at_s"] * 1_000_000))


def _about_questions(report: Report, locale: str) -> Iterator[str]:
    if report.roll_over_broken_off:
        yield _says(locale, "roll_over")
    if report.cut_until:
        yield _says(locale, "cut", until=report.cut_until)
    if report.previous_log:
        yield _says(locale, "previous", log=report.previous_log)
    if report.closed_missing:
        yield _says(locale, "missing", log=report.closed_missing)
    for name in ("open_intents", "clock_went_back", "clock_steps", "outside_period"):
        listed = getattr(report, name)
        if listed:
            yield _says(locale, name, numbers=numbers(listed))


def proof_summary(proof: Proof, locale: str) -> str:
    """What a proof, two heads or an export have shown."""
    lines = list[str]()
    if proof.kind == "record" and proof.content:
        told = proof.content
        lines += [titles(), row(Record(proof.sequence, told["utc_us"], told["phase"], told, proof.record_hash))]
    if proof.kind == "export":
        lines.append(_says(locale, "lines", count=proof.lines))
        if proof.compared:
            lines.append(_says(locale, "compared", count=proof.compared))
    if proof.head_size:
        about = {"size": proof.head_size, "time": when(proof.head_utc_us), "day": proof.head_day}
        lines.append(_says(locale, "proof_head", **about))
    if proof.first_key:
        lines.append(_says(locale, "first_key", key=proof.first_key))
        lines.append(_says(locale, "key_given" if proof.key_pinned else "key_in_proof"))
    lines += _about_witnesses(proof.witnessed, locale)
    if proof.finding:
        lines.append(_says(locale, "not_proved", finding=proof.finding.told(locale)))
    else:
        lines.append(_says(locale, "proved"))
    return "\n".join(lines)


class Bar:
    """A line on standard error that grows, for a person who waits more than a second."""

    WIDTH = 40

    def __init__(self, total: int) -> None:
        self._total, self._done, self._began, self._shown = max(total, 1), 0, time.monotonic(), 0.0

    def __call__(self, octets: int) -> None:
        self._done += octets
        now = time.monotonic()
        if now - self._began < 1 or now - self._shown < 0.2:
            return
        self._shown = now
        share = min(1.0, self._done / self._total)
        filled = int(share * self.WIDTH)
        left = (now - self._began) * (1 - share) / share if share else 0
        line = f"\r[{'#' * filled}{'.' * (self.WIDTH - filled)}] {share:4.0%}  {left:4.0f} s "
        sys.stderr.write(line)
        sys.stderr.flush()

    def close(self) -> None:
        if self._shown:
            sys.stderr.write("\r" + " " * (self.WIDTH + 20) + "\r")
            sys.stderr.flush()


# --- the command -----------------------------------------------------------------------------------------------------

HELP = """\
Check an audit log of cardd, a receipt, two heads or an exported file.

  cardd-verify /var/log/cardd/audit
        is the whole log as it was written?
  cardd-verify LOG --key "cardd/…/2026-04-01+…+…"
        and does it begin with the key noted at set-up?
  cardd-verify LOG --receipt 812:9f86d0…
        and does the record of a receipt stand in it?
  cardd-verify LOG --anchor head.txt
        and does it hold to a head kept elsewhere?
  cardd-verify LOG --anchor cosigned/ --witness "…"
        and did the witness sign that head?
  cardd-verify LOG/00000000000000005211.seg    one segment alone
  cardd-verify --proof proof.json --receipt 812:9f86d0…
        one record, without the log
  cardd-verify --heads old.txt new.txt LOG
        does the newer head only add to the older one?
  cardd-verify --export records.jsonl LOG
        an exported file, line by line against the log
  cardd-verify LOG --without-previous
        the copy of one log, without the closed logs that it goes on from
  cardd-verify LOG --show                      the records as a table
"""
HELP_END = """\
Give what is kept elsewhere: a log alone cannot show that its end was cut off
together with its heads, or that all of it was made anew with other keys. The
key of the set-up, a receipt, a head on paper or with a witness do.

Damage is told with the first bad record. What is only worth a question is
reported and is no damage: a clock that went back, steps of the clock, open
intents, records behind the newest head.

Whatever is signed needs the Python package cryptography: pip install
cryptography.

Exit status: 0 whole or proved; 1 damaged, not proved, or a log that this one
goes on from is missing; 2 something cannot be read, or the package is missing.
"""


def receipt_of(text: str) -> tuple[int, str]:
    sequence, _, digest = text.partition(":")
    if not (sequence.isascii() and sequence.isdecimal()) or not re.fullmatch("[0-9a-fA-F]{64}", digest):
        raise argparse.ArgumentTypeError("give it as SEQUENCE:HASH")
    return int(sequence), digest.lower()


def key_of(text: str) -> NamedKey:
    """A key as text, or the file that holds it."""
    try:
        return NamedKey.read(text if "+" in text else read_plain(Path(text)).decode("utf-8"))
    except (ValueError, OSError):
        raise argparse.ArgumentTypeError("give a verifier key (NAME+ID+KEY), or a file that holds one") from None


def notes_of(place: Path) -> list[Note]:
    """The heads in a file, or in the `.head`, `.heads` and `.txt` files of a directory. Raises `OSError`, `Unusable`."""
    if place.is_dir():
        inside = sorted(path for path in place.iterdir() if path.suffix in (".head", ".heads", ".txt"))
        if not inside:
            raise Unusable("no_head_inside", str(place))
        return [note for path in inside for note in notes_of(path)]
    octets = read_plain(place)
    alone = b"" if octets.endswith(b"\n\n") else b"\n"  # one head has no empty line behind it
    try:
        found = list(notes_in(octets + alone, str(place)))
    except BadNote:
        found = []
    if not found:
        raise Unusable("no_head", str(place))
    return found


def parser_of() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cardd-verify", description=HELP, epilog=HELP_END, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("place", type=Path, metavar="LOG", nargs="?", help="a log's directory, or one segment file")
    parser.add_argument("--full", action="store_true", help="read the content of every record too; a quarter as fast")
    parser.add_argument(
        "--key", type=key_of, metavar="KEY", help="the log's first key, as the set-up printed it, or a file"
    )
    parser.add_argument(
        "--receipt", type=receipt_of, metavar="SEQUENCE:HASH", action="append", help="a record that must stand there"
    )
    parser.add_argument(
        "--anchor", type=Path, metavar="FILE", action="append", help="heads kept elsewhere; a file or a folder"
    )
    parser.add_argument(
        "--witness", type=key_of, metavar="KEY", action="append", help="who must have signed one of these heads"
    )
    parser.add_argument(
        "--without-previous", action="store_true", help="the closed logs that this one goes on from may be missing"
    )
    parser.add_argument(
        "--proof", type=Path, metavar="FILE", help="proof of one record, or that one head adds to another"
    )
    parser.add_argument("--heads", type=Path, nargs=2, metavar=("OLD", "NEW"), help="two heads, with LOG or --proof")
    parser.add_argument("--export", type=Path, metavar="FILE", help="an exported file; FILE.head stands beside it")
    parser.add_argument(
        "--show", action="store_true", help="print the records as a table (with --json: one object a line)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument("--locale", choices=("ja", "en"), help="language of the messages; default from LANG")
    return parser


def locale_of_environment() -> str:
    told = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "ja" if told.startswith("ja") else "en"


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = parser_of()
    chosen = parser.parse_args(arguments)
    if chosen.place is None and not (chosen.proof or chosen.export):
        parser.error("name a log, or give --proof or --export")
    if chosen.heads and chosen.place is None and chosen.proof is None:
        parser.error("two heads need the log, or a proof")
    locale = chosen.locale or locale_of_environment()
    try:
        return run(chosen, locale)
    except BrokenPipeError:
        sys.stderr.close()
        return 2
    except OSError as error:
        cannot = Unusable("unreadable", str(error.filename or ""), error.strerror or str(error))
    except Unusable as error:
        cannot = error
    if chosen.json:
        print(cannot.as_json())
    else:
        print(f"cardd-verify: {cannot.told(locale)}", file=sys.stderr)
    return 2


def run(chosen: argparse.Namespace, locale: str) -> int:
    """What was asked for. Raises `OSError`, `Unusable`."""
    outside = Outside(chosen.key, [], chosen.witness or [], chosen.receipt or [], chosen.without_previous)
    for place in [*(chosen.anchor or []), *(chosen.heads or [])]:
        outside.anchors += notes_of(place)
    if chosen.export:
        return _run_export(chosen, outside, locale)
    if chosen.proof:
        octets = read_plain(chosen.proof)
        if chosen.heads:
            old, new = (notes_of(place)[-1] for place in chosen.heads)
            return tell_proof(verify_heads(old, new, octets, chosen.proof.name, outside), chosen, locale)
        return tell_proof(verify_proof(octets, chosen.proof.name, outside), chosen, locale)
    if chosen.show:
        report = verify(chosen.place, outside=outside, full=True, on_record=_table(as_json=chosen.json))
    else:
        report = _with_bar(
            chosen.place, lambda bar: verify(chosen.place, outside=outside, full=chosen.full, progress=bar)
        )
    print(json.dumps(asdict(report), ensure_ascii=False) if chosen.json else summary(report, locale))
    return 1 if report.finding or report.receipt_found is False else 0


def _run_export(chosen: argparse.Namespace, outside: Outside, locale: str) -> int:
    if chosen.place is None:
        return tell_proof(verify_export(chosen.export, outside, {}), chosen, locale)
    report, proof = _with_bar(chosen.place, lambda bar: compare_export(chosen.place, chosen.export, outside, bar))
    if not chosen.json:
        print(summary(report, locale))
    return max(tell_proof(proof, chosen, locale), 1 if report.finding else 0)


def _with_bar(place: Path, work: Callable[[Bar | None], Any]) -> Any:
    """Work with a progress bar where a person looks on."""
    if not sys.stderr.isatty() or not place.exists():
        return work(None)
    paths = [place] if place.is_file() else segment_paths(place)
    bar = Bar(sum(path.stat().st_size for path in paths))
    try:
        return work(bar)
    finally:
        bar.close()


def tell_proof(proof: Proof, chosen: argparse.Namespace, locale: str) -> int:
    print(json.dumps(asdict(proof), ensure_ascii=False) if chosen.json else proof_summary(proof, locale))
    return 1 if proof.finding else 0


def _table(*, as_json: bool) -> Callable[[Record], None]:
    """Prints each record; the report that follows names the first bad one."""
    above = [] if as_json else [titles()]

    def each(record: Record) -> None:
        while above:
            print(above.pop())
        print(json.dumps(record.content, ensure_ascii=False) if as_json else row(record))

    return each


if __name__ == "__main__":
    sys.exit(main())
