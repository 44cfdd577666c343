"""No durable intent, no card contact: a record that cannot be written stops card work before the card is touched (A1, fault 130)."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from applets_spec.faults import FaultyCard
from cardd.client import RemoteError
from tests.daemon.canary_scene import Recorded
from tests.daemon.tools import PATIENT_S, Stage, Typist, staged
from tests.fixtures.counter import CONTEXT, RESIDENT_SLOT, ROOMY

KIB = 1024


@contextmanager
def nearly_full(stage: Stage) -> Iterator[None]:
    """From here on no file of the daemon may grow: what the kernel says then is EFBIG, and ENOSPC on a full disk.

    The daemon's record treats both the same way; a small tmpfs would need root.
    """
    largest = max(path.stat().st_size for path in stage.office.audit.glob("*.seg"))
    before = resource.prlimit(stage.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(stage.pid, resource.RLIMIT_FSIZE, before)


AS_ROOT = () if os.geteuid() == 0 else ("sudo", "-n")
MAY_MOUNT = subprocess.run(["sh", "-c", " ".join((*AS_ROOT, "true"))], capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """A tmpfs of `size` bytes at `folder`, ours."""
    options = f"size={size},mode=0700,uid={os.getuid()},gid={os.getgid()}"
    subprocess.run([*AS_ROOT, "mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run([*AS_ROOT, "umount", "--lazy", str(folder)], check=True)


def fill(ballast: Path) -> None:
    """Write until the disk has no room for one more block."""
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    taken = KIB
    while taken:
        try:
            taken = os.write(descriptor, bytes(KIB))
        except OSError:
            taken = 0
    os.close(descriptor)
    assert os.statvfs(ballast.parent).f_bavail == 0


def refusal(stage: Stage, handle: str) -> RemoteError:
    """What a read is refused with."""
    with pytest.raises(RemoteError) as failure, stage.client() as client:
        client.call("card.read", card=handle, items=["name"], **CONTEXT)
    return failure.value


def a_resident(stage: Stage) -> tuple[Recorded, str, Typist]:
    """A card that keeps what reaches it, its handle, and a person who knows its PIN."""
    resident = stage.office.resident()
    card = Recorded(resident.card)
    handle = stage.insert(FaultyCard(card, ()), RESIDENT_SLOT, kind="my_number")
    return card, handle, Typist({"card_info": resident.holder.pins.card_info})


@pytest.mark.proves("A1", "H7", "T8", "fault 130")
def test_nothing_reaches_the_card_while_the_record_cannot_grow() -> None:
    with staged() as stage:
        stage.log_in(stage.office.people[0])
        card, handle, typist = a_resident(stage)
        before = len(card.data)
        with nearly_full(stage):
            error = refusal(stage, handle)
            assert error.name == "audit.unavailable"
            assert error.data["actor"] == "it"
            assert error.data.get("card") in (None, "untouched")
            assert len(card.data) == before
            audit = next(row for row in stage.call("health")["checks"] if row["name"] == "audit")
            assert audit["state"] == "bad"
        with stage.client(person=typist) as client:
            assert client.call("card.read", card=handle, items=["name"], **CONTEXT)["items"]
        assert stage.stop() == 0
        stage.records()


@pytest.mark.proves("A1", "fault 130")
@pytest.mark.skipif(
    not MAY_MOUNT, reason="a disk of its own needs root or sudo; the test above shows the same by a limit"
)
def test_a_full_disk_refuses_new_work_and_closes_the_old() -> None:
    """The reserve is for results of what has begun; when there is room again, work goes on without a new start."""
    with staged(start=False) as stage, small_disk(stage.office.audit, 1400 * KIB):
        stage.start()
        stage.log_in(stage.office.people[0])
        card, handle, typist = a_resident(stage)
        ballast = stage.office.audit / "ballast"

        class Fills(Typist):
            """Somebody fills the disk while the PIN is typed: the intent is written, the result is not."""

            def pin(self, request: Mapping[str, Any]) -> bytearray:
                fill(ballast)
                return super().pin(request)

        with stage.client(person=Fills(typist.known)) as client:
            # Its result stands on the blocks of the reserve, and so the data may go out.
            assert client.call("card.read", card=handle, items=["name"], **CONTEXT)["items"]
        before = len(card.data)
        # The last block of the record may have room for a few more; the card is not touched for them, as nobody types.
        error = next(each for each in (refusal(stage, handle) for _ in range(10)) if each.name != "agent.none")
        assert (error.name, error.data["problem"], len(card.data)) == ("audit.unavailable", "disk_full", before)
        ballast.unlink()
        with stage.client(person=typist) as client:
            assert client.call("card.read", card=handle, items=["name"], **CONTEXT)["items"]
        assert stage.stop() == 0
        stage.records()


@pytest.mark.proves("A1", "H6")
def test_a_daemon_that_cannot_write_its_record_does_not_start() -> None:
    with staged(config=ROOMY) as stage:
        stage.stop()  # its state is there already, and needs no room
        done = subprocess.run(
            [*stage.command, "--config", str(stage.office.config_file)],
            env=stage.environment,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)),
            timeout=PATIENT_S,
            check=False,
        )
        assert done.returncode == 1
        assert b"event=start_failed code=audit.unavailable" in done.stderr
        assert b"Traceback" not in done.stderr
        assert not stage.socket.exists()
