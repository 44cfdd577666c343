"""The same jobs done by programs that nobody here wrote: OpenSC's tools with their default settings, and yubico-piv-tool."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Run
from bench.readers import Readers
from bench.rows import Job

OPENSC_MODULE = "opensc-pkcs11.so"
_PKCS11 = ("pkcs11-tool", "--module", OPENSC_MODULE)
_KEY = ("--id", "01", "--input-file", "message", "--output-file", "signature")
ENDS_WITHIN_S = 60


class OtherFailed(Exception):
    """A program did not do its job; the text is its own."""


@dataclass(frozen=True)
class OtherJob:
    """A command line and the slot of the card it works with."""

    job: Job
    slot: int
    command: Sequence[str]


def resident_jobs(slot: int, pin: str) -> list[OtherJob]:
    """OpenSC on a My Number card: recognise, read the certificate, sign."""
    read = (*_PKCS11, "--read-object", "--type", "cert", "--id", "01", "--output-file", "certificate")
    sign = (*_PKCS11, "--login", "--pin", pin, "--sign", "--mechanism", "SHA256-RSA-PKCS", *_KEY)
    return [
        OtherJob(Job.KIND, slot, ("opensc-tool", "--name")),
        OtherJob(Job.CERTIFICATE, slot, read),
        OtherJob(Job.SIGNATURE, slot, sign),
    ]


def opensc_badge(job: Job, slot: int, pin: str) -> OtherJob:
    """OpenSC signs with key 9A."""
    return OtherJob(job, slot, (*_PKCS11, "--login", "--pin", pin, "--sign", "--mechanism", "SHA256-RSA-PKCS", *_KEY))


def yubico_badge(job: Job, slot: int, pin: str) -> OtherJob:
    """yubico-piv-tool signs with key 9A."""
    what = ("--sign", "-s", "9a", "-A", "RSA2048", "-H", "SHA256", "-i", "message", "-o", "signature")
    return OtherJob(job, slot, ("yubico-piv-tool", "--reader=", "-a", "verify-pin", "-P", pin, *what))


def run(readers: Readers, job: OtherJob) -> Run:
    """One run of the program, in an empty home. Raises `OtherFailed`."""
    with tempfile.TemporaryDirectory(prefix="bench-home-") as home:
        Path(home, "message").write_bytes(b"an application form\n")
        readers.take(job.slot)
        began = time.monotonic()
        done = subprocess.run(
            job.command,
            cwd=home,
            env={**os.environ, "HOME": home},
            capture_output=True,
            text=True,
            check=False,
            timeout=ENDS_WITHIN_S,
        )
        seconds = time.monotonic() - began
    if done.returncode:
        raise OtherFailed(f"{job.command[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return Run(seconds, readers.take(job.slot))


def in_process(readers: Readers, slot: int, work: Callable[[], object]) -> Run:
    """One run of a library in this process."""
    readers.take(slot)
    began = time.monotonic()
    work()
    return Run(time.monotonic() - began, readers.take(slot))


def missing() -> list[str]:
    """Programs that are not installed here."""
    return [name for name in ("opensc-tool", "pkcs11-tool", "yubico-piv-tool") if shutil.which(name) is None]


def versions() -> dict[str, str]:
    """What the programs say of themselves."""
    found = {}
    for name, option in (("opensc-tool", "--info"), ("yubico-piv-tool", "--version")):
        if shutil.which(name):
            said = subprocess.run((name, option), capture_output=True, text=True, check=False).stdout
            found[name] = said.splitlines()[0] if said else "?"
    return found
