"""`cardd-vcard jpki`: the test JPKI as an office in a folder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.card_file import CardFileError
from applets_spec.cli.make import holder_of
from applets_spec.cli.output import Failure, json_option, show
from applets_spec.holder import EXAMPLES, Holder
from applets_spec.jpki.issuing_terminal import IssuingRefused
from applets_spec.testca.hierarchy import LATEST_GENERATION, authority, holder_key_name
from applets_spec.testca.issue import rsa_key
from applets_spec.testca.keys import private_key_pem
from applets_spec.testca.ledger import LedgerError
from applets_spec.testca.office import KINDS, REASONS, JpkiOffice, OfficeError

F = TypeVar("F", bound=Callable[..., Any])
LARGEST_REQUEST = 64 * 1024
_FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
_OUT = click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
KIND = click.option("--kind", type=click.Choice(list(KINDS)), required=True, help="署名用 or 利用者証明用.")
GENERATION = click.option("--generation", type=click.IntRange(1, LATEST_GENERATION), default=LATEST_GENERATION, show_default=True,
                          help="Which of the two CAs of one name.")  # fmt: skip
HOLDER = click.option("--holder", default=EXAMPLES[0], show_default=True,
                      help=f"TOML file of a made-up person, or one of: {', '.join(EXAMPLES)}.")  # fmt: skip
REASON = click.option("--reason", type=click.Choice(list(REASONS)), default="unspecified", show_default=True)
AT = click.option("--at", type=click.DateTime(), help="As if it were then (UTC) instead of now.")


def moment(at: datetime | None) -> datetime:
    """Now, or what `--at` says; UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0) if at is None else at.replace(tzinfo=UTC)


