"""`cardd-ca issue` and `renew`: certificates of badges, where they are not made by `cardctl badge enrol`."""

import uuid
from pathlib import Path

import click
from cryptography import x509

from certs.ca.authority import LONGEST_MONTHS, BadgeKey, BadgeSubject
from certs.ca.building import fingerprint
from certs.ca.command import (
    FILE,
    armoured,
    certificate_option,
    der_option,
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
from certs.ca.renewal import renew_badge
from certs.ca.revoked import RevokedBook

_months = click.option("--months", type=click.IntRange(1, LONGEST_MONTHS), default=36, show_default=True,
                       help="How long it is valid; never longer than the CA.")  # fmt: skip


@click.command()
@certificate_option
@key_options
@click.option(
    "--request", type=FILE, required=True, help="The certification request (PKCS#10), PEM or DER, made by the badge."
)
@click.option("--operator", required=True, help="The operator's id, as in the register.")
@click.option("--name", required=True, help="The operator's name as people read it.")
@click.option("--office", required=True, help="The municipality.")
@click.option("--guid", type=click.UUID, required=True, help="The badge's UUID, as in its CHUID.")
@click.option(
    "--role",
    type=click.Choice([each.value for each in BadgeKey]),
    required=True,
    help="authentication: key 9A; signature: key 9C.",
)
@_months
@out_option
@der_option
@json_option
@told
def issue(  # noqa: PLR0913, PLR0917  # click hands every option over as an argument
    certificate: Path, file: Path | None, module: Path | None, token: str | None, key_label: str | None,
    passphrase_fd: int | None, request: Path, operator: str, name: str, office: str, guid: uuid.UUID, role: str,
    months: int, out: Path, der: bool, as_json: bool,
) -> None:  # fmt: skip
    """Issue a badge's certificate from a request in a file.

    Nothing in the request is believed but its key, and that whoever made it has that key: who the badge is for say your options.
    Whoever runs this command vouches for that person; where cardd makes the badges, two people do (`cardctl badge enrol`).

    \b
      cardd-ca issue --certificate ca/operator-ca.pem \\
          --file ca/operator-ca.key --request badge.csr \\
          --operator hanako_1 --name "窓口 花子" --office 見本市 \\
          --guid 01020304-0506-4708-890a-0b0c0d0e0f10 \\
          --role authentication --out badge.pem
    """
    content = read_der(request, "request_malformed")
    subject = BadgeSubject(operator, name, office, guid.bytes, BadgeKey(role))
    signer = opened_key(file, module, token, key_label, passphrase_fd)
    with opened_authority(certificate, signer) as authority:
        issued = authority.issue_badge(content, subject, now(), months)
    _give(issued, out, der=der, as_json=as_json)


@click.command()
@certificate_option
@key_options
@click.option("--previous", type=FILE, required=True, help="The certificate that ends soon, PEM or DER.")
@_months
@out_option
@der_option
@json_option
@told
def renew(  # noqa: PLR0913, PLR0917  # click hands every option over as an argument
    certificate: Path, file: Path | None, module: Path | None, token: str | None, key_label: str | None,
    passphrase_fd: int | None, previous: Path, months: int, out: Path, der: bool, as_json: bool,
) -> None:  # fmt: skip
    """Give the same key of the same badge a new certificate, before the old one ends.

    Holder, office and key stay as they are. The old certificate stays good until it ends; revoke it as `superseded` if it should
    not. With another name or another key it is not renewed but issued anew.
    """
    content = read_der(previous, "previous_malformed")
    signer = opened_key(file, module, token, key_label, passphrase_fd)
    with opened_authority(certificate, signer) as authority:
        issued = renew_badge(authority, content, RevokedBook.beside(certificate), now(), months)
    _give(issued, out, der=der, as_json=as_json)


def _give(issued: bytes, out: Path, *, der: bool, as_json: bool) -> None:
    """It is in the book already: what cannot be written here can be issued again, or revoked by its fingerprint."""
    write(out, armoured("CERTIFICATE", issued, plain=der))
    found = x509.load_der_x509_certificate(issued)
    facts = {
        "certificate": str(out),
        "fingerprint": fingerprint(issued),
        "serial": f"{found.serial_number:x}",
        "not_after": found.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
    }
    tell(facts, as_json=as_json)
