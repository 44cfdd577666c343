"""`cardd-ca revoke`, `release`, `crl`: what is no longer good, and the list that says so."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click
from cryptography import x509

from certs.ca.building import fingerprint
from certs.ca.command import (
    FILE,
    armoured,
    certificate_option,
    json_option,
    key_options,
    now,
    opened_authority,
    opened_key,
    out_option,
    read_der,
    tell,
    told,
    write,
)
from certs.ca.errors import CaRefused
from certs.ca.files import read_certificate
from certs.ca.issued import Issued, IssuedBook
from certs.ca.lists import LONGEST_DAYS, ListBook, Published, issue_list, published
from certs.ca.revoked import Reason, Revoked, RevokedBook

F = TypeVar("F", bound=Callable[..., Any])
LARGEST_LIST = 64 * 1024 * 1024
"""Bytes."""
_WORDS = [each.value.replace("_", "-") for each in Reason]


def _choice(command: F) -> F:
    """Which certificates are meant."""
    for option in (
        click.option("--guid", type=click.UUID, help="All of the badge with this UUID."),
        click.option("--operator", help="All of this operator, on all badges."),
        click.option("--fingerprint", "digest", help="One, by the SHA-256 of its DER."),
        click.option("--serial", help="One, by its serial number in hex, as OpenSSL prints it."),
    ):
        command = option(command)
    return command


@click.command()
@certificate_option
@_choice
@click.option(
    "--reason",
    type=click.Choice(_WORDS),
    metavar="WORD",
    required=True,
    help="As it will stand in the list (RFC 5280, 5.3.1).",
)
@json_option
@told
def revoke(
    certificate: Path,
    serial: str | None,
    digest: str | None,
    operator: str | None,
    guid: Any,
    reason: str,
    as_json: bool,
) -> None:
    """Revoke certificates: they are never good again. Needs no key.

    It is in the CA's book when this command ends; programs learn it from the next list (`crl`) and from answers (`ocsp`). So make
    a list next. At cardd's own login a badge ends at once with `cardctl badge block`: a list alone would take until it arrives.

    \b
    Reasons:
      key-compromise          the badge is lost or stolen
      cessation-of-operation  the operator has left
      affiliation-changed     another name, another office
      superseded              a new certificate has taken its place
      privilege-withdrawn     may no longer act
      certificate-hold        for now: `release` lifts it
      unspecified             none of these
    """
    chosen = _chosen(certificate, serial, digest, operator, guid)
    done = RevokedBook.beside(certificate).revoke(chosen, Reason(reason.replace("-", "_")), now())
    _tell_all(done, as_json=as_json)


@click.command()
@certificate_option
@_choice
@json_option
@told
def release(
    certificate: Path, serial: str | None, digest: str | None, operator: str | None, guid: Any, as_json: bool
) -> None:
    """Lift a hold: the certificates are good again with the next list. Needs no key. Nothing else than a hold can be lifted."""
    _tell_all(
        RevokedBook.beside(certificate).release(_chosen(certificate, serial, digest, operator, guid), now()),
        as_json=as_json,
    )


@click.command()
@certificate_option
@key_options
@out_option
@click.option("--days", type=click.IntRange(1, LONGEST_DAYS), default=7, show_default=True,
              help="Until the list is too old. Make the next one well before.")  # fmt: skip
@click.option("--first", is_flag=True, help="This CA has never made a list: begin at 1.")
@click.option(
    "--after", type=FILE, help="The last list that was published, where lists.jsonl was lost or is older than it."
)
@click.option("--pem", is_flag=True, help="PEM instead of DER, which is what programs fetch.")
@json_option
@told
def crl(  # noqa: PLR0913, PLR0917  # click hands every option over as an argument
    certificate: Path, file: Path | None, module: Path | None, token: str | None, key_label: str | None,
    passphrase_fd: int | None, out: Path, days: int, first: bool, after: Path | None, pem: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make the next revocation list, complete, with a number higher than the last one's. The first of a CA needs --first.

    The last number stands in lists.jsonl, and in the list that lies where the new one goes, if it is this CA's. Where neither is
    there no list is made: programs refuse one whose number goes back. Name the last published list then (--after).

    The file is replaced whole: who reads it meanwhile has the old list or the new one. Judge it with
    `openssl crl -in operator-ca.crl -inform DER -CAfile ca/operator-ca.pem -noout`.
    """
    signer = opened_key(file, module, token, key_label, passphrase_fd)
    with opened_authority(certificate, signer) as authority:
        last = _last_published(out, after, x509.load_der_x509_certificate(authority.certificate))
        revoked, lists = RevokedBook.beside(certificate), ListBook.beside(certificate)
        der = issue_list(authority, revoked, lists, now(), days, first=first, after=last)
    write(out, armoured("X509 CRL", der, plain=not pem))
    made = x509.load_der_x509_crl(der)
    assert made.next_update_utc is not None
    facts = {
        "list": str(out),
        "number": made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number,
        "entries": len(made),
        "this_update": made.last_update_utc.isoformat().replace("+00:00", "Z"),
        "next_update": made.next_update_utc.isoformat().replace("+00:00", "Z"),
        "fingerprint": fingerprint(der),
    }
    tell(facts, as_json=as_json)


def _last_published(out: Path, after: Path | None, issuer: x509.Certificate) -> Published | None:
    """The newer of the list that `--after` names and of the one that lies at `--out`; that one only where it is this CA's."""
    found = [] if after is None else [published(read_der(after, "list_unreadable", LARGEST_LIST), issuer)]
    with suppress(CaRefused):  # nothing there, or something else: it is replaced, as its place says
        found.append(published(read_der(out, "list_unreadable", LARGEST_LIST), issuer))
    return max(found, key=lambda each: each.number, default=None)


def _chosen(
    certificate: Path, serial: str | None, digest: str | None, operator: str | None, guid: Any
) -> Sequence[Issued]:
    """Those of the book that the one given word means. Raises `CaRefused` (`not_issued`), `BookError`."""
    given = [each for each in (serial, digest, operator, guid) if each is not None]
    if len(given) != 1:
        raise click.UsageError("Give one of --serial, --fingerprint, --operator, --guid.")
    read_certificate(certificate)  # a wrong path is told as such, not as an empty book
    entries = IssuedBook.beside(certificate).entries()
    if serial is not None:
        number = _number(serial)
        found = [each for each in entries if int(each.serial, 16) == number]
    elif digest is not None:
        found = [each for each in entries if each.fingerprint == digest.replace(":", "").lower()]
    elif operator is not None:
        found = [each for each in entries if each.operator == operator]
    else:
        found = [each for each in entries if each.guid == guid.hex]
    if not found:
        raise CaRefused("not_issued")
    return found


def _number(serial: str) -> int:
    try:
        return int(serial.replace(":", ""), 16)
    except ValueError:
        raise click.UsageError("--serial: hex digits.") from None


def _tell_all(done: Sequence[Revoked], *, as_json: bool) -> None:
    if as_json:
        tell({"certificates": [{"serial": e.serial, "reason": e.reason, "time": e.time} for e in done]}, as_json=True)
        return
    for each in done:
        click.echo(f"{each.time}  {each.reason:<24}  {each.serial}")
