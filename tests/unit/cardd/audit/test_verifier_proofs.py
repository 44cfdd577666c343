"""Proofs of one record, two heads, and exported files, made here by hand from docs/audit-log.md."""

import base64
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

from cardd.audit import verifier
from cardd.audit.verifier import (
    NamedKey,
    Outside,
    compare_export,
    main,
    note_of,
    verify_export,
    verify_heads,
    verify_proof,
)
from tests.fixtures.made_log import INTENT, RESULT, Key, LogMaker, MadeLog, head_text, made_log, us_of
from tests.fixtures.outside_python import Desk
from tests.unit.cardd.audit.tampered import spans

SEED = hashlib.sha256(b"made log 1 window-1").digest()
Bundle = dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeLog:
    return made_log(tmp_path_factory.mktemp("made") / "log", 300, 6, segment_bytes=60_000, keep_hashes=True)


@pytest.fixture(scope="module")
def every(made: MadeLog) -> list[bytes]:
    """The bytes of every record."""
    found = []
    for path in sorted(made.directory.glob("*.seg")):
        octets = path.read_bytes()
        found += [octets[begin:end] for begin, end in spans(octets)]
    return found


def heads(made: MadeLog) -> list[bytes]:
    parts = b"".join(path.read_bytes() for path in sorted((made.directory / "heads").iterdir())).split(b"\n\n")
    return [parts[at] + b"\n\n" + parts[at + 1] + b"\n" for at in range(0, len(parts) - 1, 2)]


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + mth(leaves[:split]) + mth(leaves[split:])).digest()


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path_of(index, leaves[:split]), mth(leaves[split:])]
    return [*path_of(index - split, leaves[split:]), mth(leaves[:split])]


