"""Must show 3: whoever has a receipt proves on another machine, without cardd, that its record stands in the log (A6, A7).

The auditor here has three things from the office: the first key, noted on the first day; the receipt of an answer to `card.read`; and a
copy of the log, or a file of `cardctl audit proof`. The Python they use has `cryptography` and no cardd; where it has nothing at all,
the verifier says what to install.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.checkpoint import split
from demo.office import Office
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running
from tests.fixtures.counter import BADGE_SLOT, CONTEXT, RESIDENT_SLOT, ROOMY, Counter, open_counter
from tests.fixtures.outside_python import Desk
from tests.fixtures.pcscd import RealPcscd, StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
WHOLE, NOT_PROVED, CANNOT = 0, 1, 2
SEGMENT_HEADER, LENGTH = 68, 4
"""Bytes (docs/audit-log.md)."""


def hire(office: Office) -> None:
    """Beside `sato` (supervisor)."""
    office.hire("ueda", "上田 四郎", "auditor", name_on_badge="UEDA SHIRO")


@dataclass(frozen=True)
class Evidence:
    """What the auditor carries away. Heads are whole texts; `old_head` was signed before the reading, `anchor` after it."""

    folder: Path
    receipt: dict[str, Any]
    first_key: str
    old_head: str
    anchor: str
    holder: str

    @property
    def log(self) -> Path:
        return self.folder / "copy-of-the-log"

    @property
    def proof(self) -> Path:
        return self.folder / "proof.json"

    @property
    def told(self) -> str:
        """The receipt as an application prints it."""
        return f"{self.receipt['sequence']}:{self.receipt['record_hash']}"


class Auditor(Desk):
    """Who has the verifier and a Python with `cryptography`."""

    def verify(self, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
        """Exit status, and what it says as JSON."""
        done = self.run("verifier.py", "--json", *arguments)
        assert done.returncode in (WHOLE, NOT_PROVED), done.stdout + done.stderr
        return done.returncode, dict(json.loads(done.stdout))


def last_head(counter: Counter) -> str:
    """The newest one on the disk, its whole text."""
    notes = split(max((counter.office.audit / "heads").glob("*.heads")).read_bytes())
    return list(notes)[-1].decode()


def at_the_counter(counter: Counter, folder: Path) -> Evidence:
    """A reading, and work that goes on after it; then the auditor's visit, and the evening."""
    sato, ueda = counter.office.people
    resident = counter.office.resident()
    first_key = (counter.office.audit / "first.key").read_text().strip()
    counter.log_in(sato)
    card = counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    asked = {"card": card, "items": ["name", "address"], **CONTEXT}
    old_head = last_head(counter)
    read = counter.call("card.read", resident.holder.pins.card_info, **asked)
    assert {field["text"] for field in read["items"]} == {resident.holder.name, resident.holder.address}
    receipt = read["receipt"]
    counter.call("card.read", resident.holder.pins.card_info, **asked)
    counter.call("session.logout")
    counter.pull(BADGE_SLOT)
    counter.log_in(ueda)
    made = counter.cardctl(
        *("audit", "proof", f"{receipt['sequence']}:{receipt['record_hash']}"), "--out", str(folder / "proof.json")
    )
    assert made.returncode == 0, made.stderr
    anchor = counter.call("audit.head")["head"]
    counter.call("session.logout")
    assert counter.stop() == 0
    shutil.copytree(counter.office.audit, folder / "copy-of-the-log")
    return Evidence(folder, receipt, first_key, old_head, anchor, resident.holder.name)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Over a real pcscd. The office is gone with its folder when the auditor begins."""
    folder = tmp_path_factory.mktemp("carried-away")
    with open_counter(RealPcscd, config=ROOMY, prepare=hire) as counter:
        carried = at_the_counter(counter, folder)
    assert not counter.folder.exists()
    return carried


@pytest.fixture(scope="module")
def auditor(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return Auditor(tmp_path_factory.mktemp("auditor") / "desk")


def without_the_key(evidence: Evidence) -> list[str | Path]:
    return ["--receipt", evidence.told]


def pinned(evidence: Evidence) -> list[str | Path]:
    return [*without_the_key(evidence), "--key", evidence.first_key]


def test_the_auditor_s_python_knows_no_cardd(auditor: Auditor) -> None:
    for package in ("cardd", "certs", "applets_spec", "demo", "pydantic", "rfc8785"):
        done = auditor.run("-c", f"import {package}")
        assert f"No module named '{package}'" in done.stderr, package
    asked = auditor.run("-c", "import cryptography.hazmat.primitives.asymmetric.ed25519")
    assert asked.returncode == 0, asked.stderr


def test_a_bare_python_is_told_what_to_install(evidence: Evidence, tmp_path: Path) -> None:
    bare = Desk(tmp_path / "desk", cryptography=False)
    for what in ([evidence.log], ["--proof", evidence.proof]):
        said = bare.run("verifier.py", "--locale", "en", *what, *pinned(evidence))
        assert (said.returncode, said.stdout) == (CANNOT, "")
        assert said.stderr.endswith("Install it: pip install cryptography\n")


@pytest.mark.proves("A6", "A7", "S8")
def test_a_receipt_is_proved_on_a_copy_of_the_log(auditor: Auditor, evidence: Evidence, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.txt"
    anchor.write_text(evidence.anchor)
    status, found = auditor.verify(evidence.log, *pinned(evidence), "--anchor", anchor, "--full")
    assert (status, found["finding"], found["receipt_found"]) == (WHOLE, None, True)
    assert (found["key_pinned"], found["anchors"], found["uncovered"]) == (True, 1, 0)
    size_of_anchor = int(evidence.anchor.split("\n")[1])
    assert evidence.receipt["sequence"] < size_of_anchor < found["head_size"], "both heads are later than the record"
    assert found["log_id"] == evidence.receipt["log_id"]


@pytest.mark.proves("A6", "A7")
def test_a_receipt_is_proved_by_the_bundle_alone(auditor: Auditor, evidence: Evidence) -> None:
    status, found = auditor.verify("--proof", evidence.proof, *pinned(evidence))
    assert (status, found["finding"]) == (WHOLE, None)
    assert (found["sequence"], found["record_hash"]) == (
        evidence.receipt["sequence"],
        evidence.receipt["record_hash"],
    )
    assert (found["key_pinned"], found["head_size"] > found["sequence"]) == (True, True)
    record = found["content"]
    assert (record["result"], record["items"]) == ("done", ["name", "address"])
    assert evidence.holder not in evidence.proof.read_text()
    said = auditor.run("verifier.py", "--locale", "ja", "--proof", str(evidence.proof), *map(str, pinned(evidence)))
    assert said.stdout.splitlines()[-1] == "証明されました"


def forged(receipt: dict[str, Any]) -> Iterator[str]:
    """Receipts that nobody was given: the hash of each is that of another record, or of none."""
    number, digest = receipt["sequence"], receipt["record_hash"]
    yield f"{number}:{int(digest[0], 16) ^ 1:x}{digest[1:]}"
    yield f"{number - 1}:{digest}"
    yield f"{number + 1}:{digest}"
    yield f"{number + 10**6}:{digest}"


@pytest.mark.proves("A6", "A7")
def test_a_forged_receipt_is_not_proved(auditor: Auditor, evidence: Evidence) -> None:
    for receipt in forged(evidence.receipt):
        status, found = auditor.verify(evidence.log, "--receipt", receipt, "--key", evidence.first_key)
        assert (status, found["finding"], found["receipt_found"]) == (NOT_PROVED, None, False), receipt
        status, found = auditor.verify("--proof", evidence.proof, "--receipt", receipt, "--key", evidence.first_key)
        assert (status, found["finding"]["problem"]) == (NOT_PROVED, "proof_receipt"), receipt


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """The same work at another terminal, over the stand-in."""
    folder = tmp_path_factory.mktemp("carried-from-elsewhere")
    with open_counter(StandInBox, config=ROOMY, prepare=hire) as counter:
        return at_the_counter(counter, folder)


@pytest.mark.proves("A6", "A7", "fault 108")
def test_a_receipt_of_another_log_is_not_proved(auditor: Auditor, evidence: Evidence, other: Evidence) -> None:
    assert other.receipt["log_id"] != evidence.receipt["log_id"]
    assert auditor.verify(other.log, *pinned(other))[0] == WHOLE, "it is a good one of its own log"
    status, found = auditor.verify(evidence.log, "--receipt", other.told, "--key", evidence.first_key)
    assert (status, found["finding"], found["receipt_found"]) == (NOT_PROVED, None, False)
    status, found = auditor.verify("--proof", evidence.proof, "--receipt", other.told, "--key", evidence.first_key)
    assert (status, found["finding"]["problem"]) == (NOT_PROVED, "proof_receipt")
    status, found = auditor.verify("--proof", other.proof, "--receipt", other.told, "--key", evidence.first_key)
    assert (status, found["finding"]["problem"]) == (NOT_PROVED, "pinned_key")
    status, found = auditor.verify(other.log, "--receipt", other.told, "--key", evidence.first_key)
    assert (status, found["finding"]["problem"]) == (NOT_PROVED, "pinned_key")


@pytest.mark.proves("A7", "fault 109")
def test_an_old_head_proves_nothing_that_came_after_it(auditor: Auditor, evidence: Evidence, tmp_path: Path) -> None:
    """The bundle with the head that was signed before the reading; and the log as it was then, against the head kept since."""
    bundle = json.loads(evidence.proof.read_text())
    old = tmp_path / "old.json"
    old.write_text(json.dumps({**bundle, "head": evidence.old_head}))
    status, found = auditor.verify("--proof", old, *pinned(evidence))
    assert (status, found["finding"]["problem"]) == (NOT_PROVED, "proof_path")
    anchor = tmp_path / "anchor.txt"
    anchor.write_text(evidence.anchor)
    log = rolled_back(evidence, tmp_path / "rolled-back")
    status, found = auditor.verify(log, *pinned(evidence))
    assert (status, found["finding"], found["receipt_found"]) == (NOT_PROVED, None, False)
    status, found = auditor.verify(log, "--key", evidence.first_key, "--anchor", anchor)
    assert (status, found["finding"]["problem"]) == (NOT_PROVED, "anchor_ahead")


def rolled_back(evidence: Evidence, place: Path) -> Path:
    """The log as it was when the old head was signed: whole in itself."""
    shutil.copytree(evidence.log, place)
    head = evidence.old_head.encode()
    for file in sorted((place / "heads").glob("*.heads"), reverse=True):  # at midnight there are two
        octets = file.read_bytes()
        if head in octets:
            file.write_bytes(octets[: octets.index(head) + len(head) + 1])
            break
        file.unlink()
    (segment,) = place.glob("*.seg")
    whole, at = segment.read_bytes(), SEGMENT_HEADER
    for _ in range(int(evidence.old_head.split("\n")[1])):
        at += LENGTH + int.from_bytes(whole[at : at + LENGTH])
    segment.write_bytes(whole[:at])
    return place


@pytest.mark.proves("A7", "fault 105")
def test_a_changed_bundle_or_log_is_not_proved(auditor: Auditor, evidence: Evidence, tmp_path: Path) -> None:
    """Every part of a bundle, and the record itself in the copy."""
    bundle = json.loads(evidence.proof.read_text())
    harmed = tmp_path / "harmed.json"
    for name, change in CHANGES.items():
        harmed.write_text(json.dumps({**bundle, name: change(bundle[name])}))
        status, found = auditor.verify("--proof", harmed, *pinned(evidence))
        assert (status, found["finding"] is not None) == (NOT_PROVED, True), name
    log = tmp_path / "harmed-log"
    shutil.copytree(evidence.log, log)
    (segment,) = log.glob("*.seg")
    octets = bytearray(segment.read_bytes())
    octets[octets.index(base64.b64decode(bundle["record"])) + 100] ^= 1
    segment.write_bytes(octets)
    status, found = auditor.verify(log, *pinned(evidence))
    finding = found["finding"]
    assert (status, finding["sequence"]) == (NOT_PROVED, evidence.receipt["sequence"]), finding


def _one_bit(text: str) -> str:
    return f"{int(text[0], 16) ^ 1:x}{text[1:]}"


CHANGES: dict[str, Callable[[Any], Any]] = {
    "log_id": _one_bit,
    "sequence": lambda number: number + 1,
    "record_hash": _one_bit,
    "record": lambda text: ("B" if text[40] != "B" else "C").join((text[:40], text[41:])),
    "leaf": _one_bit,
    "index": lambda number: number + 1,
    "inclusion": lambda path: [_one_bit(path[0]), *path[1:]],
    "head": lambda text: text.replace("\nwhy ", "\nwhy x", 1),
    "first_key": lambda key: key.replace("/20", "/21"),
}
