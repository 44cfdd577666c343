"""No personal data, PIN or certificate serial in anything that the record leaves behind or takes elsewhere (P7, Must show 6)."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import segno

from tests.daemon.canaries import Needle, Seen, comes_out, hits, of_bytes, of_digits, of_serial, of_text, published
from tests.daemon.canary_outlets import CASE, CLERK, TERMINAL, Outlets, hire_all
from tests.daemon.canary_scene import HOLDER
from tests.daemon.tools import staged
from tests.fixtures.counter import ROOMY

REACHES = {
    "reception number": (
        *("record", "record, decoded", "index", "questions", "disclosure", "proof of an intent", "export as jsonl"),
        *("export as csv", "state", "backup, opened", "answers of the fleet", "database of the fleet"),
    ),
    "operator": ("alarms", "replay", "report", "report of the fleet", "export as csv", "index"),
    "terminal": ("pages of the witness", "what witnesses signed", "log of the backup", "report", "report of the fleet"),
    "log id": (
        *("heads", "head", "head of an export", "head as text", "text of the QR code", "database of the witness"),
        *("pages of the witness", "what witnesses signed", "report"),
    ),
    "leaf of a record": ("index, hashes-0",),
    "hash of a record": ("proof", "database of the fleet"),
}
"""What is meant to be there, and where each of them must be found: so the search reads these places, whatever their form."""
SAID_LITTLE = {
    *(
        "wrong PIN",
        "refused",
        "watch list",
        "watch list, asked",
        "review",
        "screen of the report",
        "log of the sender",
        "log of the witness",
        "log of the shipper",
    ),
    *(
        "log of the daemon",
        "log of the database",
        "head taken out by hand",
        "head as png",
        "head as svg",
        "index, places",
    ),
    *(
        "index, index.sqlite",
        "index, index.sqlite-wal",
        "index, index.sqlite-shm",
        "index, hashes-8",
        "index, hashes-16",
    ),
    *("proof, screen", "proof of an intent, screen", "disclosure, asked", "backup as it lies there"),
    *(f"screen of the export as {form}{asked}" for form in ("jsonl", "csv") for asked in ("", ", asked")),
}
"""Places in which nothing of these must stand; they are searched all the same."""


@contextmanager
def a_day(folder: Path) -> Iterator[Outlets]:
    with staged(config=f'log_level = "debug"\n{ROOMY}', prepare=hire_all, start=False) as stage:
        day = Outlets(stage, folder)
        day.everything()
        yield day


@pytest.fixture(scope="module")
def outlets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outlets]:
    with a_day(tmp_path_factory.mktemp("outlets")) as day:
        yield day


def seen_of(day: Outlets) -> Seen:
    shown = published(day.stage.records())
    assert shown, "a login is on record with its proof"
    return Seen(list(day.needles()), day.seen, shown)


@pytest.mark.proves("P7", "A5", "A9", "A11")
def test_no_canary_leaves_with_the_record(outlets: Outlets, tmp_path: Path) -> None:
    def again() -> Seen:
        with a_day(tmp_path) as day:
            return seen_of(day)

    assert comes_out(seen_of(outlets), again) == []


@pytest.mark.proves("P7")
def test_the_search_reads_every_place(outlets: Outlets) -> None:
    """The control: what is on purpose in the record is found wherever the record goes, by the same search."""
    leaf = json.loads(outlets.seen["proof"])["leaf"]
    marks: dict[str, list[Needle]] = {
        "reception number": list(of_text("mark", CASE)),
        "operator": list(of_text("mark", CLERK)),
        "terminal": list(of_text("mark", TERMINAL)),
        "log id": list(of_text("mark", outlets.log_id)),
        "leaf of a record": list(of_bytes("mark", bytes.fromhex(leaf))),
        "hash of a record": list(of_bytes("mark", bytes.fromhex(str(outlets.receipt["record_hash"])))),
    }
    missed = [
        f"{mark} in {place}"
        for mark, places in REACHES.items()
        for place in places
        if not hits(marks[mark], {place: outlets.seen[place]})
    ]
    assert missed == []
    assert {place for places in REACHES.values() for place in places} | SAID_LITTLE == set(outlets.seen)


SERIAL = 0x9F3A77C1
SECRETS: dict[str, tuple[str, list[Needle]]] = {
    "PIN of four digits": (HOLDER.pins.card_info, list(of_text("planted", HOLDER.pins.card_info))),
    "long PIN": (HOLDER.pins.signature, list(of_text("planted", HOLDER.pins.signature))),
    "individual number": (HOLDER.my_number, list(of_digits("planted", HOLDER.my_number, (4, 4, 4)))),
    "street": ("金糸雀町", list(of_text("planted", "金糸雀町"))),
    "name": (HOLDER.name.split("\u3000")[0], list(of_text("planted", HOLDER.name.split("\u3000")[0]))),
    "birth date": ("1954-08-13", list(of_digits("planted", HOLDER.birth_date, (4, 2, 2)))),
    "serial": ("00:9F:3A:77:C1", list(of_serial("planted", SERIAL))),
}
_HEAD = b"cardd/" + b"5e" * 16 + b"\n17\n"


def _in_sqlite(folder: Path, text: str) -> bytes:
    """Main file and write-ahead log of a database that is open: the row stands in one of them."""
    folder = Path(tempfile.mkdtemp(dir=folder))
    database = sqlite3.connect(folder / "planted.sqlite", isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE uses (sequence INTEGER PRIMARY KEY, hash BLOB, who TEXT)")
        database.execute("INSERT INTO uses VALUES (1, ?, ?)", (bytes(range(200)), f"x{text}"[1:]))
        return b"".join(path.read_bytes() for path in sorted(folder.glob("planted.sqlite*")))
    finally:
        database.close()


def _record(text: str) -> bytes:
    return json.dumps({"boot": "5e" * 16, "code": text, "phase": 2, "sum": "5e" * 8}, ensure_ascii=False).encode()


def _read_from_code(folder: Path, text: str) -> bytes:
    file = folder / "planted.png"
    segno.make_qr(_HEAD + text.encode(), mode="byte", error="l").save(str(file), scale=4)
    return subprocess.run(["zbarimg", "-q", "--raw", "-Sbinary", str(file)], capture_output=True, check=True).stdout


PLACES: dict[str, Callable[[Path, str], bytes]] = {
    "SQLite": _in_sqlite,
    "octets of a database": lambda _, text: b"7\t\\\\x" + _record(text).hex().encode() + b"\t\\N\n",
    "proof": lambda _, text: json.dumps({"record": base64.b64encode(b"\x00" * 53 + _record(text)).decode()}).encode(),
    "proof, one octet on": lambda _, text: base64.b64encode(b"\x00" * 54 + _record(text)),
    "CSV": lambda _, text: f"1,2026-11-22,{text},card.read\r\n".encode(),
    "page": lambda _, text: f"<td><bdi>{text}</bdi></td>".encode(),
    "QR code": _read_from_code,
    "hashes": lambda _, text: bytes(range(128, 160)) + text.encode() + bytes(range(160, 192)),
}


@pytest.mark.proves("P7")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_planted_is_found(secret: str, place: str, tmp_path: Path) -> None:
    text, needles = SECRETS[secret]
    assert hits(needles, {place: PLACES[place](tmp_path, text)}) != []
    assert hits(needles, {place: PLACES[place](tmp_path, "other")}) == []
