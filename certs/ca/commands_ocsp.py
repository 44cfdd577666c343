"""`cardd-ca ocsp`: the responder's certificate, answers to requests in files, answers made beforehand. No network."""

import sys
from pathlib import Path

import click
from cryptography import x509

from certs.ca import secret_entry
from certs.ca.building import fingerprint
from certs.ca.command import (
    FILE,
    LARGEST_INPUT,
    certificate_option,
    json_option,
    key_options,
    now,
    opened_authority,
    opened_key,
    tell,
    told,
    write,
)
from certs.ca.errors import CaRefused
from certs.ca.file_key import FileKey, check_passphrase
from certs.ca.files import read_certificate, write_certificate
from certs.ca.issued import IssuedBook
from certs.ca.keys import Algorithm
from certs.ca.names import LONGEST_NAME, fits
from certs.ca.responder import LONGEST_DAYS, LONGEST_HOURS, Books, Responder, appoint

_responder = click.option("--responder", type=FILE, required=True, help="PEM of the responder's certificate.")
_responder_file = click.option("--responder-file", type=FILE, required=True, help="The responder's own key.")
_fd = click.option("--passphrase-fd", type=int, help="Read the responder's passphrase from this descriptor, one line.")
_hours = click.option("--hours", type=click.IntRange(1, LONGEST_HOURS), default=24, show_default=True,
                      help="Until an answer is too old; never longer than the responder's certificate.")  # fmt: skip


@click.group()
def ocsp() -> None:
    """Answer whether a certificate of this CA is good, revoked, or unknown (RFC 6960).

    \b
    Once, and again before its certificate ends (it lives days, for nobody
    can revoke it):
      cardd-ca ocsp appoint --certificate ca/operator-ca.pem \\
          --file ca/operator-ca.key \\
          --responder ca/ocsp.pem --responder-file ca/ocsp.key

    \b
    A request in a file, its answer in a file:
      cardd-ca ocsp respond --certificate ca/operator-ca.pem \\
          --responder ca/ocsp.pem --responder-file ca/ocsp.key \\
          < request.der > response.der

    \b
    Answers to all that may be asked, in a folder that is handed on:
      cardd-ca ocsp publish --certificate ca/operator-ca.pem \\
          --responder ca/ocsp.pem --responder-file ca/ocsp.key answers/

    There is no server here: this program opens no socket.
    """


@ocsp.command("appoint")
@certificate_option
@key_options
@_responder
@_responder_file
@click.option("--name", default="OCSP Responder", show_default=True, help="The responder's name in its certificate.")
@click.option("--days", type=click.IntRange(1, LONGEST_DAYS), default=30, show_default=True, help="How long it lives.")
@json_option
@told
def appoint_command(  # noqa: PLR0913, PLR0917  # click hands every option over as an argument
    certificate: Path, file: Path | None, module: Path | None, token: str | None, key_label: str | None,
    passphrase_fd: int | None, responder: Path, responder_file: Path, name: str, days: int, as_json: bool,
) -> None:  # fmt: skip
    """Make a key for the responder and certify it, for answers and nothing else. New files: nothing is written over.

    With --passphrase-fd the first line opens the CA's key, the second protects the responder's.
    """
    if not fits(name, LONGEST_NAME):
        raise CaRefused("name")
    if responder.exists():
        raise CaRefused("certificate_exists")
    signer = opened_key(file, module, token, key_label, passphrase_fd)
    with opened_authority(certificate, signer) as authority:
        own = _new_key(responder_file, passphrase_fd)
        try:
            der = appoint(authority, own.public_key, name, now(), days)
        finally:
            own.close()
    write_certificate(responder, der)
    ends = x509.load_der_x509_certificate(der).not_valid_after_utc
    facts = {
        "responder": str(responder),
        "fingerprint": fingerprint(der),
        "not_after": ends.isoformat().replace("+00:00", "Z"),
    }
    tell(facts, as_json=as_json)


@ocsp.command()
@certificate_option
@_responder
@_responder_file
@_fd
@_hours
@json_option
@told
def respond(
    certificate: Path,
    responder: Path,
    responder_file: Path,
    passphrase_fd: int | None,
    hours: int,
    as_json: bool,  # noqa: ARG001  # `told` looks at it
) -> None:
    """Read one OCSP request (DER) from standard input, write its response (DER) to standard output.

    Anything that is no request gets a response too: malformedRequest (RFC 6960, 2.3). --json is about errors only.
    """
    request = sys.stdin.buffer.read(LARGEST_INPUT)
    if not request:
        raise CaRefused("request_empty")
    books = Books.beside(certificate)
    opened = _opened(certificate, responder, responder_file, passphrase_fd)
    try:
        response = opened.answer(request, books, now(), hours)
    finally:
        opened.close()
    sys.stdout.buffer.write(response)
    sys.stdout.buffer.flush()


@ocsp.command()
@certificate_option
@_responder
@_responder_file
@_fd
@_hours
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@json_option
@told
def publish(  # click hands every option over as an argument
    certificate: Path, responder: Path, responder_file: Path, passphrase_fd: int | None, hours: int, folder: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Write a response for each certificate that has not expired into FOLDER, as <serial>.ocsp (DER), without nonces.

    What is there for them is replaced, file by file, each whole; files of certificates that have expired meanwhile are taken away.
    """
    issued, moment = IssuedBook.beside(certificate), now()
    books = Books.beside(certificate)
    opened = _opened(certificate, responder, responder_file, passphrase_fd)
    written = 0
    try:
        for entry in issued.entries():
            place = folder / f"{entry.serial}.ocsp"
            if entry.ends() < moment:
                place.unlink(missing_ok=True)
                continue
            write(place, opened.answer_beforehand(entry, books, moment, hours))
            written += 1
    finally:
        opened.close()
    tell({"folder": str(folder), "answers": written}, as_json=as_json)


def _opened(certificate: Path, responder: Path, responder_file: Path, passphrase_fd: int | None) -> Responder:
    signer = opened_key(responder_file, None, None, None, passphrase_fd)
    try:
        return Responder(read_certificate(certificate), read_certificate(responder), signer)
    except BaseException:
        signer.close()
        raise


def _new_key(place: Path, descriptor: int | None) -> FileKey:
    if descriptor is None:
        secret = secret_entry.new_from_terminal("New passphrase of the responder's key (12 to 64 characters)")
    else:
        secret = secret_entry.from_descriptor(descriptor)
    try:
        check_passphrase(secret)
        return FileKey.create(place, secret, Algorithm.P256)
    finally:
        secret_entry.wipe(secret)
