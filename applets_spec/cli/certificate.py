"""`cardd-vcard certificate`: 電子証明書の発行, 更新, 失効 on virtual cards, under the issuing test profile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import click

from applets_spec.cli.jpki import AT, GENERATION, HOLDER, KIND, REASON, moment, told
from applets_spec.cli.make import holder_of
from applets_spec.cli.output import Failure, folder_option, json_option, request, show
from applets_spec.jpki import card_office
from applets_spec.testca.office import REASONS, JpkiOffice, OfficeError

_CARD = click.argument("card", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
_READER = click.option("--reader", type=click.IntRange(0), help="Instead of CARD: the card in this virtual reader.")
_OFFICE = click.option("--jpki", "office", type=click.Path(path_type=Path, file_okay=False), required=True,
                       help="The test JPKI: a folder made by `cardd-vcard jpki create`.")  # fmt: skip
_PINS = {"signature": "ABC123", "authentication": "1234"}


@click.group()
def certificate() -> None:
    """The life of a card's certificates: issue, issue again, revoke.

    How real cards are issued is not public. This is a test profile of our
    own for virtual cards: never for a real card, and no part of cardd.

    \b
    cardd-vcard jpki create jpki
    cardd-vcard certificate enable resident.json
    cardd-vcard certificate issue resident.json --jpki jpki --kind signature
    # the resident has moved:
    cardd-vcard certificate issue resident.json --jpki jpki \\
        --kind signature --holder moved.toml
    cardd-vcard certificate revoke resident.json --jpki jpki \\
        --kind signature --reason key-compromise
    """


@certificate.command()
@_CARD
@_READER
@click.option("--off", is_flag=True, help="Off again: the card answers as real ones do.")
@folder_option
@json_option
@told
def enable(card: Path | None, reader: int | None, off: bool, folder: Path, as_json: bool) -> None:
    """Let CARD take part in the issuing test profile."""
    with _at_the_terminal(card, reader, folder) as path:
        card_office.switch(path, on=not off)
    show(f"{path}: issuing is {'off' if off else 'on'}", {"card": str(path), "issuing": not off}, as_json)


@certificate.command()
@_CARD
@_READER
@_OFFICE
@KIND
@HOLDER
@click.option("--pin", help='The PIN that the holder chooses; "-" reads it from standard input. Default: ABC123, 1234.')
@GENERATION
@AT
@folder_option
@json_option
@told
def issue(
    card: Path | None, reader: int | None, office: Path, kind: str, holder: str, pin: str | None, generation: int,
    at: datetime | None, folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Make a key on CARD, certify it, set the PIN, put all of it in force.

    A certificate of that kind that was good until then is revoked: as
    affiliation-changed where the holder's name, address, birth date or sex
    is another now, else as superseded. The other kind stays as it is.

    A card in a reader is taken out for it and put back, as at a counter:
    programs see it go and come. What is printed on the card stays the same.
    """
    chosen = _PINS[kind] if pin is None else sys.stdin.readline().strip() if pin == "-" else pin
    person, books = holder_of(holder), JpkiOffice.open(office)
    with _at_the_terminal(card, reader, folder) as path:
        visit = card_office.issue(path, books, kind, person, chosen, moment(at), generation)
    facts = {
        "card": str(path),
        "kind": kind,
        "certificate_sha256": sha256(visit.certificate).hexdigest(),
        "revoked_sha256": None if visit.revoked is None else sha256(visit.revoked).hexdigest(),
    }
    more = "" if visit.revoked is None else "; the one before is revoked"
    show(f"{kind} certificate issued to {path}{more}", facts, as_json)


@certificate.command()
@_CARD
@_READER
@_OFFICE
@KIND
@REASON
@AT
@folder_option
@json_option
@told
def revoke(
    card: Path | None,
    reader: int | None,
    office: Path,
    kind: str,
    reason: str,
    at: datetime | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Revoke the certificate on CARD. The card keeps it: only lists and OCSP answers tell."""
    path = _path(card, reader, folder)
    revoked = card_office.revoke(path, JpkiOffice.open(office), kind, REASONS[reason], moment(at))
    facts = {"card": str(path), "kind": kind, "revoked_sha256": sha256(revoked).hexdigest(), "reason": reason}
    show(f"the {kind} certificate of {path} is revoked", facts, as_json)


@certificate.command("export")
@_CARD
@_READER
@KIND
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="DER.")
@folder_option
@json_option
@told
def export(card: Path | None, reader: int | None, kind: str, out: Path, folder: Path, as_json: bool) -> None:
    """Write the certificate on CARD to a file, without any PIN: out of the card's file."""
    path = _path(card, reader, folder)
    found = card_office.certificate_on(path, kind)
    if found is None:
        raise OfficeError(f"there is no {kind} certificate on this card")
    out.write_bytes(found)
    show(
        f"written to {out}", {"card": str(path), "certificate": str(out), "sha256": sha256(found).hexdigest()}, as_json
    )


def _path(card: Path | None, reader: int | None, folder: Path) -> Path:
    if (card is None) == (reader is None):
        raise click.UsageError("Give either CARD or --reader.")
    if card is not None:
        return card
    row = next((each for each in request(folder, "list")["readers"] if each["reader"] == reader), None)
    if row is None or row["card"] is None:
        raise Failure("there is no card in this reader")
    return Path(row["card"])


@contextmanager
def _at_the_terminal(card: Path | None, reader: int | None, folder: Path) -> Iterator[Path]:
    """The card's file, while no reader has the card: one that is in a reader is taken out meanwhile."""
    path = _path(card, reader, folder)
    if reader is None:
        yield path
        return
    request(folder, "pull", reader=reader)
    try:
        yield path
    finally:
        request(folder, "insert", reader=reader, card=str(path.absolute()))
