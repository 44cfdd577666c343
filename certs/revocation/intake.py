"""Takes a long revocation list in: checks it against its authority and against the list before, and writes the sorted file.

Meant to run as a program of its own beside the daemon (`python -m certs.revocation.intake --help`): 1,000,000 entries take
seconds and a hundred megabytes, and whatever a hostile list does to the parser, it does it where no PIN and no card is.
"""

import hashlib
import json
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.errors import Malformed
from certs.profiles.revocation_list import list_nonconformity
from certs.revocation.errors import FileRefused, ListRefused
from certs.revocation.serial_file import ListFacts, SerialFile, write
from certs.revocation.sorting import Sorted, in_order
from certs.validation.list_walk import EntryNotUnderstood, entries_of, frame_of
from certs.validation.lists import UnusableList, UsableList, read_list
from certs.validation.ocsp import CLOCK_TOLERANCE

LARGEST_LIST = 64 * 1024 * 1024
"""Bytes of a CertificateList. One of 1,000,000 entries with the longest serial numbers has 53 MB."""
MOST_ENTRIES = 1_500_000
REFUSED, FAILED = 3, 1
"""Exit codes."""


class Outcome(StrEnum):
    """What came of it."""

    TAKEN = "taken"
    UNCHANGED = "unchanged"
    """The very list that is there already."""


class Before(StrEnum):
    """What was there before."""

    NONE = "none"
    OLDER = "older"
    SAME = "same"
    DAMAGED = "damaged"
    """A file that cannot be read: going back could be seen by `Floor` alone. The caller should raise an alarm."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The highest number and the latest thisUpdate that the caller remembers of this list, kept apart from the files."""

    number: int
    this_update: datetime


@dataclass(frozen=True, slots=True)
class TakenIn:
    """`file`: where the sorted serial numbers lie now, in the folder."""

    outcome: Outcome
    before: Before
    file: str
    facts: ListFacts = field(repr=False)
    count: int

    def as_json(self) -> dict[str, object]:
        """The answer of the program; times in ISO 8601, UTC; hashes in lower-case hex; no serial number."""
        return {
            "outcome": self.outcome.value,
            "before": self.before.value,
            "file": self.file,
            "issuer_key": self.facts.issuer_key.hex(),
            "number": str(self.facts.number),
            "this_update": self.facts.this_update.isoformat(),
            "next_update": self.facts.next_update.isoformat(),
            "digest": self.facts.digest.hex(),
            "count": self.count,
        }


def take_in(
    source: Path, authorities: Sequence[x509.Certificate], folder: Path, now: datetime, *, floor: Floor | None = None
) -> TakenIn:
    """Checks the DER CertificateList in `source` and writes it as a serial file into `folder`, atomically.

    `authorities`: certificates that are trusted to issue lists, several generations of one name among them if need be.
    `now` with time zone. `floor`: what must not be gone below, besides the list that lies in `folder` (requirement: number and
    date never go down). Raises `ListRefused`, `OSError`. Nothing is changed when it raises.
    """
    octets = _read(source)
    found, issuer = _by_one_of(authorities, octets)
    facts = _facts(found, issuer, octets, now)
    if floor is not None:
        _check_not_back(facts, floor.number, floor.this_update)
    place = folder / facts.name
    before, count = _compared(place, facts)
    if before is not Before.SAME:
        entries = _sorted(octets)
        write(place, facts, entries.width, entries.count, entries.blocks())
        count = entries.count
    outcome = Outcome.UNCHANGED if before is Before.SAME else Outcome.TAKEN
    return TakenIn(outcome, before, facts.name, facts, count)


def _read(source: Path) -> bytes:
    # Whoever may write to the folder may put a pipe there, at whose opening a reader waits for ever.
    handle = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ListRefused("list_malformed")
        octets = file.read(LARGEST_LIST + 1)
    if len(octets) > LARGEST_LIST:
        raise ListRefused("list_too_large")
    return octets


def _by_one_of(authorities: Sequence[x509.Certificate], octets: bytes) -> tuple[UsableList, x509.Certificate]:
    """The authority whose list it is. Where none is, the word of the one that came nearest."""
    problems = []
    for issuer in authorities:
        try:
            return read_list(octets, issuer), issuer
        except UnusableList as unusable:
            problems.append(unusable.problem)
    raise ListRefused(next((each for each in problems if each != "list_wrong_issuer"), "list_wrong_issuer"))


