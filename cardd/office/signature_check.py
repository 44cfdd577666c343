"""Signatures are checked in a process of their own, that lives for a moment: `python -m cardd.office.signature_check`.

The certificate code would stay in the daemon's memory (16 MB of the 64 it may have before the first login), and what arrives in a
folder is parsed where no PIN ever was. The child reads one JSON document from its standard input and writes one.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

LIMIT_S = 10.0
"""The child takes 0.3 s; whoever needs this long hangs."""
_HANDED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Job:
    """One file to check. `at`: also judge certificates at this time (aware); None: at the times of signing alone."""

    content: bytes = field(repr=False)
    signatures: bytes = field(repr=False)
    at: datetime | None


@dataclass(frozen=True, slots=True)
class SignedBy:
    """A badge whose signature holds."""

    fingerprint: str
    card_uuid: str | None
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a job: its signers, or the problem and one more word."""

    signers: tuple[SignedBy, ...] = ()
    problem: str | None = None
    detail: str = ""


def check(jobs: Sequence[Job], authorities: Sequence[Path], *, test: bool) -> tuple[Checked, ...]:
    """Check all `jobs` in a child; blocks for some 0.3 s. `authorities`: PEM files of the operator CA; `test`: test ones count.

    Where the CA's files cannot be used, each job has the problem `operator_ca`; where the child failed, `check_failed`.
    """
    if not jobs:
        return ()
    order = order_of(jobs, authorities, test=test)
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-P", "-m", __name__],
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
            timeout=LIMIT_S,
            check=True,
        )
        return tuple(checked_of(answer) for _, answer in zip(jobs, json.loads(done.stdout), strict=True))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return tuple(Checked(problem="check_failed") for _ in jobs)


def order_of(jobs: Sequence[Job], authorities: Sequence[Path], *, test: bool) -> dict[str, Any]:
    """What the child is asked, as JSON."""
    return {
        "authorities": [str(path) for path in authorities],
        "test": test,
        "jobs": [
            {
                "content": base64.b64encode(job.content).decode(),
                "signatures": base64.b64encode(job.signatures).decode(),
                "at": job.at.isoformat() if job.at is not None else None,
            }
            for job in jobs
        ],
    }


def checked_of(answer: dict[str, Any]) -> Checked:
    """What the child answered to one job."""
    if answer["problem"] is not None:
        return Checked(problem=str(answer["problem"]), detail=str(answer["detail"]))
    return Checked(
        tuple(
            SignedBy(each["fingerprint"], each["card_uuid"], datetime.fromisoformat(each["signed_at"]))
            for each in answer["signers"]
        )
    )


# --- the child's side ------------------------------------------------------------------------------------------------


def main() -> None:
    """Answer the order on standard input."""
    order = json.load(sys.stdin.buffer)
    json.dump(answers(order), sys.stdout)


def answers(order: dict[str, Any]) -> list[dict[str, Any]]:
    """One answer a job, in their order."""
    # Here alone, so that the daemon, which imports this module to start the child, does not load the certificate code.
    from cardd.office.signed import Unverified, verify  # noqa: PLC0415
    from certs.errors import BadAnchor  # noqa: PLC0415
    from certs.validation.truststore import from_pem  # noqa: PLC0415

    test = bool(order["test"])
    try:
        store = from_pem(Path(path).read_bytes() for path in order["authorities"])
        if not test and any(anchor.is_test for anchor in store.anchors):
            raise BadAnchor("test_anchor")
    except OSError:
        return [_bad("operator_ca", "unreadable") for _ in order["jobs"]]
    except BadAnchor as error:
        return [_bad("operator_ca", error.problem) for _ in order["jobs"]]
    told = []
    for job in order["jobs"]:
        at = datetime.fromisoformat(job["at"]) if job["at"] is not None else None
        content, signatures = base64.b64decode(job["content"]), base64.b64decode(job["signatures"])
        try:
            signers = verify(content, signatures, store, at, test=test)
        except Unverified as error:
            told.append(_bad(error.problem, error.detail))
            continue
        rows = [
            {"fingerprint": each.fingerprint, "card_uuid": each.card_uuid, "signed_at": each.signed_at.isoformat()}
            for each in signers
        ]
        told.append({"problem": None, "detail": "", "signers": rows})
    return told


def _bad(problem: str, detail: str) -> dict[str, Any]:
    return {"problem": problem, "detail": detail, "signers": []}


if __name__ == "__main__":
    main()