def told(command: F) -> F:
    """What an office or a card refuses ends the command with exit code 1."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except (OfficeError, LedgerError, CardFileError, IssuingRefused, OSError) as error:
            raise Failure(str(error)) from error

    return run  # type: ignore[return-value]


@click.group()
def jpki() -> None:
    """A made-up JPKI for tests: TEST and worthless in every name.

    Two generations of both CAs under one name, an OCSP responder for each,
    and a time-stamping authority (tsa/, for `openssl ts -reply`).

    \b
    cardd-vcard jpki create jpki
    cardd-vcard jpki issue jpki --kind signature --out taro
    cardd-vcard jpki revoke jpki taro.cer --reason affiliation-changed
    cardd-vcard jpki crl jpki --kind signature --out signature.crl
    cardd-vcard jpki ocsp jpki < request.der > response.der
    """


@jpki.command()
@_FOLDER
@click.option(
    "--fresh", is_flag=True, help="New random keys (some seconds), instead of those that everybody can derive."
)
@AT
@json_option
@told
def create(folder: Path, fresh: bool, at: datetime | None, as_json: bool) -> None:
    """Make the office: authorities, responders, time stamps, empty books."""
    JpkiOffice.create(folder, moment(at), fresh=fresh)
    show(f"test JPKI made in {folder}", {"folder": str(folder), "fresh": fresh}, as_json)


@jpki.command()
@_FOLDER
@KIND
@HOLDER
@click.option("--number", type=click.IntRange(0), default=0, show_default=True, help="Which of the derived keys.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Written: OUT.cer (DER) and OUT.key.pem.")
@GENERATION
@AT
@json_option
@told
def issue(
    folder: Path, kind: str, holder: str, number: int, out: Path, generation: int, at: datetime | None, as_json: bool
) -> None:
    """Issue a certificate with a key in a file, for tests without a card. On a card: `cardd-vcard certificate issue`."""
    office = JpkiOffice.open(folder)
    key = rsa_key(office.keys, holder_key_name(number, kind))
    certificate = office.issue(kind, holder_of(holder), key.public_key(), moment(at), generation)
    _write(out.with_name(out.name + ".key.pem"), private_key_pem(key))
    _tell(out.with_name(out.name + ".cer"), certificate, as_json)


@jpki.command()
@_FOLDER
@click.argument("certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@HOLDER
@_OUT
@AT
@json_option
@told
def renew(folder: Path, certificate: Path, holder: str, out: Path, at: datetime | None, as_json: bool) -> None:
    """Issue the next CERTIFICATE for the same key, by the newest CA. (On cards each certificate has a key of its own.)"""
    office = JpkiOffice.open(folder)
    leaf = _read(certificate)
    public_key = leaf.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise OfficeError("residents' keys are RSA keys")
    signs = any(isinstance(each.value, x509.SubjectAlternativeName) for each in leaf.extensions)
    person: Holder = holder_of(holder)
    _tell(out, office.issue("signature" if signs else "authentication", person, public_key, moment(at)), as_json)


@jpki.command()
@_FOLDER
@click.argument("certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@REASON
@AT
@json_option
@told
def revoke(folder: Path, certificate: Path, reason: str, at: datetime | None, as_json: bool) -> None:
    """Revoke CERTIFICATE (DER or PEM) for good."""
    leaf = _read(certificate)
    JpkiOffice.open(folder).revoke(der_of(leaf), REASONS[reason], moment(at))
    show(f"revoked: {leaf.serial_number:x}", {"serial": f"{leaf.serial_number:x}", "reason": reason}, as_json)


@jpki.command()
@_FOLDER
@KIND
@GENERATION
@_OUT
@click.option(
    "--part", type=click.IntRange(1, 99), help="Only this part: first two digits of the holder's municipality."
)
@click.option("--entries", type=click.IntRange(0, 10_000_000), default=0, show_default=True,
              help="So many made-up entries beside the true ones.")  # fmt: skip
@click.option("--hours", type=click.IntRange(1, 24 * 400), default=36, show_default=True, help="Until nextUpdate.")
@AT
@json_option
@told
def crl(
    folder: Path,
    kind: str,
    generation: int,
    out: Path,
    part: int | None,
    entries: int,
    hours: int,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Write the next revocation list (DER). Memory stays small however long it is."""
    office, begins = JpkiOffice.open(folder), moment(at)
    updates = (begins, begins + timedelta(hours=hours))
    beside = out.with_name(f".{out.name}.new")
    with beside.open("wb") as file:
        number, count = office.write_list(file, authority(KINDS[kind], generation), updates, part=part, entries=entries)
    beside.replace(out)
    show(
        f"list {number} of {count} entries written to {out}",
        {"list": str(out), "number": number, "entries": count},
        as_json,
    )


@jpki.command()
@_FOLDER
@click.option("--hours", type=click.IntRange(1, 24 * 31), default=12, show_default=True, help="Until nextUpdate.")
@AT
@told
def ocsp(folder: Path, hours: int, at: datetime | None) -> None:
    """Answer one OCSP request: DER on standard input, DER on standard output."""
    answer = JpkiOffice.open(folder).answer(sys.stdin.buffer.read(LARGEST_REQUEST), moment(at), timedelta(hours=hours))
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def _read(path: Path) -> x509.Certificate:
    content = path.read_bytes()
    try:
        return (
            x509.load_pem_x509_certificate(content)
            if content.startswith(b"-----")
            else x509.load_der_x509_certificate(content)
        )
    except ValueError as error:
        raise OfficeError(f"{path} holds no certificate") from error


def der_of(certificate: x509.Certificate) -> bytes:
    """Its DER."""
    return certificate.public_bytes(Encoding.DER)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _tell(out: Path, certificate: bytes, as_json: bool) -> None:
    _write(out, certificate)
    leaf = x509.load_der_x509_certificate(certificate)
    facts = {
        "certificate": str(out),
        "serial": f"{leaf.serial_number:x}",
        "not_after": leaf.not_valid_after_utc.isoformat(),
    }
    show(f"certificate written to {out}", facts, as_json)