def _facts(found: UsableList, issuer: x509.Certificate, octets: bytes, now: datetime) -> ListFacts:
    crl = found.crl
    this_update, next_update = crl.last_update_utc, crl.next_update_utc
    if this_update > now + CLOCK_TOLERANCE:
        raise ListRefused("list_from_future")
    if not all(issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc for at in (this_update, now)):
        raise ListRefused("list_issuer_expired")
    if next_update is None:
        raise ListRefused("list_without_next_update")
    key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    number = _number(crl, octets)
    if list_nonconformity(crl) is not None:
        raise ListRefused("list_not_understood")
    return ListFacts(
        issuer_key=hashlib.sha256(key).digest(),
        scope=found.scope,
        number=number,
        this_update=this_update,
        next_update=next_update,
        digest=hashlib.sha256(octets).digest(),
    )


def _number(crl: x509.CertificateRevocationList, octets: bytes) -> int:
    try:
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        raise ListRefused("list_without_number") from None
    if not frame_of(octets).version_2:
        raise ListRefused("list_without_number")
    if number < 0 or number.bit_length() > 160:
        raise ListRefused("list_malformed")
    return number


def _compared(place: Path, facts: ListFacts) -> tuple[Before, int]:
    """What was there before, and how many entries it has. Raises `ListRefused` where the list would go back."""
    try:
        with SerialFile(place) as there:
            if there.facts.digest == facts.digest:
                return Before.SAME, there.count
            _check_not_back(facts, there.facts.number, there.facts.this_update)
            if (facts.number, facts.this_update) == (there.facts.number, there.facts.this_update):
                raise ListRefused("list_number_reused")
            return Before.OLDER, there.count
    except FileRefused as refused:
        return (Before.NONE if refused.problem == "file_missing" else Before.DAMAGED), 0


def _check_not_back(facts: ListFacts, number: int, this_update: datetime) -> None:
    if facts.number < number or facts.this_update < this_update:
        raise ListRefused("list_rolled_back")


def _sorted(octets: bytes) -> Sorted:
    try:
        found = in_order(entries_of(octets, frame_of(octets)), MOST_ENTRIES)
    except EntryNotUnderstood:
        raise ListRefused("list_not_understood") from None
    except Malformed:
        raise ListRefused("list_malformed") from None
    if found is None:
        raise ListRefused("list_too_large")
    return found


def _certificates(files: Sequence[Path]) -> list[x509.Certificate]:
    found = []
    for each in files:
        octets = each.read_bytes()
        if octets.startswith(b"-----BEGIN"):
            found += x509.load_pem_x509_certificates(octets)
        else:
            found.append(x509.load_der_x509_certificate(octets))
    return found


@click.command()
@click.option("--list", "source", type=click.Path(path_type=Path), required=True, help="The DER CertificateList.")
@click.option(
    "--authority",
    "authorities",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    required=True,
    help="Certificates that may issue it, PEM or DER; may be given several times.",
)
@click.option("--into", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--at", "at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="The present time; else the clock's.")
@click.option("--floor-number", type=int, help="The highest CRL number the caller remembers of this list.")
@click.option("--floor-time", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="The latest thisUpdate it remembers.")
def main(
    source: Path,
    authorities: tuple[Path, ...],
    folder: Path,
    at: datetime | None,
    floor_number: int | None,
    floor_time: datetime | None,
) -> None:
    """Takes a revocation list in and answers with one line of JSON.

    Exit code 0: taken, or unchanged. 3: refused, and why. 1: failed, because a file or a folder cannot be used.
    """
    floor = None
    if floor_number is not None and floor_time is not None:
        floor = Floor(floor_number, floor_time)
    elif floor_number is not None or floor_time is not None:
        raise click.UsageError("--floor-number and --floor-time belong together")
    try:
        taken = take_in(source, _certificates(authorities), folder, at or datetime.now(UTC), floor=floor)
    except ListRefused as refused:
        _end("refused", refused.problem, REFUSED)
    except OSError:
        _end("failed", "file_unusable", FAILED)
    except ValueError:  # only `_certificates` raises it: a list that cannot be read is refused
        _end("failed", "authority_unreadable", FAILED)
    else:
        click.echo(json.dumps(taken.as_json()))


def _end(outcome: str, problem: str, code: int) -> None:
    click.echo(json.dumps({"outcome": outcome, "problem": problem}))
    sys.exit(code)


if __name__ == "__main__":
    main()
