"""`audit.export`: what a run left behind goes with the next start, whatever became of that run; nothing waits for ever."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from cardd.audit.records import IntentRecord
from cardd.auditing.desk import Desk
from cardd.auditing.exports import KEPT_S, Exports, Order, Tools
from cardd.errors import AuditUnknown
from cardd.gate.gate import Gate
from cardd.gate.request import Request
from cardd.history.questions import Filters
from cardd.model import Operation
from tests.unit.cardd.auditing.asked import CALL, Asked, AskedGate, Session, asked
from tests.unit.cardd.history.logs import HOSTILE


class ExportGate(AskedGate):
    """Two people have agreed."""

    async def allow_by_two(self, _: Request) -> tuple[Session, dict[str, Any]]:
        return self.session(CALL), {}

    def session(self, _: Any) -> Any:
        session = super().session(_)
        session.id = "s-1"  # type: ignore[attr-defined]
        return session

    def check_lockdown(self) -> None:
        return None


async def sign(text: bytes) -> bytes:
    return text + b"\nsigned\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Asked]:
    with asked(tmp_path) as opened:
        for case in HOSTILE:
            opened.journal.intent(IntentRecord(event="card.read", operation=Operation.READ, operator="sato", case=case))
        yield opened


def exports(house: Asked, folder: Path) -> Exports:
    gate = ExportGate(house.journal, house.gate.who)
    return Exports(cast(Gate, gate), Desk(house.book), Tools(folder, house.journal.log_id, sign, house.clock, 4096))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


async def test_the_next_start_removes_what_was_left_and_nothing_else(house: Asked, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    first = exports(house, folder)
    await first.export(CALL, Order(Filters(operator="sato"), "jsonl", "audit"))
    (folder / "note.txt").write_text("not ours")
    assert len(files(folder)) == 2
    exports(house, folder)
    assert files(folder) == ["note.txt"]


async def test_a_file_that_nobody_takes_goes_after_its_time(house: Asked, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    made = exports(house, folder)
    export = await made.export(CALL, Order(Filters(operator="sato"), "csv", "audit"))
    octets, _ = await made.part(CALL, export.id, 0)
    assert octets
    house.clock.us += int(KEPT_S * 1_000_000)
    with pytest.raises(AuditUnknown):
        await made.part(CALL, export.id, 0)
    assert files(folder) == []


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200b"])
async def test_no_mark_in_a_csv_turns_the_reading_order_and_no_cell_is_computed(
    house: Asked, tmp_path: Path, mark: str
) -> None:
    case = f"{mark}=1+1"
    house.journal.intent(IntentRecord(event="card.read", operation=Operation.READ, operator="sato", case=case))
    made = exports(house, tmp_path / "exports")
    export = await made.export(CALL, Order(Filters(operator="sato"), "csv", "audit"))
    text = export.written.path.read_text("utf-8-sig")
    assert mark not in text
    assert '"\ufffd=1+1"' in text
    assert '"=' not in text


async def test_an_export_that_was_killed_leaves_a_part_that_the_next_start_removes(
    house: Asked, tmp_path: Path
) -> None:
    """Killed while it writes: the file is there, unfinished, and unreadable for others; the start after it takes it away."""
    folder = tmp_path / "exports"
    folder.mkdir()
    writer = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from cardd.history import export
        def pages(cursor):
            print("writing", flush=True)
            time.sleep(60)
        export.write(Path(sys.argv[1]) / "x-0.part", "csv", pages, lambda: True)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", writer, str(folder)], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == b"writing\n"
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.wait)
    process.stdout.close()
    assert files(folder) == ["x-0.part"]
    assert os.stat(folder / "x-0.part").st_mode & 0o777 == 0o600
    exports(house, folder)
    assert files(folder) == []