def subproof(old: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b)."""
    if old == len(leaves):
        return [] if whole else [mth(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return [*subproof(old, leaves[:split], whole=whole), mth(leaves[split:])]
    return [*subproof(old - split, leaves[split:], whole=False), mth(leaves[:split])]


def leaf(record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + record).digest()


def key_chain(made: MadeLog, every: list[bytes], day: str) -> list[dict[str, str]]:
    """The hand-overs before the key of this day."""
    found = []
    for note in heads(made):
        head = note_of(note)
        if head.why == "key" and head.day_of_key(made.log_id) < day:
            found.append({"record": base64.b64encode(every[head.size - 1]).decode(), "head": note.decode()})
    return found


def bundle(made: MadeLog, every: list[bytes], sequence: int, head: bytes) -> Bundle:
    record, told = every[sequence - 1], note_of(head)
    return {
        "form": "cardd-proof/1",
        "log_id": made.log_id,
        "sequence": sequence,
        "record_hash": hashlib.sha256(record).hexdigest(),
        "record": base64.b64encode(record).decode(),
        "leaf": leaf(record).hex(),
        "index": sequence - 1,
        "inclusion": [each.hex() for each in path_of(sequence - 1, [leaf(each) for each in every[: told.size]])],
        "head": head.decode(),
        "first_key": made.first_key,
        "keys": key_chain(made, every, told.day_of_key(made.log_id)),
    }


def problem(told: Bundle, outside: Outside | None = None) -> str | None:
    finding = verify_proof(json.dumps(told).encode(), "proof.json", outside or Outside()).finding
    return finding.problem if finding else None


@pytest.mark.proves("A4", "A6")
def test_a_receipt_is_proved_without_the_log_and_without_cardd(
    made: MadeLog, every: list[bytes], tmp_path: Path
) -> None:
    desk = Desk(tmp_path / "desk")
    (desk.folder / "proof.json").write_text(json.dumps(bundle(made, every, 41, made.newest_head)))
    receipt = f"41:{made.hashes[40].hex()}"
    for receipt_text, status in ((receipt, 0), (receipt.replace("41:", "42:"), 1)):
        command = ["verifier.py", "--proof", "proof.json", "--json"]
        ran = desk.run(*command, "--receipt", receipt_text, "--key", made.first_key)
        assert ran.returncode == status, ran.stderr
        told = json.loads(ran.stdout)
        assert told["key_pinned"] is (status == 0)
        assert (told["finding"] is None) is (status == 0)


@pytest.mark.proves("A6", "A7")
def test_any_record_is_proved_against_any_later_head(made: MadeLog, every: list[bytes]) -> None:
    chance = random.Random(6962)
    later = heads(made)
    for _ in range(60):
        head = chance.choice(later)
        sequence = chance.randrange(1, note_of(head).size + 1)
        assert problem(bundle(made, every, sequence, head)) is None


@pytest.mark.proves("A7")
def test_a_changed_proof_proves_nothing(made: MadeLog, every: list[bytes]) -> None:
    right = bundle(made, every, 41, made.newest_head)
    whole, chance = json.dumps(right), random.Random(7)
    found = 0
    for _ in range(400):
        place = chance.randrange(len(whole))
        other = whole[:place] + chance.choice("0123456789abcdefABCXYZ=+/") + whole[place + 1 :]
        try:
            same = json.loads(other) == right
        except ValueError:
            same = False
        if not same:
            found += 1
            assert verify_proof(other.encode(), "p", Outside()).finding is not None, other[
                max(0, place - 30) : place + 30
            ]
    assert found > 300


@pytest.mark.proves("A7")
def test_what_is_wrong_with_a_proof_is_named(made: MadeLog, every: list[bytes]) -> None:
    right = bundle(made, every, 41, made.newest_head)
    other = bundle(made, every, 42, made.newest_head)
    assert problem({**right, "inclusion": other["inclusion"]}) == "proof_path"
    assert problem({**right, "record": other["record"]}) == "proof_record"
    assert problem({**right, "keys": right["keys"][1:]}) == "proof_keys"
    assert problem({**right, "keys": right["keys"][:-1]}) == "head_signature"
    assert problem({**right, "form": "cardd-proof/2"}) == "proof_form"
    assert problem({**right, "keys": 5}) == "proof_form"
    receipt = Outside(receipts=[(41, made.hashes[41].hex())])
    assert problem(right, receipt) == "proof_receipt"
    pinned = Outside(key=NamedKey.read(Key.of(made.log_id, "2026-03-31", bytes(32)).verifier_key))
    assert problem(right, pinned) == "pinned_key"


@pytest.mark.proves("A6", "A7")
def test_two_heads_with_their_consistency_and_without(made: MadeLog, every: list[bytes], tmp_path: Path) -> None:
    leaves, chance, later = [leaf(each) for each in every], random.Random(1), heads(made)
    for _ in range(40):
        old, new = sorted(chance.sample(later, 2), key=later.index)
        old_size, new_size = note_of(old).size, note_of(new).size
        proof = {
            "form": "cardd-consistency/1",
            "consistency": [each.hex() for each in subproof(old_size, leaves[:new_size])],
            "first_key": made.first_key,
            "keys": key_chain(made, every, note_of(new).day_of_key(made.log_id)),
        }
        found = verify_heads(note_of(old), note_of(new), json.dumps(proof).encode(), "p", Outside())
        assert found.finding is None, (old_size, new_size, found.finding)
        if old_size != new_size:
            broken = {**proof, "consistency": ["00" * 32, *proof["consistency"][1:]]}
            found = verify_heads(note_of(old), note_of(new), json.dumps(broken).encode(), "p", Outside())
            assert found.finding is not None
            assert found.finding.problem == "proof_consistency"
    files = [tmp_path / "old.txt", tmp_path / "new.txt"]
    for path, note in zip(files, (later[3], later[-1]), strict=True):
        path.write_bytes(note)
    assert main(["--heads", *map(str, files), str(made.directory)]) == 0
    (tmp_path / "proof").write_text(json.dumps({**proof, "consistency": []}))
    assert main(["--heads", *map(str, files), "--proof", str(tmp_path / "proof")]) == 1


# --- exports ---------------------------------------------------------------------------------------------------------


def exported(folder: Path, made: MadeLog, lines: list[bytes], form: str, day: str = "2026-04-03") -> Path:
    """A file with its signed note."""
    end = b"\r\n" if form == "csv" else b"\n"
    path = folder / f"records.{form}"
    path.write_bytes(b"".join(line + end for line in lines))
    chain = hashlib.sha256(path.read_bytes()).digest()
    text = head_text(
        f"cardd/{made.log_id}/export", len(lines), mth([leaf(each) for each in lines]), 10**15, chain, form
    )
    path.with_name(path.name + ".head").write_bytes(Key.of(made.log_id, day, SEED).note(text))
    return path


@pytest.mark.proves("fault 121")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_that_was_changed_is_found(made: MadeLog, every: list[bytes], tmp_path: Path, form: str) -> None:
    lines = [record[53:] for record in every[20:60]]
    if form == "csv":
        lines = [b"seq,what", *(b'%d,"=1+1"' % number for number in range(40))]
    path = exported(tmp_path, made, lines, form)
    key = Outside(key=NamedKey.read(Key.of(made.log_id, "2026-04-03", SEED).verifier_key))
    whole, note = path.read_bytes(), path.with_name(path.name + ".head").read_bytes()
    assert verify_export(path, key, {}).finding is None
    assert main(["--export", str(path), str(made.directory)]) == 0
    assert main(["--export", str(path)]) == 1  # nothing says which key it must be
    chance = random.Random(form)
    for _ in range(300):
        octets = bytearray(whole)
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
        path.write_bytes(octets)
        assert verify_export(path, key, {}).finding is not None
    for changed in (
        whole + whole[-100:],
        whole[: whole.rindex(b"\n", 0, -1) + 1],
        whole.replace(b"\n", b"\r\n", 1),
        b"",
    ):
        path.write_bytes(changed)
        assert verify_export(path, key, {}).finding is not None
    path.write_bytes(whole)
    for _ in range(200):
        octets = bytearray(note)
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
        path.with_name(path.name + ".head").write_bytes(octets)
        assert verify_export(path, key, {}).finding is not None


@pytest.mark.proves("fault 121")
def test_an_export_signed_by_the_right_key_with_other_records_is_found_with_the_log(
    made: MadeLog, every: list[bytes], tmp_path: Path
) -> None:
    lines = [record[53:] for record in every[20:60]]
    report, found = compare_export(made.directory, exported(tmp_path, made, lines, "jsonl"), Outside())
    assert (report.finding, found.finding, found.compared) == (None, None, 40)
    lines[7] = lines[7].replace(b'"mode":"production"', b'"mode":"test"')
    _, found = compare_export(made.directory, exported(tmp_path, made, lines, "jsonl"), Outside())
    assert found.finding is not None
    assert (found.finding.problem, found.finding.sequence) == ("export_record", 28)
    told = dict(json.loads(lines[8]), seq=10**6)
    lines[7:9] = [json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()]
    _, found = compare_export(made.directory, exported(tmp_path, made, lines, "jsonl"), Outside())
    assert found.finding is not None
    assert found.finding.problem == "export_record"


@pytest.mark.proves("fault 114")
def test_content_that_looks_like_a_record_changes_nothing(tmp_path: Path) -> None:
    """Line ends, JSON in JSON, and what this program searches for, inside the one text that people write."""
    texts = [
        '\n{"event":"log.key"}',
        '","event":"log.cut","x":"',
        '"event":"log.key","key_public":"00"',
        "CARDDLOG\x00",
        "\u2014 x",
    ]
    with LogMaker(tmp_path, start_us=us_of(2026, 4, 1, 1)) as log:
        for number in range(60):
            case = texts[number % len(texts)]
            intent = log.put(log.us + 1, INTENT, {"event": "card.read", "case": case, "seat": case})
            log.put(log.us + 1, RESULT, {"intent": intent, "result": "done"})
        log.head("stop")
    for full in (False, True):
        report = verifier.verify(tmp_path, full=full)
        assert (report.finding, report.keys, report.records) == (None, 1, 122)
